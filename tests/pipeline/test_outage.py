"""A vendor is away for an hour: nothing is lost, it is hardly disturbed, and all goes on after."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import pytest

from studio import clock
from studio.ledger import verbs as ledger
from studio.models import Account, Generation, Stage
from studio.pipeline import tick
from studio.pipeline.sweep import sweep
from studio.pipeline.tick import Engine
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db]

ORDERS, RUNNING = 200, 40
BELLS = frozenset({"submit_generation", "probe_account"})


def stages() -> Counter[str]:
    return Counter(Generation.objects.values_list("stage", flat=True))


def test_an_hour_without_the_vendor_loses_nothing_and_storms_nobody(
    sandbox: Sandbox,
    accounts: dict[str, Account],
    place: Callable[..., Generation],
    work_off: Callable[[frozenset[str]], None],
    sound_book: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for pause in ("IDLE_PAUSE", "BUSY_PAUSE", "BACKLOG_PAUSE"):
        monkeypatch.setattr(tick, pause, 0.01)
    account = accounts["remaker"]
    secret = account.keys.get().open().reveal()
    sandbox.control("keys", {"vendor": "remaker", "key": secret, "credits": 100_000})
    ledger.top_up(account.pool_key, 100_000_000, key="plenty")
    Account.objects.update(max_in_flight=ORDERS)
    engine = Engine("test")

    def work(turns: int) -> None:
        engine.swept_at = clock.monotonic()
        sweep()
        work_off(BELLS)
        for _ in range(turns):
            engine.turn()

    rows = [place("remaker/text-1.0-standard", prompt=f"{number}") for number in range(RUNNING)]
    work_off(BELLS)
    assert stages() == {Stage.WORKING: RUNNING}
    rows += [
        place("remaker/text-1.0-standard", prompt=f"{number}") for number in range(RUNNING, ORDERS)
    ]
    before = len(sandbox.record())
    sandbox.control("outage", {"kind": "503", "s": 1_000_000})
    Generation.objects.filter(stage=Stage.WORKING).update(due_at=clock.now())
    for _ in range(30):  # the first seconds, before the orders ring
        engine.turn()
    for minute in range(60):
        with clock.shift(60 * minute):
            work(turns=3)
    calls = len(sandbox.record()) - before
    assert stages() == {Stage.WORKING: RUNNING, Stage.ORDERED: ORDERS - RUNNING}
    assert calls <= 150, "one probe at a time"
    sandbox.control("outage", {"kind": "503", "s": 0})
    with clock.shift(3600):
        until = time.monotonic() + 40
        ahead = 0
        while set(stages()) != {Stage.SAVING}:
            assert time.monotonic() < until, stages()
            ahead += 5
            with clock.shift(ahead):
                work(turns=20)
    engine.close()
    assert ahead <= 180, "seconds on the studio's clock until the last was finished"
    taken = Counter(entry["prompt"] for entry in sandbox.accepted())
    assert set(taken.values()) == {1}
    assert len(taken) == ORDERS
