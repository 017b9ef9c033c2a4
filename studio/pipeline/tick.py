"""The poll engine: one tick under a lease asks for everything that is due, at every account.

HTTP runs on a bounded pool of threads; all database work stays on the tick's own thread.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Count

from studio import clock
from studio.models import Account, Generation, Key, Lease, Pause, Stage
from studio.pipeline import pace, poll
from studio.pipeline.lines import asking_key, held_back, speak
from studio.pipeline.sweep import sweep
from studio.pipeline.worker import me
from studio.vault import VaultError

logger = logging.getLogger(__name__)

LEASE = "poller"
LEASE_LIFE = timedelta(seconds=10)
RENEW_EVERY = 3.0
SWEEP_EVERY = 5.0
THREADS = 20
PER_ACCOUNT = 5  # connections of one account: httpx slows down in wide pools
PER_SECOND = 18.0  # questions one account is asked in a second at most
IDLE_PAUSE = 0.5
BUSY_PAUSE = 0.1
BACKLOG_PAUSE = 0.02


AWAY = (OperationalError, InterfaceError)  # the database itself, not what we asked of it


class Question(NamedTuple):
    """A question under way: to whom, through which key, about what."""

    account: Account
    key: Key
    generations: list[Generation]


@dataclass(slots=True)
class Bucket:
    """A token bucket: how many questions an account may be asked right now."""

    tokens: float = PER_SECOND
    at: float = field(default_factory=clock.monotonic)

    def take(self, most: int) -> int:
        """Take up to `most` whole tokens."""
        now = clock.monotonic()
        self.tokens = min(PER_SECOND, self.tokens + (now - self.at) * PER_SECOND)
        self.at = now
        taken = min(most, int(self.tokens))
        self.tokens -= taken
        return taken


def tick(stopping: Callable[[], bool], life: float = 50.0) -> bool:
    """Ask for all that is due until `life` seconds are over, a stop, or a lost lease.

    False when somebody else holds the lease: nothing was done.
    """
    owner = f"{me()}:{threading.get_native_id()}"
    if not Lease.take(LEASE, owner, LEASE_LIFE):
        return False
    engine = Engine(owner)
    until = clock.monotonic() + life
    try:
        while clock.monotonic() < until and not stopping() and engine.keep_lease():
            engine.turn()
    except AWAY as error:
        # the next tick begins with a new connection; questions under way are asked again
        logger.warning("the tick ends: the database is away (%s)", type(error).__name__)
        connection.close()
    finally:
        engine.close()
        with suppress(*AWAY):
            Lease.release(LEASE, owner)
    return True


class Engine:
    """The state of one tick: threads, buckets, and questions under way."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ask")
        self.asked: dict[Future[poll.Answer], Question] = {}
        self.under_way: dict[int, int] = {}
        self.buckets: dict[int, Bucket] = {}
        self.renewed_at = 0.0
        self.swept_at = 0.0
        self.answers = 0

    def turn(self) -> None:
        """One round: take answers in, sweep when it is time, ask what is due, rest a little."""
        self.take_answers()
        if clock.monotonic() - self.swept_at > SWEEP_EVERY:
            self.swept_at = clock.monotonic()
            sweep()
        backlog = self.ask_due()
        if self.asked:
            wait(list(self.asked), BACKLOG_PAUSE if backlog else BUSY_PAUSE, FIRST_COMPLETED)
        else:
            threading.Event().wait(IDLE_PAUSE if not backlog else BUSY_PAUSE)

    def keep_lease(self) -> bool:
        """Renew the lease when it is time; False when it was lost."""
        if clock.monotonic() - self.renewed_at < RENEW_EVERY:
            return True
        self.renewed_at = clock.monotonic()
        facts: dict[str, object] = {"answers": self.answers, "under_way": len(self.asked)}
        return Lease.renew(LEASE, self.owner, LEASE_LIFE, facts)

    def ask_due(self) -> bool:
        """Ask each account as much as it allows; True when something due had to wait."""
        now = clock.now()
        due = list(
            Generation.objects.in_stages([Stage.WORKING])
            .due(now)
            .values_list("account_id")
            .annotate(count=Count("pk"))
            .order_by()
        )
        if not due:
            return False
        accounts = Account.objects.in_bulk([pk for pk, _count in due])
        random.shuffle(due)
        waits = [self.ask_safely(accounts[pk], count) for pk, count in due]
        return any(waits)

    def ask_safely(self, account: Account, due: int) -> bool:
        """The border between accounts: one that breaks us is put off, the others go on."""
        try:
            return self.ask_account(account, due)
        except AWAY:
            raise
        except Exception:
            logger.exception("%s could not be asked", account)
            poll.put_off_account(account)
            return False

    def ask_account(self, account: Account, due: int) -> bool:
        """Ask one account about what it has due, within its bucket; True when some must wait."""
        free = PER_ACCOUNT - self.under_way.get(account.pk, 0)
        if free <= 0:
            return True
        silent = account.pause == Pause.ERRORS
        if held_back(account, clock.now()) and (silent or account.pause == Pause.RATE):
            return False
        key = asking_key(account)
        if key is None:
            poll.put_off_account(account)
            return False
        if not pace.may_ask(account):
            return False
        try:
            vendor = speak(account, key)
        except VaultError:
            poll.put_off_account(account)
            return False
        size = 1 if silent else vendor.batch
        bucket = self.buckets.setdefault(account.pk, Bucket())
        questions = bucket.take(1 if silent else min(free, -(-due // size)))
        rows = poll.claim(account, questions * size) if questions else []
        for start in range(0, len(rows), size):
            future = self.pool.submit(poll.ask, vendor, rows[start : start + size])
            self.asked[future] = Question(account, key, rows[start : start + size])
            self.under_way[account.pk] = self.under_way.get(account.pk, 0) + 1
        return len(rows) < due and not silent

    def take_answers(self) -> None:
        """Put every answer that has come into the tables."""
        for future in [future for future in self.asked if future.done()]:
            question = self.asked.pop(future)
            self.under_way[question.account.pk] -= 1
            self.answers += 1
            try:
                poll.apply(future.result(), question.account, question.key)
            except AWAY:
                raise
            except Exception:  # the border: one broken answer must not stop all other work
                logger.exception("an answer of %s broke us", question.account)
                poll.put_off(question.generations)

    def close(self) -> None:
        """Wait for questions under way, each bound by its own deadline, and take them in."""
        self.pool.shutdown(wait=True, cancel_futures=True)
        for future in list(self.asked):
            if future.cancelled():
                self.asked.pop(future)
        with suppress(*AWAY):
            self.take_answers()
