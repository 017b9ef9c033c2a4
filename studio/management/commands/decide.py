"""Settle an order that is in doubt: the vendor's own history tells what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studio.models import Generation, Stage, User
from studio.pipeline import decide


class Command(BaseCommand):
    help = "Without an id: list what is in doubt. With one: say what became of it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=UUID, nargs="?")
        parser.add_argument("--user", help="Who decides: a manager of keys and credits.")
        answers = parser.add_mutually_exclusive_group()
        answers.add_argument("--ticket", help="It arrived: the vendor's id of the job.")
        answers.add_argument("--never-arrived", action="store_true", help="Free the hold.")
        answers.add_argument("--charged", action="store_true", help="Paid, and no video.")

    def handle(self, *args: Any, id: UUID | None, **options: Any) -> None:
        """List or decide."""
        doubtful = Generation.objects.in_stages([Stage.IN_DOUBT]).select_related("account")
        if id is None:
            for row in doubtful.order_by("id"):
                self.stdout.write(
                    f"{row.uuid} {row.model_key} sent {row.sent_at:%Y-%m-%d %H:%M} "
                    f"{row.asked_milli / 1000:g} credits: {row.prompt[:60]}"
                )
            return
        found = doubtful.filter(uuid=id).first()
        if found is None:
            raise CommandError(f"No order {id} is in doubt.")
        person = User.objects.filter(username=options["user"] or "").first()
        if person is None or not person.manages:
            raise CommandError("Say with --user who decides: a manager of keys and credits.")
        try:
            done = answer(found, person, options)
        except decide.NotATicket:
            raise CommandError("That is no free id of this vendor.") from None
        self.stdout.write("Decided." if done else "Somebody was faster: it is not in doubt.")


def answer(generation: Generation, person: User, options: dict[str, Any]) -> bool:
    """Carry out the one answer that was given. Raises CommandError when there is none."""
    if options["ticket"]:
        return decide.it_arrived(generation, options["ticket"], by=person)
    if options["never_arrived"]:
        return decide.it_never_arrived(generation, by=person)
    if options["charged"]:
        return decide.it_was_charged(generation, by=person)
    raise CommandError("Give one of --ticket, --never-arrived, --charged.")
