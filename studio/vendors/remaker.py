"""Remaker: three text-to-video and four image-to-video models at table prices.

https://remaker.ai/docs/api/ai-video-generator - the key is sent bare, the body is a form, errors
come with HTTP 200, and 300013 "in progress" stands in the table of errors but is none. The catalog
is in remaker_catalog.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import ClassVar
from urllib.parse import quote

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
from studio.vendors.options import Picture
from studio.vendors.remaker_catalog import MODELS

SUCCESS, MISSING, FAILED = 100000, 300004, 600001
WORKING = {300013, 300102}  # 300102: the same, said by the vendor's page on face swaps
CODES: dict[int, type[VendorError]] = {
    200007: BadKey,
    300002: OutOfCredits,
    MISSING: Trouble,  # of an order; of a job it means gone
    400000: Trouble,
    400301: BadInput,
    429000: TooFast,
    # https://remaker.ai/docs/api/face-swap-video: the code may repeat the HTTP status
    400: BadInput,
    401: BadKey,
    429: TooFast,
}
KNOWS_THE_KEY = {SUCCESS, MISSING, FAILED, 300002, 400301, *WORKING}

PATH = "/api/remaker/v1/ai-video-generator/"
NOBODYS_JOB = "0" * 26


BY_SLUG = {model.slug: model for model in MODELS}


class Remaker:
    """One account at Remaker, through one key."""

    slug: ClassVar[str] = "remaker"
    label: ClassVar[str] = "Remaker"
    origin: ClassVar[str] = "https://developer.remaker.ai"
    keeps: ClassVar[timedelta | None] = timedelta(days=30)
    refund: ClassVar[Refund] = Refund.KEPT
    models: ClassVar[tuple[Model, ...]] = MODELS
    batch: ClassVar[int] = 1
    listings: ClassVar[tuple[str, ...]] = ()
    key_help: ClassVar[str] = "Sign in at remaker.ai, open API Key Settings and copy your API key."

    def __init__(self, api: Api, secret: Callable[[], str]) -> None:
        self._api = api
        self._secret = secret

    def submit(self, request: Request) -> Accepted:
        """Create one job. Answers with the job id only: the price is the table's."""
        model = BY_SLUG[request.model]
        takes_images = any(isinstance(option, Picture) for option in model.options)
        reply = line.order(
            self._api,
            PATH + ("create-job-image" if takes_images else "create-job-text"),
            headers=self._headers(),
            form=_form(model, request),
        )
        return _accepted(reply)

    def poll(self, tickets: Sequence[Ticket]) -> dict[str, Report]:
        """Ask for each job in turn: the vendor has no question about several."""
        return {ticket.id: _report(self._job(ticket.id)) for ticket in tickets}

    def probe(self) -> None:
        """Ask for a job that nobody has: "does not exist" proves the key."""
        reply = self._job(NOBODYS_JOB)
        code, message = _read(reply)
        if code not in KNOWS_THE_KEY:
            raise line.silence(
                reply, CODES.get(code or 0), code=reading.word(code), message=message
            )

    def _job(self, ticket: str) -> Reply:
        path = f"{PATH}get-job/{quote(ticket, safe='')}"
        return line.ask(self._api, "GET", path, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"accept": "application/json", "Authorization": self._secret()}  # bare, no "Bearer"


def _form(model: Model, request: Request) -> list[tuple[str, str]]:
    """The body: `images` is a repeated key, `duration` a bare number as in the vendor's demo."""
    values = model.spoken(request.values)
    form = [("model_name", model.slug), ("prompt", str(values.get("prompt", "")))]
    form += [("duration", str(values["duration"]))]
    if "video_ratio" in values:
        form += [("video_ratio", str(values["video_ratio"]))]
    names = {option.name for option in model.options}
    files = list(request.images) if "image" in names else []
    if request.end_image is not None and "end_image" in names:
        files.append(request.end_image)
    if "image" in names and not request.images:
        raise BadInput("An image is needed.")
    if not all(file.url for file in files):
        raise BadInput("The vendor fetches images by link, and there is none.")
    return form + [("images", file.url) for file in files]


def _read(reply: Reply) -> tuple[int | None, str]:
    """The code and the sentence: `message` is an object of languages, or on old pages a string."""
    said = reading.fields(reply.said)
    message = said.get("message")
    return reading.whole(said.get("code")), (
        reading.text(reading.fields(message).get("en")) or reading.text(message)
    )


def _accepted(reply: Reply) -> Accepted:
    code, message = _read(reply)
    job = reading.ticket(reading.fields(reading.fields(reply.said).get("result")).get("job_id"))
    if code == SUCCESS and reply.fine and job:
        return Accepted(ticket=Ticket(job), raw=reply.raw)
    if code in {SUCCESS, FAILED, *WORKING}:
        raise line.refusal(reply, InDoubt, message=message)
    raise line.refusal(reply, CODES.get(code or 0), code=reading.word(code), message=message)


def _report(reply: Reply) -> Report:
    """What an answer says of a job; codes that say nothing of it are raised."""
    code, message = _read(reply)
    said = reading.word(code)
    if code == SUCCESS and reply.fine:
        return _finished(reply)
    if code in WORKING:
        return Report(state=State.WORKING, word=said, raw=reply.raw)
    if code == FAILED:
        fault = line.meaning(message, Trouble).fault
        return Report(
            state=State.FAILED, word=said, fault=fault, code=said, message=message, raw=reply.raw
        )
    if code == MISSING:
        return Report(
            state=State.GONE, word=said, fault=Fault.GONE, code=said, message=message, raw=reply.raw
        )
    kind = CODES.get(code or 0)
    if code is None or not reply.fine or kind in {BadKey, TooFast, Trouble}:
        raise line.silence(reply, kind, code=said, message=message)
    return Report(state=State.WORKING, word=said, raw=reply.raw)


def _finished(reply: Reply) -> Report:
    """`output.output` is a URL here and a list of URLs at the vendor's other tools."""
    output = reading.fields(reading.fields(reply.said).get("result")).get("output")
    inner = reading.fields(output).get("output", output)
    return Report(
        state=State.DONE,
        word=str(SUCCESS),
        results=reading.links(inner if isinstance(inner, list) else [inner]),
        thumbnail=reading.link(reading.fields(output).get("thumbnail_path")),
        raw=reply.raw,
    )
