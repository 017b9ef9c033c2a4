"""Why an order is not taken. Nothing was sent and nothing is held when one of these is raised.

OrderError
├── NotOffered    no such model, or not for this person
├── NoAccount     no account or key that could send it
├── OutOfReach    the vendor could not fetch a picture or sound from here
└── NotEnough     credits or a budget would not suffice
"""

from __future__ import annotations


class OrderError(Exception):
    """`sentence` is for the person, `field` the form field it belongs to ('' for the whole)."""

    kind = "order"

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class NotOffered(OrderError):
    kind = "not-offered"


class NoAccount(OrderError):
    kind = "no-account"


class OutOfReach(OrderError):
    kind = "reach"


class NotEnough(OrderError):
    kind = "not-enough"


class LinkRefused(Exception):
    """A pasted link that cannot be used. One sentence, the same for every inner reason."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
