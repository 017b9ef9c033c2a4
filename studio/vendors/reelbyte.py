"""Reelbyte: videos and pictures from models of other providers, at prices only the answer tells.

https://www.reelbyte.video/docs - errors come as {"code": -1, "message"} with HTTP 200, results as
JSON inside strings. The catalog is in reelbyte_catalog.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

from studio.net import Api
from studio.vendors import line, reading
from studio.vendors.base import (
    Accepted,
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
    InDoubt,
    OutOfCredits,
    TooFast,
    Trouble,
    VendorError,
)
from studio.vendors.line import Reply
from studio.vendors.options import Picture, Value
from studio.vendors.reelbyte_catalog import MODELS, NAMES, OWN_WORDS

# There are no numeric codes: the sentence decides, whole and without regard to case.
SENTENCES: dict[str, type[VendorError]] = {
    "invalid api key": BadKey,
    "no auth, please sign in": BadKey,
    "insufficient credits": OutOfCredits,
    "invalid params": BadInput,
    "invalid mediatype": BadInput,
    "invalid provider": BadInput,
    "invalid ai provider": BadInput,
    "invalid scene": BadInput,
    "prompt is required": BadInput,
    "prompt or options is required": BadInput,
    "too many requests": TooFast,
    "rate limit exceeded": TooFast,
}
NOT_FOUND = "task not found"
NOT_OURS = "no permission"
UNKNOWN_STATUS = re.compile(r"unknown status: (\S{1,60})", re.IGNORECASE)

STATES = {
    "pending": State.QUEUED,
    "processing": State.WORKING,
    "success": State.DONE,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}
CANCELED = "canceled"
# Where a result's address may stand, in the order of the vendor's own page.
ADDRESSES = ("url", "uri", "video", "src", "videoUrl", "image", "imageUrl")

GENERATE = "/api/v1/ai/generate"
QUERY = "/api/v1/ai/query"
NOBODYS_TASK = "00000000-0000-0000-0000-000000000000"
BY_SLUG = {model.slug: model for model in MODELS}


class Reelbyte:
    """One account at Reelbyte, through one key."""

    slug: ClassVar[str] = "reelbyte"
    label: ClassVar[str] = "Reelbyte"
    origin: ClassVar[str] = "https://reelbyte.video"  # not www: a redirect would drop the key
    keeps: ClassVar[timedelta | None] = None
    refund: ClassVar[Refund] = Refund.RETURNED
    models: ClassVar[tuple[Model, ...]] = MODELS
    batch: ClassVar[int] = 1
    listings: ClassVar[tuple[str, ...]] = ()
    key_help: ClassVar[str] = (
        "Sign in at reelbyte.video, open Settings, API Keys, and click Create."
    )

    def __init__(self, api: Api, secret: Callable[[], str]) -> None:
        self._api = api
        self._secret = secret

    def submit(self, request: Request) -> Accepted:
        """Create one task; the answer names its price."""
        body = _body(BY_SLUG[request.model], request)
        reply = line.order(self._api, GENERATE, headers=self._headers(), json=body)
        return _accepted(reply)

    def poll(self, tickets: Sequence[Ticket]) -> dict[str, Report]:
        """Ask for each task in turn: the vendor has no question about several.

        It books a refund only when it is asked about the failed task.
        """
        return {ticket.id: self._look(ticket) for ticket in tickets}

    def probe(self) -> None:
        """Ask for a task that nobody has: "task not found" proves the key."""
        reply = self._query(NOBODYS_TASK)
        code, message = _read(reply)
        if code != 0 and message.lower() not in {NOT_FOUND, NOT_OURS}:
            raise _silence(reply)

    def _look(self, ticket: Ticket) -> Report:
        reply = self._query(ticket.id)
        if ticket.alias and _read(reply)[1].lower() == NOT_FOUND:
            reply = self._query(ticket.alias)
        return _report(reply)

    def _query(self, task: str) -> Reply:
        return line.ask(self._api, "POST", QUERY, headers=self._headers(), json={"taskId": task})

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secret()}"}


def _body(model: Model, request: Request) -> dict[str, object]:
    """The order. `options` is handed to the provider's model as it is."""
    values = model.spoken(request.values)
    options = _options(model, values)
    wants = next((option for option in model.options if isinstance(option, Picture)), None)
    images = [file.url for file in request.images] if wants else []
    if not all(images):
        raise BadInput("The vendor fetches images by link, and there is none.")
    if wants and wants.required and not images:
        raise BadInput("An image is needed.")
    if images:
        if "image_input" in options:
            raise BadInput("image_input is given twice: as pictures and in the options.")
        options = {"image_input": images, **options}
    provider, name = NAMES.get(model.slug, (values.get("provider"), values.get("model")))
    kind = "image" if "image_input" in options else "text"
    return {
        "mediaType": str(model.makes),
        "provider": provider,
        "model": name,
        "scene": f"{kind}-to-{model.makes}",
        "prompt": str(values.get("prompt", "")),
        "options": options,
    }


