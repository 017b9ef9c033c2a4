"""A sealed key opens in its own row with its own ring, and in no other way."""

from __future__ import annotations

import copy
import json
import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from studio import vault
from studio.redact import masked

CANARY = "CANARY-1234567890-é"
ROW = uuid4()


@pytest.fixture(autouse=True)
def ring(settings, tmp_path):
    settings.STUDIO_DATA_DIR = tmp_path
    settings.STUDIO_VAULT_KEYS = [vault.new_ring_key()]
    return settings.STUDIO_VAULT_KEYS


def seal(secret=CANARY):
    return vault.seal(secret, vendor="akool", key_id=ROW)


def open_(sealed):
    return vault.open_sealed(sealed, vendor="akool", key_id=ROW).reveal()


def test_a_sealed_key_opens_in_its_row():
    sealed = seal()
    assert "CANARY" not in sealed
    assert sealed.startswith(f"v1.{vault.newest_kid()}.")
    assert open_(sealed) == CANARY
    assert seal() != sealed


def test_a_sealed_key_moved_to_another_row_or_vendor_is_refused():
    sealed = seal()
    with pytest.raises(vault.WrongRow):
        vault.open_sealed(sealed, vendor="akool", key_id=uuid4())
    with pytest.raises(vault.WrongRow):
        vault.open_sealed(sealed, vendor="mnml", key_id=ROW)


def test_another_ring_does_not_open_it(settings):
    sealed = seal()
    settings.STUDIO_VAULT_KEYS = [vault.new_ring_key()]
    with pytest.raises(vault.WrongRing, match=vault.kid(sealed)):
        open_(sealed)


def test_a_key_id_that_lies_about_the_ring_is_an_alteration(settings, ring):
    sealed = seal()
    settings.STUDIO_VAULT_KEYS = [vault.new_ring_key(), *ring]
    with pytest.raises(vault.Altered):
        open_(sealed.replace(vault.kid(sealed), vault.newest_kid()))


def test_every_altered_character_is_noticed():
    sealed = seal()
    # the last digit of base64 may carry bits that mean nothing
    for place, character in enumerate(sealed.rstrip("=")[:-1]):
        other = sealed[:place] + ("A" if character != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(vault.VaultError):
            open_(other)


@pytest.mark.parametrize(
    "text", ["", "v1", "v1.", "v1.12345678", "v2.12345678.x", CANARY, "v1.\ud800.x"]
)
def test_what_is_not_a_sealed_text_is_refused(text):
    with pytest.raises(vault.VaultError):
        open_(text)


def test_a_cut_or_foreign_token_is_an_alteration():
    sealed = seal()
    for text in (sealed[:-10], f"v1.{vault.newest_kid()}.", f"v1.{vault.newest_kid()}.\ud800é"):
        with pytest.raises(vault.Altered):
            open_(text)


def test_errors_do_not_hold_the_secret_or_the_ring(settings, ring):
    sealed = seal()
    settings.STUDIO_VAULT_KEYS = ["not a key of the ring"]
    with pytest.raises(vault.WrongRing) as refused:
        open_(sealed)
    assert "not a key of the ring" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_rotation_reseals_with_the_newest_key(settings, ring):
    old = seal()
    settings.STUDIO_VAULT_KEYS = [vault.new_ring_key(), *ring]
    assert vault.kids()[1] == vault.kid(old)
    assert open_(old) == CANARY
    new = vault.reseal(old, vendor="akool", key_id=ROW)
    assert vault.kid(new) == vault.newest_kid() != vault.kid(old)
    settings.STUDIO_VAULT_KEYS = settings.STUDIO_VAULT_KEYS[:1]
    assert open_(new) == CANARY


def test_a_ring_is_made_at_first_use_for_its_owner_only(settings, tmp_path):
    settings.STUDIO_VAULT_KEYS = []
    settings.STUDIO_DATA_DIR = tmp_path / "new"
    sealed = seal()
    file = tmp_path / "new" / "vault.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    Fernet(file.read_text())
    assert open_(sealed) == CANARY
    assert [path.name for path in file.parent.iterdir()] == ["vault.key"]


def test_many_first_uses_at_once_make_one_ring(settings, tmp_path):
    settings.STUDIO_VAULT_KEYS = []
    settings.STUDIO_DATA_DIR = tmp_path / "new"
    with ThreadPoolExecutor(16) as threads:
        sealed = list(threads.map(lambda _: seal(), range(64)))
    assert {open_(text) for text in sealed} == {CANARY}
    assert len({vault.kid(text) for text in sealed}) == 1


def test_a_ring_that_cannot_be_read_is_named(settings, tmp_path):
    settings.STUDIO_VAULT_KEYS = []
    (tmp_path / "vault.key").mkdir()
    with pytest.raises(vault.WrongRing, match=r"vault\.key"):
        seal()


def test_the_same_secret_has_the_same_fingerprint_in_one_installation_only(settings, tmp_path):
    here = vault.fingerprint(CANARY)
    assert len(here) == 32
    assert int(here, 16)
    assert vault.fingerprint(CANARY) == here
    assert vault.fingerprint(CANARY + "x") != here
    settings.STUDIO_VAULT_KEYS = [vault.new_ring_key()]
    assert vault.fingerprint(CANARY) == here
    settings.STUDIO_DATA_DIR = tmp_path / "another"
    assert vault.fingerprint(CANARY) != here


def test_a_secret_cannot_be_shown_or_written_down_by_mistake():
    secret = vault.Secret(CANARY)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", f"{[secret]}"]
    assert not any("CANARY" in text for text in shown)
    for write in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            write(secret)
    assert not hasattr(secret, "__dict__")
    assert secret.reveal() == CANARY


def test_secrets_are_compared_by_what_they_hold():
    assert vault.Secret(CANARY) == vault.Secret(CANARY)
    assert vault.Secret(CANARY) != vault.Secret("other")
    assert vault.Secret(CANARY) != CANARY
    assert len({vault.Secret(CANARY), vault.Secret(CANARY)}) == 1


def test_a_secret_that_was_sealed_or_opened_is_masked_in_logs():
    vault.seal("SEALED-CANARY-42", vendor="akool", key_id=ROW)
    assert masked("x SEALED-CANARY-42 y") == "x *** y"
