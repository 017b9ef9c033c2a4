"""What a vendor may answer when it does not simply say yes. The class decides what happens next.

    VendorError
    ├── NotSent         nothing left this machine: the same request may be sent again
    ├── TooFast         an explicit rate limit: not accepted, may be sent again later
    ├── InDoubt         it left and no usable answer came back: never sent again by itself
    ├── Misread         a question (not an order) got no usable answer: ask again later
    └── Refused         the vendor said no, for good
        ├── BadKey          the key was refused: an admin must act
        ├── OutOfCredits    the account cannot pay
        ├── BadInput        what was asked for is wrong
        ├── OutOfReach      the vendor could not fetch our image or sound
        ├── Content         the vendor's content rules
        ├── Trouble         the vendor could not do it; the input looks fine
        └── Gone            the job or its result is not there any more

`fault` is the class of the failure book (architecture 5), the same in tables, pages and API.
"""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """The nine classes of the failure book."""

    KEY = "key"
    CREDITS = "credits"
    INPUT = "input"
    REACH = "unreachable image"
    CONTENT = "content"
    FAST = "too fast"
    TROUBLE = "vendor trouble"
    GONE = "gone"
    DOUBT = "in doubt"


class VendorError(Exception):
    """An answer that is not a yes.

    `message` is the vendor's own sentence, `code` its own code ('' if none), `status` the HTTP
    status (0 if none), `raw` the answer as far as it could be read (never a key: see redact.py).
    """

    fault: Fault = Fault.TROUBLE

    def __init__(
        self, message: str = "", *, code: str = "", status: int = 0, raw: object = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.raw = raw


class NotSent(VendorError):
    """Not one byte of the request left, or none could have."""


class TooFast(VendorError):
    """An explicit rate limit. `retry_after` in seconds, None when the vendor does not say."""

    fault = Fault.FAST

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        code: str = "",
        status: int = 0,
        raw: object = None,
    ) -> None:
        super().__init__(message, code=code, status=status, raw=raw)
        self.retry_after = retry_after


class InDoubt(VendorError):
    """An order left and may have been accepted and paid."""

    fault = Fault.DOUBT


class Misread(VendorError):
    """A question got no usable answer: time-out, 5xx, nonsense. Nothing is known, ask again."""


class Refused(VendorError):
    """The vendor said no, for good; nothing was made and nothing is owed."""


class BadKey(Refused):
    """The key was refused. `banned`: the whole account is closed, not only this key."""

    fault = Fault.KEY
    banned = False


class OutOfCredits(Refused):
    fault = Fault.CREDITS


class BadInput(Refused):
    fault = Fault.INPUT


class OutOfReach(Refused):
    fault = Fault.REACH


class Content(Refused):
    fault = Fault.CONTENT


class Trouble(Refused):
    fault = Fault.TROUBLE


class Gone(Refused):
    fault = Fault.GONE
