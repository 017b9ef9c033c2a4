"""AKOOL's webhook: genuine ones open, everything else is nothing, and nothing raises."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from studio.vendors.akool import Akool
from studio.vendors.base import Callback

CLIENT = "64db241f6d9e5c4bd136c187"
SECRET_24 = "0123456789abcdef01234567"
SECRET_32 = "0123456789abcdef0123456789abcdef"

# Sealed with the library of the vendor's own samples (crypto-js), not with ours.
VECTORS = [
    (
        SECRET_24,
        "W8ho4YUzgGWrFOzTMiZxIf3DR2HKBTr45O4jdI4dBshma+dTZWYUlttzmHNsz0Jfk5eY/86GraI6z14J"
        "/smdhEmVehx5gxKfwBQQ5rDLsv+I+MT+9VSWCE3mRTIPZjx8Vkb027A9leHymRSmbtZ1xA==",
        "d314dca3abe710acca69c25b5cd53fe51e21554d",
    ),
    (
        SECRET_32,
        "GFhDwn9NJed6NprmFaKLYhz6PtxKlu1nWWlNcAsimrRH6VRJrabaoVwmipZQk+x/kMQmquA8xAlyKYAci"
        "PNYqg2SNrYVlcXUbx1M4Hcw+JYCfNY3hqek3rvO7sltS7rGgPPvopGkPj/t0A7rbyF7Wg==",
        "41ee7ea4335d2f7d8f85b55564a49bf23ef496e9",
    ),
]


def body(sealed: str, signature: str, **more: object) -> bytes:
    envelope = {
        "signature": signature,
        "dataEncrypt": sealed,
        "timestamp": 1760000000000,
        "nonce": "4821",
        **more,
    }
    return json.dumps(envelope).encode()


def signed(sealed: str, client: str = CLIENT) -> bytes:
    parts = sorted([client, "1760000000000", "4821", sealed])
    return body(sealed, hashlib.sha1("".join(parts).encode()).hexdigest())


def seal(plain: bytes, secret: str = SECRET_24, client: str = CLIENT) -> str:
    padder = padding.PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    iv = (client.encode() + b"\0" * 16)[:16]
    sealer = Cipher(algorithms.AES(secret.encode()), modes.CBC(iv)).encryptor()
    return b64encode(sealer.update(padded) + sealer.finalize()).decode()


@pytest.mark.parametrize(("secret", "sealed", "signature"), VECTORS)
def test_a_genuine_callback_names_its_job(secret, sealed, signature):
    expected = Callback(
        ticket="65f8c1d2e3f4a5b6c7d8e9f0",
        word="3",
        sent=datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC),
    )
    assert Akool.read_callback(body(sealed, signature), CLIENT, secret) == expected
    assert Akool.read_callback(body(sealed, signature.upper()), CLIENT, secret) == expected


def test_a_short_client_id_is_filled_with_zeros():
    client = "short"
    made = signed(seal(b'{"_id":"x1","status":2,"type":"image2video"}', client=client), client)
    assert Akool.read_callback(made, client, SECRET_24).ticket == "x1"


@pytest.mark.parametrize(("secret", "sealed", "signature"), VECTORS)
def test_a_changed_callback_is_nothing(secret, sealed, signature):
    good = body(sealed, signature)
    for client, key in (("other", secret), (CLIENT, "x" * len(secret)), (CLIENT, ""), ("", secret)):
        assert Akool.read_callback(good, client, key) is None
    assert Akool.read_callback(body(sealed, signature, nonce="4822"), CLIENT, secret) is None
    assert Akool.read_callback(body(sealed, signature, timestamp=1), CLIENT, secret) is None
    assert Akool.read_callback(body(sealed, "ü" * 40), CLIENT, secret) is None
    assert Akool.read_callback(body(sealed[:-4], signature), CLIENT, secret) is None


@pytest.mark.parametrize(
    "sealed",
    [
        "",
        "====",
        "not base64!",
        b64encode(b"fifteen bytes..").decode(),
        b64encode(b"sixteen bytes...").decode(),
        seal(b"not json"),
        seal(b"[]"),
        seal(b'{"_id":"../../etc","status":3}'),
        seal(b'{"status":3}'),
        seal(b'{"_id":{"$oid":"x"},"status":3}'),
    ],
)
def test_a_signed_callback_that_names_no_job_is_nothing(sealed):
    assert Akool.read_callback(signed(sealed), CLIENT, SECRET_24) is None


@given(st.binary(max_size=300) | st.text().map(str.encode))
def test_any_bytes_are_nothing(raw):
    assert Akool.read_callback(raw, CLIENT, SECRET_24) is None


JUNK = st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.lists(st.integers())


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("signature", "dataEncrypt", "timestamp", "nonce"), JUNK)
    )
)
def test_any_envelope_is_nothing(envelope):
    made = json.dumps(envelope).encode()
    assert Akool.read_callback(made, CLIENT, SECRET_24) is None


def test_a_huge_body_is_nothing():
    assert Akool.read_callback(b'{"a":"' + b"x" * 10**6 + b'"}', CLIENT, SECRET_24) is None
