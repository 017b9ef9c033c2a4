"""The contract between the studio and a vendor: frozen requests and answers, models as data.

Pure Python: no Django, no database, no settings, no sleep, no retry, no logging. An adapter says
things in its vendor's language and reads the answers; it never decides what happens next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from studio.net import Api
from studio.vendors.errors import Fault
from studio.vendors.options import Choice, Flag, Json, Listed, Number, Option, Text, Value, Values

MILLI = 1000  # credits are counted in thousandths


class Makes(StrEnum):
    """What a model makes."""

    VIDEO = "video"
    IMAGE = "image"


class State(StrEnum):
    """Where a job stands at the vendor."""

    QUEUED = "queued"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    GONE = "gone"  # the vendor does not know the job (any more)


class Refund(StrEnum):
    """What happens to the vendor's credits when a job fails there (ledger.md 2.8)."""

    RETURNED = "vendor_refunds"  # documented: given back
    REPORTED = "as_reported"  # the final report says what was taken; else assume taken
    KEPT = "assume_charged"  # not documented: assume taken until a reading shows otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A picture or sound handed to a vendor: a link it can fetch, the bytes, or both."""

    url: str = ""
    body: bytes = field(default=b"", repr=False)
    name: str = ""
    mime: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a vendor's own list: an effect, or a live model.

    `facts` holds what the form and the price need (see the vendor's file), `preview` and `logo`
    are the vendor's URLs ('' if none).
    """

    value: str
    label: str
    preview: str = ""
    logo: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


# A vendor's cached lists by name ("effects", "models"), as Vendor.list_entries returned them.
Listings = Mapping[str, Sequence[Entry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One order, complete: what the form gave, checked. `values` has the fields in the vendor's
    own names (and `prompt`); `callback` is our webhook address or ''.
    """

    model: str
    values: Values
    images: tuple[File, ...] = ()
    end_image: File | None = None
    audio: File | None = None
    callback: str = ""

    @property
    def prompt(self) -> str:
        """The prompt, '' when there is none."""
        return str(self.values.get("prompt", ""))


class Ticket(NamedTuple):
    """The vendor's id of a job, and a second id if the vendor gave two ('' otherwise)."""

    id: str
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The vendor took the order. `credits` (milli) is what it says it takes, None if silent.

    `raw` is its answer as parsed, `word` its own status word.
    """

    ticket: Ticket
    credits: int | None = None
    seed: int | None = None
    word: str = ""
    raw: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the vendor says of one job.

    `results`: URLs of the finished files, best first ([] and DONE: finished without output, ask
    again). `credits` (milli): what was finally taken, None if silent. `fault` and `message` only
    when FAILED or GONE. `refund` only when this end is known to differ from the vendor's policy.
    `callback` and `prompt` are echoes, '' if the vendor gives none: evidence that a ticket belongs
    to an order.
    """

    state: State
    word: str = ""
    results: tuple[str, ...] = ()
    thumbnail: str = ""
    credits: int | None = None
    seed: int | None = None
    duration: float | None = None
    fault: Fault | None = None
    code: str = ""
    message: str = ""
    refund: Refund | None = None
    callback: str = ""
    prompt: str = ""
    created: datetime | None = None
    raw: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What became of one ticket in a deletion at the vendor; `message` when it was not removed."""

    ticket: str
    removed: bool
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A verified webhook: a hint to ask now, never believed for more than that.

    `sent` is when the vendor says it was sent: the caller decides what is too old.
    """

    ticket: str
    word: str = ""
    sent: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One entry of a vendor's catalog, addressed `vendor/slug`.

    `fields(values, listings)` are the fields to draw for these values, in order of display;
    `price(values, listings)` is the documented price in milli-credits, or None when the vendor
    sets it. `priced_by` names the fields that decide the price: what a learned price is keyed by.
    `typical` is a first guess in seconds of how long it takes, until there is a history.
    """

    slug: str
    label: str
    note: str
    makes: Makes = Makes.VIDEO
    options: tuple[Option, ...]
    price: Callable[[Values, Listings], int | None]
    priced_by: tuple[str, ...] = ()
    typical: int = 60
    ratio: Callable[[Values], str] = field(default=lambda values: "")
    adapt: Callable[[tuple[Option, ...], Values, Listings], tuple[Option, ...]] | None = None

    def fields(self, values: Values, listings: Listings) -> tuple[Option, ...]:
        """The fields that exist for these values; later ones may depend on earlier ones."""
        options = self.options
        if self.adapt is not None:
            options = self.adapt(options, values, listings)
        return tuple(option for option in options if option.when(values))

    def defaults(self, listings: Listings) -> dict[str, Value]:
        """Every field's default, drawn or not, for a form that opens empty."""
        options = self.adapt(self.options, {}, listings) if self.adapt else self.options
        return {
            option.name: option.default
            for option in options
            if isinstance(option, Choice | Flag | Text | Json | Listed | Number)
            and option.default is not None
        }

    def spoken(self, values: Values) -> dict[str, Value]:
        """What is said to the vendor: defaults filled in, empty and idle fields left out.

        A default that we leave to the vendor is one that we do not know: some of theirs cost more.
        """
        full = {**self.defaults({}), **values}
        idle = {option.name for option in self.options if not option.when(full)}
        known = {option.name for option in self.options} - idle
        return {name: value for name, value in full.items() if name in known and value != ""}

    def price_key(self, values: Values) -> str:
        """The part of the values that decides the price, as one line of text."""
        return " ".join(f"{name}={values.get(name, '')}" for name in self.priced_by)


class Vendor(Protocol):
    """What every vendor can do. An instance speaks for one account through one key."""

    slug: ClassVar[str]
    label: ClassVar[str]
    origin: ClassVar[str]  # scheme and host; paths are the vendor's own
    keeps: ClassVar[timedelta | None]  # how long it keeps results; None: it does not say
    refund: ClassVar[Refund]
    models: ClassVar[tuple[Model, ...]]
    batch: ClassVar[int]  # how many tickets one poll may ask for
    key_help: ClassVar[str]  # one sentence: where to find the key
    listings: ClassVar[tuple[str, ...]]  # names of its lists ("effects"), () for a vendor without

    def __init__(self, api: Api, secret: Callable[[], str]) -> None: ...

    def submit(self, request: Request) -> Accepted:
        """Order once. Raises NotSent, TooFast, InDoubt or a Refused; nothing else."""
        ...

    def poll(self, tickets: Sequence[Ticket]) -> dict[str, Report]:
        """Ask for some tickets, best at most `batch`; the answer is keyed by Ticket.id.

        A ticket the vendor says nothing of is absent. An unknown word means WORKING. Raises
        NotSent, TooFast, Misread, or a Refused that concerns the call (BadKey), nothing else.
        """
        ...

    def probe(self) -> None:
        """Try the key at no cost. Returns when it works; raises as `poll` does."""
        ...


@runtime_checkable
class Redubs(Protocol):
    """Can put a new sound on a finished video of its own."""

    def redub(self, ticket: Ticket, request: Request) -> Accepted:
        """Order once; `request.values` has `audio_type`. Raises as `submit` does."""
        ...

    def redub_price(self, seconds: float) -> int:
        """Documented price in milli-credits for a video of this length."""
        ...


@runtime_checkable
class Deletes(Protocol):
    """Can delete finished videos at the vendor."""

    def delete(self, tickets: Sequence[Ticket]) -> list[Removal]:
        """Delete for good; one Removal a ticket. Raises as `poll` does."""
        ...


@runtime_checkable
class Lists(Protocol):
    """Keeps lists of its own that forms draw from; Vendor.listings names them."""

    def list_entries(self, listing: str) -> list[Entry]:
        """Fetch one list, in the vendor's order. Raises as `poll` does."""
        ...


@runtime_checkable
class ReportsBalance(Protocol):
    """Says what is left on the account."""

    def balance(self) -> int:
        """Credits left, in milli. Raises as `poll` does."""
        ...


@runtime_checkable
class CallsBack(Protocol):
    """Calls a webhook when a job changes."""

    @staticmethod
    def read_callback(body: bytes, client_id: str, client_secret: str) -> Callback | None:
        """Verify and decrypt; None for anything that is not genuine. Never raises."""
        ...
