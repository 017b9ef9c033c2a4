"""What can be wrong before the first click is said by a check with an id."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as real

from studio import checks


def ids(messages: list[Any]) -> set[str]:
    return {message.id for message in messages}


def test_these_settings_pass_every_check() -> None:
    assert ids(checks.check_database() + checks.check_queue()) == set()


def test_sqlite_without_immediate_transactions_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lax = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}}
    monkeypatch.setitem(real.DATABASES, "default", lax)
    assert ids(checks.check_database()) == {"studio.E001"}


def test_a_queue_elsewhere_or_one_that_repeats_too_early_is_an_error(settings: Any) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "orm": "other"}
    assert ids(checks.check_queue()) == {"studio.E002"}
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "orm": "default", "retry": 10}
    assert ids(checks.check_queue()) == {"studio.E003"}


def test_production_warns_of_a_sandbox_a_near_key_and_plain_http(settings: Any) -> None:
    settings.STUDIO_SANDBOX = True
    settings.STUDIO_VAULT_KEYS = []
    settings.STUDIO_PUBLIC_URL = "http://studio.example"
    assert ids(checks.check_production()) == {"studio.W001", "studio.W002", "studio.W003"}
    settings.STUDIO_SANDBOX = False
    settings.STUDIO_VAULT_KEYS = ["key"]
    settings.STUDIO_PUBLIC_URL = "https://studio.example"
    assert checks.check_production() == []
