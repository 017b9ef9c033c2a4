"""kill -9 at random instants: nothing is paid twice, nothing is forgotten, nothing half-written."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.kills.house import ORDER, STAGES, TRUTH, House, alive, open_house

KILLS = int(os.environ.get("KILLS", "60"))
ORDERS = int(os.environ.get("ORDERS", "150"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 1_000_000)
# images are quick to make and to check, so that the kills fall between steps and not in decoders
MODELS = ["reelbyte/text-to-image"] * 5 + ["remaker/text-1.0-standard"]
LAST_WEEK = """
from datetime import timedelta
from studio import clock
from studio.models import Lease
Lease.objects.create(name="poller", until=clock.now() - timedelta(days=7))
print("null")
"""
KINDS = [
    "sqlite",
    pytest.param(
        "postgresql",
        marks=pytest.mark.skipif(
            os.environ.get("REQUIRE_POSTGRES") != "1" and "TEST_DATABASE_URL" not in os.environ,
            reason="needs TEST_DATABASE_URL or REQUIRE_POSTGRES=1",
        ),
    ),
]


@pytest.mark.kills
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
def test_killing_the_worker_pays_nothing_twice_and_forgets_nothing(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED)
    with open_house(kind, tmp_path, "--latency", "0.4") as house:
        house.start_worker()
        roles: Counter[int] = Counter()
        ordered = 0
        for kill in range(KILLS):
            if ordered < ORDERS and kill % 6 == 0:
                count = min(-(-ORDERS * 6 // KILLS), ORDERS - ordered)
                house.ask(ORDER, first=ordered, count=count, models=MODELS, mark=kind)
                ordered += count
            time.sleep(dice.uniform(0.15, 1.1))
            roles[house.kill_one(dice)] += 1
            house.keep_worker()
        settle(house)
        truth = house.ask(TRUTH)
        taken = Counter(entry["prompt"] for entry in house.sandbox.accepted())
    with capsys.disabled():
        stages = Counter(row["stage"] for row in truth["rows"])
        print(f"\n{kind}: seed {SEED}, {KILLS} kills of {len(roles)} roles, {dict(stages)}")
    rows = truth["rows"]
    known = {row["prompt"] for row in rows if row["ticket"] or row["stage"] == "in_doubt"}
    assert [prompt for prompt, times in taken.items() if times > 1] == [], "paid twice"
    assert set(taken) - known == set(), "accepted but forgotten"
    assert [row for row in rows if row["kept"] and not row["whole"]] == [], "corrupt"
    assert [row for row in rows if row["stage"] == "ready" and not row["kept"]] == []
    assert truth["drift"] == 0
    assert truth["holds_without_reason"] == 0
    assert {row["stage"] for row in rows} <= {"ready", "in_doubt"}
    assert sum(row["stage"] == "ready" for row in rows) > len(rows) / 2


def settle(house: House, patience: float = 240) -> None:
    """Wait until nothing moves any more but what is in doubt."""
    until = time.monotonic() + patience
    while True:
        house.keep_worker()
        stages = house.ask(STAGES)
        if not set(stages) & {"ordered", "sending", "working", "saving"}:
            return
        assert time.monotonic() < until, f"does not settle: {stages}\n{house.last_words()}"
        time.sleep(1)


@pytest.mark.kills
def test_killing_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    with open_house("sqlite", tmp_path) as house:
        house.start_worker()
        wait_for_family(house)
        family = house.family()
        house.worker.kill()
        house.worker.wait(5)
        until = time.monotonic() + 5
        while any(alive(pid) for pid in family):
            assert time.monotonic() < until, "orphans live on"
            time.sleep(0.05)


@pytest.mark.kills
def test_term_in_the_middle_of_work_ends_soon_and_leaves_nothing_in_doubt(tmp_path: Path) -> None:
    with open_house("sqlite", tmp_path, "--latency", "0.4") as house:
        house.start_worker()
        wait_for_family(house)
        mark = "[[fault:latency;s=3]]"
        house.ask(ORDER, first=0, count=3, models=["reelbyte/text-to-image"], mark=mark)
        time.sleep(1)
        family = house.family()
        assert house.stop_worker() < 25
        assert not any(alive(pid) for pid in family)
        assert "in_doubt" not in house.ask(STAGES)


@pytest.mark.kills
@pytest.mark.parametrize("kind", KINDS[1:])
def test_cutting_every_database_connection_loses_nothing_and_work_goes_on(
    kind: str, tmp_path: Path
) -> None:
    with open_house(kind, tmp_path, "--latency", "0.4") as house:
        house.start_worker()
        wait_for_family(house)
        for cut in range(4):
            mark = "[[fault:latency;s=0.5]]"
            house.ask(ORDER, first=4 * cut, count=4, models=MODELS[:1], mark=mark)
            time.sleep(0.6)
            house.cut_connections()
        settle(house, patience=60)
        truth = house.ask(TRUTH)
        taken = Counter(entry["prompt"] for entry in house.sandbox.accepted())
    assert {row["stage"] for row in truth["rows"]} == {"ready"}, "no answer was forgotten"
    assert set(taken.values()) == {1}
    assert (truth["drift"], truth["holds_without_reason"]) == (0, 0)


@pytest.mark.kills
def test_a_worker_that_starts_after_a_long_rest_does_its_work(tmp_path: Path) -> None:
    with open_house("sqlite", tmp_path, "--latency", "0.4") as house:
        house.ask(LAST_WEEK)
        house.ask(ORDER, first=0, count=1, models=["reelbyte/text-to-image"], mark="")
        house.start_worker()
        settle(house, patience=30)
        assert house.ask(STAGES) == {"ready": 1}
        assert "starts again" not in house.last_words()


def wait_for_family(house: House, size: int = 8) -> None:
    """Until supervisor, child, sentinel and the rest are all there."""
    until = time.monotonic() + 20
    while len(house.family()) < size:
        assert time.monotonic() < until, "the worker does not come up"
        time.sleep(0.1)
