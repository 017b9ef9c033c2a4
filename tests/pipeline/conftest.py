"""A real sandbox behind the pipeline, and the steps driven by hand instead of by workers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django_q.models import OrmQ

from studio import clock, jobs
from studio.ledger import verbs as ledger
from studio.ledger.audit import audit
from studio.models import Account, Generation, Project, SourceImage, Stage, User
from studio.pipeline import lines
from studio.pipeline.library import take_image
from studio.pipeline.order import order
from studio.pipeline.tick import Engine
from studio.vendors import find_model
from tests import make
from tests.sandboxed import Sandbox, running_sandbox

VENDORS = ("remaker", "reelbyte", "mnml", "akool")
PHOTOS = Path(__file__).parent.parent.parent / "studio" / "demo"


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    with running_sandbox("--latency", "0.3") as box:
        yield box


@pytest.fixture
def sandbox(sandbox_process: Sandbox, settings: Any) -> Sandbox:
    """A clean sandbox, known to the studio."""
    sandbox_process.reset()
    settings.STUDIO_SANDBOX = True
    settings.STUDIO_SANDBOX_URL = sandbox_process.url
    settings.STUDIO_ALLOWED_PRIVATE_HOSTS = frozenset({sandbox_process.host})
    return sandbox_process


@pytest.fixture(autouse=True)
def lines_closed() -> Iterator[None]:
    """No client outlives its test."""
    yield
    lines.hang_up()


@pytest.fixture
def accounts(alice: User) -> dict[str, Account]:
    """A sandbox account with a fresh key and 1,000 credits at every vendor."""
    found = {}
    for vendor in VENDORS:
        account = make.account(
            vendor=vendor, secret=f"sandbox-{uuid4().hex}", sandbox=True, plan="pro"
        )
        ledger.open_account(account.pool_key, unit="milli", enforce=True)
        ledger.top_up(account.pool_key, 1_000_000, key=f"topup:{account.uuid}", actor=alice)
        found[vendor] = account
    return found


@pytest.fixture
def reachable(live_server: Any, settings: Any) -> None:
    """The studio's own pages answer, so that vendors can fetch pictures and call back."""
    settings.STUDIO_PORT = int(live_server.url.rsplit(":", 1)[1])


@pytest.fixture
def photo(project: Project, alice: User) -> SourceImage:
    return take_image(project, alice, PHOTOS / "coffee.png", "Coffee")


@pytest.fixture
def working(place: Callable[..., Generation]) -> Callable[..., Generation]:
    """An order that a vendor has accepted, without asking any vendor."""

    def worked(model: str = "remaker/text-1.0-standard", **changes: Any) -> Generation:
        generation = place(model, prompt="at work")
        now = clock.now()
        generation.move(Stage.ORDERED, Stage.SENDING, sent_at=now)
        then = {"ticket": f"t{generation.pk}", "accepted_at": now, "due_at": now, **changes}
        generation.move(Stage.SENDING, Stage.WORKING, **then)
        return generation

    return worked


@pytest.fixture
def place(project: Project, alice: User) -> Callable[..., Generation]:
    """Order with defaults: `place("remaker/text-1.0-standard", prompt="...", duration="5")`."""

    def ordered(
        model: str,
        *,
        images: list[SourceImage] | None = None,
        end_image: SourceImage | None = None,
        request_id: Any = None,
        **values: Any,
    ) -> Generation:
        _vendor, spec = find_model(model)
        defaults = spec.defaults({})
        shown = {option.name for option in spec.fields(defaults | values, {})}
        kept = {name: value for name, value in (defaults | values).items() if name in shown}
        return order(
            user=alice,
            project=project,
            model=model,
            values=kept,
            images=images or [],
            end_image=end_image,
            request_id=request_id or uuid4(),
        )

    return ordered


@pytest.fixture
def carry() -> Iterator[Callable[..., Generation]]:
    """Carry one generation through its steps, as workers would, until it rests."""
    engines: list[Engine] = []

    def carried(generation: Generation, *, until: float = 30.0) -> Generation:
        engine = Engine("test")
        engines.append(engine)
        over = time.monotonic() + until
        fetched = False
        while True:
            generation.refresh_from_db()
            if generation.stage == Stage.ORDERED:
                jobs.submit_generation(generation.pk)
                generation.refresh_from_db()
                if generation.stage == Stage.ORDERED:
                    return generation
            elif generation.stage == Stage.WORKING:
                engine.swept_at = time.monotonic() + 1000  # no sweep: the steps alone
                engine.turn()
            elif generation.stage == Stage.SAVING and not fetched:
                fetched = True
                jobs.archive_generation(generation.pk)
            else:
                return generation
            assert time.monotonic() < over, f"still {generation.stage}"

    yield carried
    for engine in engines:
        engine.close()


@pytest.fixture
def work_off() -> Callable[[frozenset[str]], None]:
    """Do what the queue rings for, as workers would; entries for other jobs are dropped."""

    def done(names: frozenset[str]) -> None:
        for entry in list(OrmQ.objects.order_by("id")):
            task = entry.task
            entry.delete()
            name = task["func"].rsplit(".", 1)[1]
            if name in names:
                getattr(jobs, name)(*task["args"])

    return done


@pytest.fixture
def sound_book() -> Iterator[None]:
    """After the test the ledger must add up."""
    yield
    found = audit()
    assert not found.drift
