"""Seals vendor keys for the database and opens them again. Knows no table and no vendor.

A sealed text is bound to its row, so that nobody who can write to the database can move a key to
a row with another vendor. Whatever is wrong raises; nothing but the secret is ever returned.

VaultError
├── WrongRing   the ring has not the key that sealed it, or the ring itself cannot be read
├── Altered     it is not what was sealed
└── WrongRow    it was sealed for another row
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from studio import redact

VERSION = "v1"


class VaultError(Exception):
    """A sealed value cannot be opened. The message never holds it."""


class WrongRing(VaultError):
    """The keys of this installation are not those that sealed it."""


class Altered(VaultError):
    """The sealed text is damaged or forged."""


class WrongRow(VaultError):
    """The sealed text was made for another row."""


class Secret:
    """A secret in memory that cannot be shown, logged, pickled or turned to JSON by mistake."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The secret itself: for the one place that sends it."""
        return self.__text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not written down")


@sensitive_variables()
def seal(secret: str, *, vendor: str, key_id: UUID) -> str:
    """Seal with the newest key of the ring, for this vendor and this row only."""
    redact.remember(secret)
    newest, ring = next(iter(_ring().items()))
    content = json.dumps({"secret": secret, "vendor": vendor, "key": str(key_id)})
    return f"{VERSION}.{newest}.{ring.encrypt(content.encode()).decode()}"


@sensitive_variables()
def open_sealed(sealed: str, *, vendor: str, key_id: UUID) -> Secret:
    """The secret that was sealed for this row; raises WrongRing, Altered or WrongRow."""
    ring = _ring().get(kid(sealed))
    if ring is None:
        raise WrongRing(f"no key {kid(sealed)} in the ring")
    try:
        content = json.loads(ring.decrypt(sealed.split(".", 2)[2].encode()))
    except (InvalidToken, UnicodeEncodeError):
        raise Altered("the sealed text was altered") from None
    if (content["vendor"], content["key"]) != (vendor, str(key_id)):
        raise WrongRow("the sealed text belongs to another row")
    redact.remember(content["secret"])
    return Secret(content["secret"])


def reseal(sealed: str, *, vendor: str, key_id: UUID) -> str:
    """The same secret, sealed with the newest key of the ring; raises like `open_sealed`."""
    secret = open_sealed(sealed, vendor=vendor, key_id=key_id)
    return seal(secret.reveal(), vendor=vendor, key_id=key_id)


def kid(sealed: str) -> str:
    """Which key of the ring sealed it: 8 hex digits that tell nothing about the key."""
    version, _, rest = sealed.partition(".")
    found, dot, _ = rest.partition(".")
    if version != VERSION or not dot:
        raise Altered("not a sealed text")
    return found


def kids() -> list[str]:
    """The keys of the ring, newest first."""
    return list(_ring())


def newest_kid() -> str:
    """The key that seals from now on; a rotation is over when every row shows it."""
    return kids()[0]


def new_ring_key() -> str:
    """A fresh key to put at the head of STUDIO_VAULT_KEYS."""
    return Fernet.generate_key().decode()


@sensitive_variables()
def fingerprint(secret: str) -> str:
    """32 hex digits by which the same secret is recognised without being known.

    Salted per installation: two studios with the same key cannot find that out.
    """
    salt = _kept("vault.salt", lambda: secrets.token_urlsafe(32))
    return hmac.new(salt.encode(), secret.encode(), hashlib.sha256).hexdigest()[:32]


def _ring() -> dict[str, Fernet]:
    """The keys that open, newest first; without any in the settings, one made at the first use."""
    ring = {}
    for key in settings.STUDIO_VAULT_KEYS or [_kept("vault.key", new_ring_key)]:
        try:
            ring[hashlib.sha256(key.encode()).hexdigest()[:8]] = Fernet(key)
        except ValueError:
            raise WrongRing("a key of the ring is not a Fernet key") from None
    return ring


def _kept(name: str, make: Callable[[], str]) -> str:
    """Read this installation's file of that name, made at the first use, for its owner only."""
    path = Path(settings.STUDIO_DATA_DIR) / name
    try:
        if not path.exists():
            _write_once(path, make())
        return path.read_text().strip()
    except OSError as error:
        raise WrongRing(f"{name}: {error.strerror}") from None


def _write_once(path: Path, text: str) -> None:
    """Durable before anything is sealed with it: a lost ring is a lost key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)  # two first uses at once: one wins, both read the same
    except FileExistsError:
        pass
    fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
