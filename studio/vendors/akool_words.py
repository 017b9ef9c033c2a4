"""What AKOOL's answers mean: codes, states and lists, read out of any JSON at all.

It sends nothing. https://docs.akool.com/ai-tools-suite/image2video
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.vendors import line, reading
from studio.vendors.base import Accepted, Entry, Removal, Report, State, Ticket
from studio.vendors.errors import (
    BadInput,
    BadKey,
    Fault,
    Gone,
    InDoubt,
    OutOfCredits,
    OutOfReach,
    TooFast,
    Trouble,
    VendorError,
)
from studio.vendors.line import Reply

SUCCESS, BANNED = 1000, 1200
CODES: dict[int, type[VendorError]] = {
    1003: BadInput,
    1005: TooFast,
    1006: OutOfCredits,
    1008: Gone,
    1009: BadInput,  # "no permission": the plan does not include what was asked for
    1014: Gone,
    1015: Trouble,
    1101: BadKey,
    1102: BadKey,
    1103: OutOfCredits,
    1104: OutOfCredits,
    1108: OutOfReach,
    1109: BadKey,
    BANNED: BadKey,
    1204: BadInput,
    1205: Trouble,
}
STATES = {1: State.QUEUED, 2: State.WORKING, 3: State.DONE, 4: State.FAILED}

# The reason of a failure has no documented name.
REASONS = (
    "failed_reason",
    "fail_reason",
    "faceswap_fail_reason",
    "error_msg",
    "error_message",
    "error",
    "reason",
    "message",
    "msg",
)
NO_REASON = "The vendor says only: failed, please check your input."


def accepted(reply: Reply, *, redub: bool = False) -> Accepted:
    """The new job. Raises TooFast, InDoubt or a Refused."""
    code, message = _read(reply)
    body = reading.fields(reading.fields(reply.said).get("data"))
    made, failed = reading.items(body.get("successList")), reading.items(body.get("errorList"))
    job = reading.fields(made[0]) if made else body
    ticket = reading.ticket(job.get("_id"))
    if code == SUCCESS and reply.fine:
        if ticket:
            return Accepted(
                ticket=Ticket(ticket),
                # nothing charged yet is no promise that nothing will be
                credits=reading.milli(job.get("deduction_credit")) or None,
                word=reading.word(job.get("status")),
                raw=reply.raw,
            )
        if failed and body.get("successList") == []:
            raise line.refusal(reply, Trouble, message=_reason(reading.fields(failed[0])))
    raise _refusal(reply, code, message, redub=redub)


def _refusal(reply: Reply, code: int | None, message: str, *, redub: bool) -> VendorError:
    kind = InDoubt if code == SUCCESS else CODES.get(code or 0)
    if kind is Gone and not redub:
        kind = Trouble
    said = "" if code in {None, SUCCESS} else str(code)
    return _noted(line.refusal(reply, kind, code=said, message=message), code)


def _noted(error: VendorError, code: int | None) -> VendorError:
    if isinstance(error, BadKey):
        error.banned = code == BANNED
    return error


def data(reply: Reply) -> object:
    """The `data` of a question that was answered. Raises BadKey, TooFast or Misread."""
    code, _message = _read(reply)
    if code != SUCCESS or not reply.fine:
        raise unanswered(reply)
    return reading.fields(reply.said).get("data")


def array(reply: Reply, value: object) -> list[object]:
    """A list that must be there. Raises Misread."""
    if not isinstance(value, list):
        raise unanswered(reply)
    return value


def unanswered(reply: Reply) -> VendorError:
    """The error of a question without an answer."""
    code, message = _read(reply)
    kind = CODES.get(code or 0)
    return _noted(line.silence(reply, kind, code=reading.word(code), message=message), code)


def is_missing(reply: Reply) -> bool:
    """Does the vendor say that what was asked for does not exist?"""
    return CODES.get(_read(reply)[0] or 0) is Gone


def gone(reply: Reply) -> Report:
    """The report of the one id that was asked for and is missing."""
    code, message = _read(reply)
    return Report(
        state=State.GONE,
        fault=Fault.GONE,
        code=reading.word(code),
        message=message,
        raw=reply.raw,
    )


def reports(ids: Sequence[str], reply: Reply) -> dict[str, Report]:
    """Reports by id, of those ids only; the first one wins if an id comes twice."""
    found: dict[str, Report] = {}
    for item in array(reply, reading.fields(data(reply)).get("result")):
        said = reading.fields(item)
        ticket = reading.ticket(said.get("_id"))
        if ticket in ids and ticket not in found:
            found[ticket] = _report(said)
    return found


def _report(said: Mapping[str, object]) -> Report:
    number = reading.whole(said.get("status"))
    state = STATES.get(number if number is not None else 0, State.WORKING)
    reason = _reason(said) if state is State.FAILED else ""
    done = state is State.DONE
    return Report(
        state=state,
        word=reading.word(said.get("status")),
        results=reading.links([said.get("video_url")]) if done else (),
        thumbnail=reading.link(said.get("cover_url")) if done else "",
        credits=reading.milli(said.get("deduction_credit")),
        duration=reading.seconds(said.get("video_duration")),
        fault=line.meaning(reason, Trouble).fault if state is State.FAILED else None,
        message=reason,
        callback=reading.link(said.get("webhookUrl")) or reading.link(said.get("webhookurl")),
        prompt=reading.text(said.get("prompt"), 10_000),
        created=reading.moment(said.get("create_time")),
        raw=reading.kept(said),
    )


def _reason(said: Mapping[str, object]) -> str:
    found = (reading.text(said.get(name)) for name in REASONS)
    return next(filter(None, found), NO_REASON)


def removals(ids: Sequence[str], answer: object) -> list[Removal]:
    """What became of each id."""
    said = reading.fields(answer)
    removed = {reading.ticket(value) for value in reading.items(said.get("successIds"))}
    why = {
        reading.ticket(item.get("_id")): reading.text(item.get("msg"))
        for item in map(reading.fields, reading.items(said.get("noPermissionItems")))
    }
    return [
        Removal(ticket=ticket, removed=True)
        if ticket in removed and ticket not in why
        else Removal(
            ticket=ticket,
            removed=False,
            message=why.get(ticket) or "The vendor does not say that it was deleted.",
        )
        for ticket in ids
    ]


def effects(reply: Reply) -> list[Entry]:
    """The effects, each once, in the vendor's order. Raises as `data` does."""
    items = array(reply, reading.fields(data(reply)).get("result"))
    found: dict[str, Entry] = {}
    for said in map(reading.fields, items):
        code = reading.text(said.get("effect_code"), 200)
        if code:
            found.setdefault(
                code,
                Entry(
                    value=code,
                    label=reading.text(said.get("name"), 200) or code,
                    preview=reading.link(said.get("video_url")),
                    logo=reading.link(said.get("logo")),
                ),
            )
    return list(found.values())


def _read(reply: Reply) -> tuple[int | None, str]:
    said = reading.fields(reply.said)
    return reading.whole(said.get("code")), reading.text(said.get("msg"))
