"""AKOOL's callbacks: encrypted, signed, sent again until the answer is 200.

https://docs.akool.com/ai-tools-suite/webhook
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from studio.sandbox.akool_words import WORDS, film_path
from studio.sandbox.jobs import ENDED, QUEUE_SHARE, Job, State
from studio.sandbox.keys import Key
from studio.sandbox.world import World

AGAIN = (2.0, 4.0, 8.0, 16.0, 32.0)  # seconds before each further try
PATIENCE = 10.0  # seconds for one try


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One message to one address."""

    url: str
    payload: dict[str, Any]
    forged: bool = False


def begin(world: World, job: Job) -> None:
    """Arrange the callbacks of a new job: when it begins, and when it has ended."""
    fault = job.fault("webhook")
    kind = fault.get("kind", "twice") if fault else ""
    if not job.options["webhookurl"] or kind == "never":
        return
    late = fault.number("s", 60) if fault and kind == "late" else 0.0
    if kind == "early":
        job.latency = 0.0
    else:
        start = job.latency * QUEUE_SHARE
        world.schedule.after(start, lambda: _send(world, job, _callback(world, job, State.RUNNING)))
    if kind == "deleted":
        job.deleted = True
        world.keep(job)
    world.schedule.after(max(0.0, job.end - world.clock.now() + late), lambda: _ended(world, job))


def resume(world: World) -> None:
    """Send what a restart has kept from being sent."""
    for job in list(world.jobs.values()):
        if job.vendor == "akool" and job.options["webhookurl"] and not job.extra.get("called"):
            begin(world, job)


def _ended(world: World, job: Job) -> None:
    """Send the last callback, or wait on while the job is not at its end."""
    with world.lock:
        state = job.state(world.clock.now())
        known = (job.vendor, job.id) in world.jobs
    fault = job.fault("webhook")
    kind = fault.get("kind", "twice") if fault else ""
    if not known or (state == State.GONE and kind != "deleted"):
        return
    if state not in ENDED and state != State.GONE:
        if not job.fault("stall"):
            world.schedule.after(0.25, lambda: _ended(world, job))
        return
    callback = _callback(world, job, State.DONE if state == State.GONE else state)
    if kind == "forged":
        lie = {**callback.payload, "url": "https://forged.invalid/video.mp4"}
        _send(world, job, Callback(url=callback.url, payload=lie, forged=True))
    _send(world, job, callback)
    if kind == "twice":
        _send(world, job, callback)
    with world.lock:
        job.extra["called"] = True
        world.keep(job)


def _callback(world: World, job: Job, state: State) -> Callback:
    payload: dict[str, Any] = {"_id": job.id, "status": WORDS[state], "type": "image2video"}
    with world.lock:
        url = world.link(job, film_path(job), "film") if state == State.DONE else ""
    return Callback(url=job.options["webhookurl"], payload={**payload, "url": url})


def _send(world: World, job: Job, callback: Callback, attempt: int = 0) -> None:
    """Post one callback; anything but 200 brings it again, later and later."""
    owner = world.keys.get((job.vendor, job.key))
    if owner is None:
        return
    stamp, nonce = int(world.clock.now() * 1000), str(secrets.randbelow(9000) + 1000)
    body = sealed(owner, callback.payload, stamp, nonce, forged=callback.forged)
    status, error = _post(callback.url, body)
    with world.lock:
        entry = world.record.get(job.entry)
        if entry:
            note = {"url": callback.url, "payload": callback.payload, "forged": callback.forged}
            times = {"attempt": attempt + 1, "at": world.clock.now()}
            entry.callbacks.append({**note, **times, "http_status": status, "error": error})
            world.record.save(entry)
    if status != 200 and attempt < len(AGAIN) and not callback.forged:
        world.schedule.after(AGAIN[attempt], lambda: _send(world, job, callback, attempt + 1))


def _post(url: str, body: dict[str, Any]) -> tuple[int, str]:
    request = urllib.request.Request(  # noqa: S310 - only http addresses are accepted
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            return int(response.status), ""
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, ""
    except (OSError, ValueError) as error:
        return 0, f"{type(error).__name__}: {error}"


def sealed(
    owner: Key, payload: dict[str, Any], stamp: int, nonce: str, *, forged: bool = False
) -> dict[str, Any]:
    """The body of a callback: AES-CBC under the client secret, signed by sha1 of its sorted parts.

    The client id is the IV, cut or zero-filled to 16 bytes as crypto-js does. `stamp` is in ms.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    secret = secrets.token_hex(12) if forged else owner.client_secret
    plain = json.dumps(payload, separators=(",", ":")).encode()
    padder = PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    iv = (owner.client_id.encode() + bytes(16))[:16]
    box = Cipher(algorithms.AES(secret.encode()), modes.CBC(iv)).encryptor()
    data = base64.b64encode(box.update(padded) + box.finalize()).decode()
    parts = sorted([owner.client_id, str(stamp), nonce, data])
    sign = hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()
    if forged:
        sign = secrets.token_hex(20)
    return {"signature": sign, "dataEncrypt": data, "timestamp": stamp, "nonce": nonce}
