"""Accounts and keys without a browser: `account add` and `account list`. Never prints a key."""

from __future__ import annotations

import json
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from studio.ledger import verbs as ledger
from studio.ledger.models import Unit
from studio.ledger.reading import balance, balances
from studio.models import Account, Key, KeyEvent, Pause
from studio.vendors import VENDORS


class Command(BaseCommand):
    help = "Add an account at a vendor with its key, or list what there is."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        add = actions.add_parser("add", help="Add a key; to a new account or one that exists.")
        add.add_argument("vendor", choices=sorted(VENDORS))
        add.add_argument("--name", required=True, help="A name for the account.")
        add.add_argument(
            "--key-file", required=True, help="File with the key; - reads it from input."
        )
        add.add_argument("--credits", type=credits_milli, help="What the account has left.")
        add.add_argument("--client-id", default="", help="For webhooks, where the vendor has one.")
        add.add_argument("--price-per-credit", type=micros, help="Money for one credit.")
        add.add_argument("--plan", default="", help="The plan at the vendor, if it matters.")
        add.add_argument("--sandbox", action="store_true", help="Served by the sandbox.")
        listing = actions.add_parser("list", help="Every account, without its keys.")
        listing.add_argument("--json", action="store_true")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        """Do one of the two."""
        if action == "add":
            self.add(**options)
        else:
            self.list_all(as_json=options["json"])

    def add(self, *, vendor: str, name: str, key_file: str, **options: Any) -> None:
        secret = read_secret(key_file)
        try:
            account = add_account(
                vendor,
                name,
                secret,
                sandbox=options["sandbox"],
                plan=options["plan"],
                client_id=options["client_id"],
                price_micros_per_credit=options["price_per_credit"],
                credits=options["credits"],
            )
        except IntegrityError:
            raise CommandError("This very key is here already.") from None
        except OtherKind as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Added a key to {account.vendor} {account.name}.")

    def list_all(self, *, as_json: bool) -> None:
        rows = describe_accounts()
        if as_json:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            left = "not kept" if row["left"] is None else f"{row['left']:g}"
            marks = " sandbox" if row["sandbox"] else ""
            paused = f" paused: {row['pause']}" if row["pause"] else ""
            self.stdout.write(
                f"{row['vendor']:9} {row['name']:20} credits {left:>9} "
                f"keys {len(row['keys'])}{marks}{paused}"
            )


class OtherKind(ValueError):
    """A live key for a sandbox account, or the other way round."""


def add_account(
    vendor: str,
    name: str,
    secret: str,
    *,
    sandbox: bool = False,
    plan: str = "",
    client_id: str = "",
    price_micros_per_credit: int | None = None,
    credits: int | None = None,
) -> Account:
    """Make the account if it is new, give it this key, and book what it has left.

    Raises IntegrityError when this very key is stored already, OtherKind when the account is
    there and is not what `sandbox` says: nothing is changed then.
    """
    fields: dict[str, Any] = {"plan": plan, "client_id": client_id}
    if price_micros_per_credit is not None:
        fields["price_micros_per_credit"] = price_micros_per_credit
    with transaction.atomic():
        account, made = Account.objects.get_or_create(
            vendor=vendor, name=name, defaults={**fields, "sandbox": sandbox}
        )
        if account.sandbox != sandbox:
            kind = "a sandbox account" if account.sandbox else "a live account"
            raise OtherKind(f"{account.vendor} {account.name} is {kind}. Choose another name.")
        if not made:
            given = {field: value for field, value in fields.items() if value != ""}
            Account.objects.filter(pk=account.pk).update(**given)
        key = Key.sealed_for(account, secret)
        key.save(force_insert=True)
        KeyEvent.objects.create(key=key, kind="created", detail="from the command line")
        ledger.open_account(account.pool_key, unit=Unit.MILLI, enforce=credits is not None)
        if credits is not None:
            book_credits(account, credits, new=made)
            if account.pause == Pause.CREDITS:
                account.resume()
    return account


def book_credits(account: Account, credits: int, *, new: bool) -> None:
    """The account has so much left: its first credits, or a correction of what was booked."""
    if new:
        ledger.top_up(account.pool_key, credits, key=f"topup:{uuid4()}", actor=None)
    else:
        kept = balance(account.pool_key)
        difference = credits - (kept.available + kept.held)
        reason = "what the account has left, stated with a new key"
        ledger.adjust(account.pool_key, difference, key=f"adjust:{uuid4()}", reason=reason)
    ledger.set_enforced(account.pool_key, True)


def describe_accounts() -> list[dict[str, Any]]:
    """Every account as plain JSON; of keys only the tail and the fingerprint."""
    accounts = Account.objects.order_by("vendor", "name").prefetch_related("keys")
    kept = balances([account.pool_key for account in accounts])
    return [
        {
            "uuid": str(account.uuid),
            "vendor": account.vendor,
            "name": account.name,
            "sandbox": account.sandbox,
            "enabled": account.enabled,
            "pause": account.pause,
            "plan": account.plan,
            "left": kept[account.pool_key].available / 1000
            if account.pool_key in kept and kept[account.pool_key].enforce
            else None,
            "held": kept[account.pool_key].held / 1000 if account.pool_key in kept else 0,
            "keys": [
                {"state": key.state, "last4": key.last4, "fingerprint": key.fingerprint}
                for key in account.keys.all()
            ],
        }
        for account in accounts
    ]


def read_secret(place: str) -> str:
    """The key from a file or from standard input. Raises CommandError, never showing it."""
    try:
        text = sys.stdin.read() if place == "-" else Path(place).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"Cannot read the key: {type(error).__name__}") from None
    secret = text.strip()
    if not secret or not secret.isprintable() or " " in secret:
        raise CommandError("That does not look like one key: expected a single word.")
    return secret


def credits_milli(text: str) -> int:
    """Credits as typed, in thousandths."""
    return scaled(text, 1000)


def micros(text: str) -> int:
    """Money as typed, in millionths."""
    return scaled(text, 1_000_000)


def scaled(text: str, factor: int) -> int:
    """A decimal number as a whole number of parts. Raises ValueError."""
    try:
        number = Decimal(text) * factor
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite() or number < 0 or number != number.to_integral_value():
        raise ValueError(text)
    return int(number)
