"""Accounts from a shell: set up without a browser, and no key is ever shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.ledger.reading import balance
from studio.models import Account, Key, KeyEvent, Pause
from tests.management.conftest import Outcome

pytestmark = [pytest.mark.django_db, pytest.mark.both]

Run = Callable[..., Outcome]
SECRET = "not-a-real-key-0123456789"


@pytest.fixture
def add(run: Run, tmp_path: Path) -> Run:
    """`account add remaker --name main` with SECRET, or another one."""

    def added(*more: str, name: str = "main", secret: str = SECRET) -> Outcome:
        (tmp_path / "key").write_text(f"{secret}\n")
        file = str(tmp_path / "key")
        return run("account", "add", "remaker", "--name", name, "--key-file", file, *more)

    return added


def test_an_account_gets_its_key_its_credits_and_its_price(add: Run, run: Run) -> None:
    done = add("--credits", "500.5", "--price-per-credit", "0.01", "--client-id", "me")
    assert done.code == 0
    account = Account.objects.get()
    assert (account.price_micros_per_credit, account.client_id) == (10_000, "me")
    pool = balance(account.pool_key)
    assert (pool.available, pool.enforce) == (500_500, True)
    assert Key.objects.get().open().reveal() == SECRET
    [row] = run("account", "list", "--json").json
    assert (row["left"], row["held"], row["sandbox"]) == (500.5, 0, False)


def test_a_key_is_never_shown(add: Run, run: Run) -> None:
    said = [add(), add(), run("account", "list"), run("account", "list", "--json")]
    for outcome in said:
        assert SECRET not in outcome.out + outcome.error
        assert SECRET[:-4] not in outcome.out + outcome.error
    assert SECRET not in str(list(KeyEvent.objects.values()))
    assert SECRET not in str(list(Key.objects.values()))


def test_the_same_key_twice_is_refused_and_changes_nothing(add: Run) -> None:
    add("--credits", "5")
    done = add("--credits", "7", name="other")
    assert (done.code, done.error) == (1, "This very key is here already.")
    assert Account.objects.count() == 1
    assert balance(Account.objects.get().pool_key).available == 5_000


def test_without_credits_the_balance_is_not_kept(add: Run, run: Run) -> None:
    add()
    assert run("account", "list", "--json").json[0]["left"] is None
    assert "not kept" in run("account", "list").out


def test_what_is_left_is_stated_and_not_added_with_a_second_key(add: Run) -> None:
    add("--credits", "500")
    Account.objects.update(pause=Pause.CREDITS)
    add("--credits", "300", secret="another-key-0123456789")
    account = Account.objects.get()
    assert balance(account.pool_key).available == 300_000
    assert account.pause == ""
    assert account.keys.count() == 2


def test_a_key_is_read_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"  {SECRET} \n"))
    assert run("account", "add", "akool", "--name", "a", "--key-file", "-").code == 0
    assert Key.objects.get().open().reveal() == SECRET


@pytest.mark.parametrize("text", ["", "two words", "tab\tbed", "line\nbreak", "bell\x07"])
def test_what_is_no_key_is_refused_without_being_shown(text: str, add: Run) -> None:
    done = add(secret=text)
    assert done.code == 1
    assert "single word" in done.error
    assert not Account.objects.exists()


def test_a_missing_file_is_said_so(run: Run) -> None:
    done = run("account", "add", "akool", "--name", "a", "--key-file", "/nowhere/key")
    assert "FileNotFoundError" in done.error


def test_a_live_key_does_not_end_in_a_sandbox_account(add: Run) -> None:
    add("--sandbox", name="play")
    done = add(name="play", secret="a-live-key-0123456789")
    assert (done.code, "sandbox account" in done.error) == (1, True)
    assert Key.objects.count() == 1


@pytest.mark.parametrize("number", ["-1", "nan", "inf", "abc", "0.0001"])
def test_a_number_that_is_none_is_refused(number: str, add: Run) -> None:
    assert add(f"--credits={number}").code != 0
    assert not Account.objects.exists()
