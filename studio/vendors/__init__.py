"""The vendors: one register, and the way from "vendor/slug" to a model.

Pure Python: no Django, no database, no settings. README.md says how to add a vendor.
"""

from __future__ import annotations

from collections.abc import Iterator

from studio.vendors.akool import Akool
from studio.vendors.base import Model, Vendor
from studio.vendors.mnml import Mnml
from studio.vendors.reelbyte import Reelbyte
from studio.vendors.remaker import Remaker

VENDORS: dict[str, type[Vendor]] = {
    vendor.slug: vendor for vendor in (Remaker, Reelbyte, Mnml, Akool)
}


class UnknownModel(LookupError):
    """No vendor here has a model of this name."""


def find_model(name: str) -> tuple[type[Vendor], Model]:
    """The vendor and the model of a name such as "mnml/kling-2.1-pro". Raises UnknownModel."""
    vendor, _, slug = name.partition("/")
    if vendor in VENDORS:
        for model in VENDORS[vendor].models:
            if model.slug == slug:
                return VENDORS[vendor], model
    raise UnknownModel(name)


def all_models() -> Iterator[tuple[type[Vendor], Model]]:
    """Every model of every vendor, in the order in which they are offered."""
    for vendor in VENDORS.values():
        for model in vendor.models:
            yield vendor, model
