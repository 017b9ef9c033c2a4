"""mnml Video AI: Kling 2.1 pro from a picture, ten credits a video whatever its length.

https://mnmlai.dev/docs/api/video-ai and /status-check, /errors - the body is multipart, and
"success" means accepted when an order is answered but finished when a status is. The catalog is in
mnml_catalog.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import ClassVar
from urllib.parse import quote

from studio.net import Api, Part
from studio.vendors import line, reading
from studio.vendors.base import (
    Accepted,
    File,
    Model,
    Refund,
    Report,
    Request,
    State,
    Ticket,
)
from studio.vendors.errors import (
    BadInput,
    BadKey,
    Fault,
    Gone,
    InDoubt,
    OutOfCredits,
    TooFast,
    Trouble,
    VendorError,
)
from studio.vendors.line import Reply
from studio.vendors.mnml_catalog import MODEL
from studio.vendors.options import Value

UPLOAD = 22.0  # seconds: ten megabytes, and still shorter than a worker has to stop

# Two dialects in one documentation; both are compared in lower case.
CODES: dict[str, type[VendorError]] = {
    "unauthorized": BadKey,
    "missing_api_key": BadKey,
    "invalid_api_key": BadKey,
    "forbidden": BadKey,
    "no_credits": OutOfCredits,
    "insufficient_credits": OutOfCredits,
    "missing_prompt": BadInput,
    "missing_image": BadInput,
    "missing_required_field": BadInput,
    "image_too_large": BadInput,
    "invalid_image_type": BadInput,
    "rate_limit_exceeded": TooFast,
    "internal_server_error": InDoubt,
    "invalid_request_id": Gone,
    "resource_not_found": Gone,
}
STATES = {
    "starting": State.QUEUED,
    "processing": State.WORKING,
    "success": State.DONE,
    "succeeded": State.DONE,
    "failed": State.FAILED,
    "canceled": State.FAILED,
    "cancelled": State.FAILED,
}
FIELDS = (
    "prompt",
    "duration",
    "cfg_scale",
    "aspect_ratio",
    "negative_prompt",
    "movement_type",
    "direction",
    "seed",
)


class Mnml:
    """One account at mnml, through one key."""

    slug: ClassVar[str] = "mnml"
    label: ClassVar[str] = "mnml"
    origin: ClassVar[str] = "https://api.mnmlai.dev"
    keeps: ClassVar[timedelta | None] = None
    refund: ClassVar[Refund] = Refund.KEPT
    models: ClassVar[tuple[Model, ...]] = (MODEL,)
    batch: ClassVar[int] = 1
    listings: ClassVar[tuple[str, ...]] = ()
    key_help: ClassVar[str] = "Sign in at mnmlai.dev, open API Keys and create a key."

    def __init__(self, api: Api, secret: Callable[[], str]) -> None:
        self._api = api
        self._secret = secret

    def submit(self, request: Request) -> Accepted:
        """Order one video, with the picture itself or, failing that, a link to it."""
        reply = line.order(
            self._api,
            "/v1/video-ai",
            headers=self._headers(),
            parts=_parts(request),
            deadline=UPLOAD,
        )
        return _accepted(reply)

    def poll(self, tickets: Sequence[Ticket]) -> dict[str, Report]:
        """Ask for each job in turn: the vendor has no question about several."""
        return {ticket.id: self._status(ticket.id) for ticket in tickets}

    def balance(self) -> int:
        """Credits left on the account."""
        reply = line.ask(self._api, "GET", "/v1/credits", headers=self._headers())
        left = reading.milli(reading.fields(reply.said).get("credits"))
        if not reply.fine or left is None:
            raise _silence(reply)
        return left

    def probe(self) -> None:
        """Ask for the balance."""
        self.balance()

    def _status(self, ticket: str) -> Report:
        path = f"/v1/status/{quote(ticket, safe='')}"
        return _report(line.ask(self._api, "GET", path, headers=self._headers()))

    def _headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "Authorization": f"Bearer {self._secret()}"}


def _parts(request: Request) -> list[Part]:
    """The body. Values are text, and nothing is left to the vendor's defaults."""
    values = MODEL.spoken(request.values)
    if not request.images:
        raise BadInput("An image is needed.")
    parts = [_start(request.images[0])]
    if request.end_image is not None:
        if not request.end_image.url:
            raise BadInput("The vendor fetches the last picture by link, and there is none.")
        parts.append(Part(name="end_image_url", value=request.end_image.url))
    return parts + [
        Part(name=name, value=_plain(values[name])) for name in FIELDS if name in values
    ]


