"""The dialler that only reaches the public Internet: names are resolved once, then judged.

The address that was judged is the address that is dialled; TLS and `Host` stay on the name.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from studio.net.addresses import public
from studio.net.errors import Blocked
from studio.net.urls import exempt
from studio.net.wire import Dialler, Resolver, ask, lookup


def lookup_absolute(host: str, port: int) -> list[str]:
    """Like `lookup`, but never within the machine's search domains: the dot ends the name."""
    return lookup(f"{host}.", port)


class GuardedDialler(Dialler):
    """Refuses a host if *any* of its addresses is not public, unless the operator exempts it."""

    def __init__(
        self, allow_private: Container[str], resolver: Resolver | None, *, patience: float
    ) -> None:
        super().__init__(patience=patience)
        self._allow_private = allow_private
        self._asked = resolver

    def addresses(self, host: str, port: int, until: float) -> Sequence[str]:
        """Raises Blocked, NoName, or TimeoutError at `until`."""
        if exempt(host, port, self._allow_private):
            return ask(self._asked or lookup, host, port, until)
        found = ask(self._asked or lookup_absolute, host, port, until)
        # One bad apple spoils the lookup: whoever mixes public and private addresses is probing.
        if not all(public(address) for address in found):
            raise Blocked("address")
        return found
