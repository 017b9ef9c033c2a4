"""How long a model usually takes, from the studio's own history; nothing is said without one."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import quantiles

from django.core.cache import cache
from django.utils.translation import gettext as _

from studio.models import Generation
from studio.templatetags.studio import duration

CACHE_SECONDS = 120
LEAST = 3  # fewer finished ones are no history
LOOK_UPS = 2  # for one page: what is unknown after that is looked up by the next one

Name = tuple[str, str, bool]  # vendor, model, sandbox
Span = tuple[float, float]  # seconds: the middle one, and nine in ten


def usual(names: Iterable[Name]) -> dict[Name, Span]:
    """The usual spans of these models, as far as they are known."""
    keys = {name: "usual:{}:{}:{:d}".format(*name) for name in set(names)}
    known = cache.get_many(keys.values()) if keys else {}
    missing = [name for name, key in keys.items() if key not in known]
    for vendor, model, sandbox in missing[:LOOK_UPS]:
        key = keys[vendor, model, sandbox]
        known[key] = _look(vendor, model, sandbox)
        cache.set(key, known[key], CACHE_SECONDS)
    return {name: known[key] for name, key in keys.items() if known.get(key)}


def _look(vendor: str, model: str, sandbox: bool) -> Span | tuple[()]:
    rows = Generation.objects.done_lately(vendor, model, sandbox=sandbox)
    spans = [
        (finished - accepted).total_seconds()
        for accepted, finished in rows.values_list("accepted_at", "finished_at")
        if accepted and finished
    ]
    if len(spans) < LEAST:
        return ()
    tenths = quantiles(spans, n=10, method="inclusive")
    return tenths[4], tenths[8]


def in_words(span: Span | None) -> str:
    """ "usually 1:30 to 2:40", or one figure when both are alike."""
    if not span:
        return ""
    middle, most = (duration(round(seconds)) for seconds in span)
    if middle == most:
        return _("usually %(middle)s") % {"middle": middle}
    return _("usually %(middle)s to %(most)s") % {"middle": middle, "most": most}
