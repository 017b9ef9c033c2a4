"""AKOOL's webhook: verify, decrypt, and believe no more than "ask about this job now".

https://docs.akool.com/ai-tools-suite/webhook - the signature is a plain SHA-1 of parts that also
travel in the open, so what proves the sender is the AES key. Replays are the caller's business.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from studio.net import Answer, Garbled
from studio.vendors import reading
from studio.vendors.base import Callback

LARGEST = 64 * 1024
KEY_SIZES = {16, 24, 32}
BLOCK = 16


def read(body: bytes, client_id: str, client_secret: str) -> Callback | None:
    """The job that changed, None for anything that is not genuine. Never raises."""
    envelope = reading.fields(_json(body))
    sealed, nonce = envelope.get("dataEncrypt"), envelope.get("nonce")
    signature, stamp = envelope.get("signature"), reading.word(envelope.get("timestamp"))
    if not (isinstance(sealed, str) and isinstance(signature, str) and client_id and stamp):
        return None
    parts = [client_id, stamp, reading.word(nonce), sealed]
    signed = hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(signed.encode(), signature.lower().encode()):
        return None
    said = reading.fields(_json(_opened(sealed, client_id, client_secret)))
    ticket = reading.ticket(said.get("_id"))
    if not ticket:
        return None
    sent = reading.moment(envelope.get("timestamp"))
    return Callback(ticket=ticket, word=reading.word(said.get("status")), sent=sent)


def _json(body: bytes) -> object:
    if len(body) > LARGEST:
        return None
    try:
        return Answer(status=200, headers={}, body=body).json()
    except Garbled:
        return None


def _opened(sealed: str, client_id: str, client_secret: str) -> bytes:
    """The plain text, b"" when it cannot be decrypted.

    The vendor's own library cuts the clientId to 16 bytes, or fills it with zeros, to make the IV.
    """
    try:
        key = client_secret.encode()
        iv = (client_id.encode() + bytes(BLOCK))[:BLOCK]
        cipher = base64.b64decode(sealed, validate=True)
        if len(key) not in KEY_SIZES or not cipher or len(cipher) % BLOCK:
            return b""
        opener = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        padded = opener.update(cipher) + opener.finalize()
        unpadder = padding.PKCS7(BLOCK * 8).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:  # bad base64 and bad padding too
        return b""