def _start(image: File) -> Part:
    if image.body:
        mime = image.mime or "application/octet-stream"
        return Part(
            name="image", value=image.body, filename=image.name or "image", content_type=mime
        )
    if not image.url:
        raise BadInput("The image is empty.")
    return Part(name="start_image_url", value=image.url)


def _plain(value: Value) -> str:
    """A value as text: 5.0 as "5", 0.5 as "0.5"."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _read(reply: Reply) -> tuple[str, str, type[VendorError] | None]:
    """Code, sentence and class of an error. `message` is a list of links on success."""
    said = reading.fields(reply.said)
    code = reading.word(said.get("code"))
    message = reading.text(said.get("message")) or reading.text(said.get("error"))
    if reply.status == 401:
        return code, message, BadKey
    kind = CODES.get(code.lower())
    if kind is None and _is_error(reply):
        kind = {400: BadInput, 403: Trouble, 404: Trouble, 429: TooFast}.get(reply.status)
    return code, message, BadInput if reply.status == 413 else kind


def _is_error(reply: Reply) -> bool:
    return reading.word(reading.fields(reply.said).get("status")).lower() == "error"


def _accepted(reply: Reply) -> Accepted:
    said = reading.fields(reply.said)
    word = reading.word(said.get("status"))
    job = reading.ticket(said.get("id"))
    if reply.fine and word == "success" and job:
        # `credits`, if it comes, is what is left on the account and not what was taken
        return Accepted(
            ticket=Ticket(job), seed=reading.whole(said.get("seed")), word=word, raw=reply.raw
        )
    code, message, kind = _read(reply)
    if kind is Gone:
        kind = Trouble
    if word in STATES or (job and not _is_error(reply)):
        kind = InDoubt  # it speaks of a job, so there may be one
    raise _hurried(line.refusal(reply, kind, code=code, message=message), reply)


def _silence(reply: Reply) -> VendorError:
    code, message, kind = _read(reply)
    return _hurried(line.silence(reply, kind, code=code, message=message), reply)


def _hurried(error: VendorError, reply: Reply) -> VendorError:
    """The vendor may say in its body how long to wait."""
    details = reading.fields(reading.fields(reply.said).get("details"))
    wait = reading.seconds(details.get("retryAfterSeconds"))
    if isinstance(error, TooFast) and wait is not None:
        error.retry_after = min(wait, 3600.0)
    return error


def _report(reply: Reply) -> Report:
    said = reading.fields(reply.said)
    code, message, kind = _read(reply)
    word = reading.word(said.get("status"))
    if kind is Gone:
        return Report(
            state=State.GONE, word=word, fault=Fault.GONE, code=code, message=message, raw=reply.raw
        )
    if not reply.fine or not word or _is_error(reply):
        raise _silence(reply)
    state = STATES.get(word.lower(), State.WORKING)
    if state is State.DONE:
        return _finished(reply, word)
    if state is State.FAILED:
        message = message or f"The vendor says only: {word}."
        fault = line.meaning(message, Trouble).fault
        return Report(
            state=state, word=word, fault=fault, code=code, message=message, raw=reply.raw
        )
    return Report(state=state, word=word, raw=reply.raw)


def _finished(reply: Reply, word: str) -> Report:
    said = reading.fields(reply.said)
    message = said.get("message")
    return Report(
        state=State.DONE,
        word=word,
        results=reading.links(message if isinstance(message, list) else [message]),
        seed=reading.whole(said.get("seed")),
        raw=reply.raw,
    )
