"""The one border between the network and the adapters: what was sent, what came, what it means.

An order and a question fail differently. Of an order only what surely never left may be sent
again; whatever else has no clear answer is InDoubt. A question may always be asked again.
Knows HTTP statuses and sentences; knows no vendor and none of their codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio import clock, net
from studio.net.request import UNSET
from studio.vendors import reading
from studio.vendors.errors import (
    BadInput,
    BadKey,
    Content,
    InDoubt,
    Misread,
    NotSent,
    OutOfCredits,
    OutOfReach,
    TooFast,
    Trouble,
    VendorError,
)

REDIRECTED = (
    "The vendor's address is misconfigured: it answered with a redirect, which is not followed."
)

_CREDITS = re.compile(
    r"(?:insufficient|not enough|out of|no more|lack of|too few)\W+(?:\w+\W+){0,2}?"
    r"(?:credit|quota|balance|fund)"
    r"|(?:credit|quota|balance|fund)s?\W+(?:\w+\W+){0,2}?"
    r"(?:not enough|insufficient|exhausted|used up|too low)",
    re.IGNORECASE,
)
_CONTENT = re.compile(
    r"nsfw|moderat|safety|sensitive|content (?:policy|rule|filter|check|violat)|prohibited"
    r"|inappropriate|violat(?:es|ion)|copyright|\bflagged\b|sexual|\bviolence\b|\bblocked\b",
    re.IGNORECASE,
)
_FILE = r"(?:image|picture|photo|audio|sound|file|url|link|media|resource)"
_GET = r"(?:download|fetch|access|load|reach|retriev|read|open)"
_CANNOT = r"(?:cannot|can't|could not|couldn't|unable|fail\w*|not|error|timed? ?out|timeout)"
_REACH = re.compile(
    rf"{_CANNOT}.{{0,25}}\b{_GET}\w*.{{0,30}}\b{_FILE}"
    rf"|\b{_FILE}s?\b.{{0,40}}{_CANNOT}.{{0,25}}\b{_GET}"
    rf"|\b{_FILE}\b.{{0,20}}\b{_GET}\w*.{{0,20}}{_CANNOT}"
    rf"|\b{_GET}\w*.{{0,20}}\b{_FILE}s?\b.{{0,20}}{_CANNOT}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that came. `said` is its JSON, None when it is none; `raw` is kept as evidence;
    `wait` is how long (seconds) the vendor asks us to stay away.
    """

    status: int
    said: object
    raw: object
    wait: float | None = None

    @property
    def fine(self) -> bool:
        """Is the HTTP status a success? No vendor's answer is a yes without it."""
        return 200 <= self.status < 300


def order(
    api: net.Api,
    path: str,
    *,
    headers: Mapping[str, str],
    json: object = UNSET,
    form: Sequence[tuple[str, str]] | None = None,
    parts: Sequence[net.Part] | None = None,
    deadline: float | None = None,
) -> Reply:
    """Send what may cost credits: one POST, once, on a connection of its own.

    Raises NotSent, InDoubt, or Trouble for a redirect that says "not here".
    """
    try:
        answer = api.send(
            "POST",
            path,
            headers=headers,
            json=json,
            form=form,
            parts=parts,
            fresh=True,
            deadline=deadline,
        )
    except net.NotSent as error:
        raise NotSent(str(error)) from None
    except net.NoAnswer as error:
        raise InDoubt(str(error)) from None
    reply = _reply(answer)
    if reply.status in {301, 302, 307, 308}:
        raise Trouble(REDIRECTED, status=reply.status, raw=reply.raw)
    return reply


def ask(
    api: net.Api,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    params: Sequence[tuple[str, str]] | None = None,
    json: object = UNSET,
) -> Reply:
    """Send what costs nothing. Raises NotSent or Misread; a redirect is a Misread."""
    try:
        answer = api.send(method, path, headers=headers, params=params, json=json)
    except net.NotSent as error:
        raise NotSent(str(error)) from None
    except net.NoAnswer as error:
        raise Misread(str(error)) from None
    reply = _reply(answer)
    if 300 <= reply.status < 400:
        raise Misread(REDIRECTED, status=reply.status, raw=reply.raw)
    return reply


def _reply(answer: net.Answer) -> Reply:
    try:
        said = answer.json()
        raw = reading.kept(said)
    except net.Garbled:
        said = None
        words = answer.body[: reading.LONGEST_MESSAGE].decode("utf-8", "replace")
        raw = {"status": answer.status, "text": words.replace("\0", "")}
    wait = answer.retry_after(clock.now())
    return Reply(status=answer.status, said=said, raw=raw, wait=wait)


def meaning(message: str, otherwise: type[VendorError]) -> type[VendorError]:
    """What the vendor's own sentence adds to a refusal that names no cause."""
    if _CREDITS.search(message):
        return OutOfCredits
    if _REACH.search(message):
        return OutOfReach
    if _CONTENT.search(message):
        return Content
    return otherwise


def refusal(
    reply: Reply, kind: type[VendorError] | None, *, code: str = "", message: str = ""
) -> VendorError:
    """Why an order has not been accepted, as an error to raise.

    `kind` is what the vendor's documents say of this answer, None when they say nothing. Then the
    HTTP status may still be plain (401, 429), or the sentence that comes with an unknown `code`;
    all else is InDoubt. A vague refusal becomes a precise one by its sentence.
    """
    if kind is None:
        kind = {401: BadKey, 429: TooFast}.get(reply.status, InDoubt)
    stated = bool(code) and reply.status < 500
    if kind in {BadInput, Trouble} or (kind is InDoubt and stated):
        kind = meaning(message, kind)
    return _error(kind, reply, code, message)


def silence(
    reply: Reply, kind: type[VendorError] | None, *, code: str = "", message: str = ""
) -> VendorError:
    """Why a question got no answer: BadKey, TooFast, or Misread for everything else."""
    if kind not in {BadKey, TooFast}:
        kind = {401: BadKey, 429: TooFast}.get(reply.status, Misread)
    return _error(kind, reply, code, message)


def _error(kind: type[VendorError], reply: Reply, code: str, message: str) -> VendorError:
    message = message or f"HTTP status {reply.status}, without an answer that can be understood"
    if kind is TooFast:
        return TooFast(
            message, retry_after=reply.wait, code=code, status=reply.status, raw=reply.raw
        )
    return kind(message, code=code, status=reply.status, raw=reply.raw)