def _options(model: Model, values: Mapping[str, Value]) -> dict[str, object]:
    """Fields of the form and those typed by hand. Raises BadInput when the two disagree.

    The vendor merges the options over the prompt, so a prompt among them would replace it unseen.
    """
    drawn = {
        option.name: _number(values[option.name])
        for option in model.options
        if values.get(option.name, False) is not False and option.name not in OWN_WORDS
    }
    written = reading.nested(values.get("options", "{}"))
    if not isinstance(written, dict):
        raise BadInput('The options must be a JSON object, such as {"seed": 7}.')
    if "prompt" in written:
        raise BadInput("The options must not contain a prompt: it would replace yours unseen.")
    for name in sorted(drawn.keys() & written.keys()):
        raise BadInput(f"{name} is given twice: in its field and in the options.")
    return {**drawn, **written}


def _number(value: Value) -> Value:
    """5.0 is sent as 5: the provider's models want whole numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read(reply: Reply) -> tuple[int | None, str]:
    said = reading.fields(reply.said)
    return reading.whole(said.get("code")), reading.text(said.get("message"))


def _accepted(reply: Reply) -> Accepted:
    code, message = _read(reply)
    data = reading.fields(reading.fields(reply.said).get("data"))
    task, row = reading.ticket(data.get("taskId")), reading.ticket(data.get("id"))
    if code == 0 and reply.fine and task:
        return Accepted(
            ticket=Ticket(task, row if row != task else ""),
            credits=reading.milli(data.get("costCredits")),
            word=reading.word(data.get("status")),
            raw=reply.raw,
        )
    kind: type[VendorError] | None = InDoubt
    if code != 0 and not task:
        kind = SENTENCES.get(message.lower())
        if kind is None and code == -1 and reply.status not in {401, 429} and reply.status < 500:
            kind = Trouble  # a task is only written down after the provider has taken it
    raise line.refusal(reply, kind, code=_code(code), message=message)


def _code(code: int | None) -> str:
    return "" if code in {None, 0} else str(code)


def _silence(reply: Reply) -> VendorError:
    code, message = _read(reply)
    kind = SENTENCES.get(message.lower()) if code != 0 else None
    return line.silence(reply, kind, code=_code(code), message=message)


def _report(reply: Reply) -> Report:
    """What an answer says of a task; sentences that say nothing of it are raised as Misread."""
    code, message = _read(reply)
    data = reading.fields(reading.fields(reply.said).get("data"))
    word = reading.word(data.get("status"))
    if code == 0 and reply.fine and word:
        return _told(data, word, reply.raw)
    if message.lower() in {NOT_FOUND, NOT_OURS} and code != 0:
        return Report(state=State.GONE, fault=Fault.GONE, message=message, raw=reply.raw)
    # "unknown status: aborted" comes for ever: our own deadline ends it
    if code != 0 and reply.fine and (odd := UNKNOWN_STATUS.fullmatch(message)):
        return Report(state=State.WORKING, word=odd[1], message=message, raw=reply.raw)
    raise _silence(reply)


def _told(data: Mapping[str, object], word: str, raw: object) -> Report:
    state = STATES.get(word.lower(), State.WORKING)
    if state not in {State.DONE, State.FAILED}:
        return Report(state=state, word=word, raw=raw)
    info = reading.fields(reading.nested(data.get("taskInfo")))
    result = reading.fields(reading.nested(data.get("taskResult")))
    credits = reading.milli(reading.fields(data.get("usage")).get("credits"))
    if state is State.DONE:
        return Report(
            state=state,
            word=word,
            results=_addresses(info) or _addresses(result),
            credits=credits,
            seed=_seed(result),
            raw=raw,
        )
    message = reading.text(info.get("errorMessage")) or reading.text(result.get("error"))
    return Report(
        state=state,
        word=word,
        credits=credits,
        fault=line.meaning(message, Trouble).fault,
        code=reading.word(info.get("errorCode")),
        message=message or f"The vendor says only: {word}.",
        # refunds are promised for failed tasks; nothing is said of cancelled ones
        refund=Refund.KEPT if word.lower() == CANCELED else None,
        raw=raw,
    )


def _seed(result: Mapping[str, object]) -> int | None:
    """The seed, when the provider's answer repeats what it was asked."""
    return reading.whole(reading.fields(result.get("input")).get("seed"))


def _addresses(said: Mapping[str, object]) -> tuple[str, ...]:
    """Result links: lists of results first, then the single fields that some providers use."""
    for name in ("videos", "images", "output", "video", "data"):
        if found := reading.links([_address(part) for part in _listed(said.get(name))]):
            return found
    return ()


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _address(part: object) -> object:
    if not isinstance(part, dict):
        return part
    return next((part[name] for name in ADDRESSES if reading.link(part.get(name))), None)
