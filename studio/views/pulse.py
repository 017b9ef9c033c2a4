"""What changed since a page last asked: one small question per page, never one per card.

The page sends the versions of its unfinished cards; only those that differ travel back, out of
band. 204 when nothing did, 286 when nothing more can: then the page falls silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from studio.forms.reading import uuid_of
from studio.models import EDITING, FELL, UNFINISHED, Generation, Project, Stage
from studio.views.answer import Request
from studio.views.cards import Card, cards, title_of

STOP_POLLING = 286
MOST = 100  # cards a page may ask about
TITLE_COUNT = 100
TABS = ("all", "progress", "ready", "starred", "failed")
# Tabs into which what was ordered a moment ago belongs.
TAKES_NEW = frozenset({"all", "progress"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """The state of a page that asks: the newest card it knows, its tab, what is in progress."""

    project: Project
    tab: str
    after: int
    working: int

    @property
    def active(self) -> bool:
        """Is there something to wait for?"""
        return self.working > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Cards that are new, that changed, that are gone; sentences for those who listen."""

    fresh: tuple[Card, ...] = ()
    changed: tuple[Card, ...] = ()
    gone: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.fresh or self.changed or self.gone)


@require_safe
def pulse(request: Request) -> HttpResponse:
    """Answer 204, the changed cards, or 286."""
    projects = Project.objects.visible_to(request.user).with_role(request.user)
    project = get_object_or_404(projects, uuid=uuid_of(request.GET.get("project")))
    seen = versions(request.GET)
    news, after = what_is_new(project, request.GET, seen)
    if not news and seen:
        return HttpResponse(status=204)
    context = {
        "project": project,
        "news": news,
        "poller": poller(project, request.GET, after),
    }
    return render(request, "gallery/_pulse.html", context, status=200 if news else STOP_POLLING)


def what_is_new(project: Project, data: QueryDict, seen: Mapping[str, int]) -> tuple[News, int]:
    """What differs from the versions that a page knows, and the newest card after this."""
    after = whole(data.get("after"))
    rows = project.generations.kept().among_or_after(list(seen), after)
    known = {str(uuid): (pk, version) for pk, uuid, version in rows}
    newest = max([after, *(pk for pk, _version in known.values())])
    stale = [uuid for uuid, (_pk, version) in known.items() if seen.get(uuid) != version]
    gone = tuple(uuid for uuid in seen if uuid not in known)
    if not stale:
        return News(gone=gone), newest
    drawn = list(project.generations.among(stale).newest().drawn())
    may_edit = may_change(project)
    fresh = [row for row in drawn if str(row.uuid) not in seen and tab_of(data) in TAKES_NEW]
    changed = [row for row in drawn if str(row.uuid) in seen]
    news = News(
        fresh=tuple(cards(fresh, may_edit=may_edit)),
        changed=tuple(cards(changed, may_edit=may_edit)),
        gone=gone,
        said=tuple(said for row in changed if (said := announcement(row))),
    )
    return news, newest


def announcement(row: Generation) -> str:
    """What a screen reader is told of a card that has ended."""
    if row.stage == Stage.READY:
        return _("“%(title)s” is ready.") % {"title": title_of(row)}
    if row.stage in FELL and row.stage != Stage.CANCELLED:
        return _("“%(title)s” failed.") % {"title": title_of(row)}
    if row.stage == Stage.IN_DOUBT:
        return _("“%(title)s” got no answer.") % {"title": title_of(row)}
    return ""


def poller(project: Project, data: QueryDict, after: int) -> Poller:
    """The poller that a page of this project carries."""
    working = getattr(project, "working", None)
    if working is None:
        working = project.generations.kept().in_stages(UNFINISHED)[:TITLE_COUNT].count()
    return Poller(project=project, tab=tab_of(data), after=after, working=working)


def tab_of(data: QueryDict) -> str:
    """The tab of the gallery."""
    tab = data.get("tab", "")
    return tab if tab in TABS else TABS[0]


def versions(data: QueryDict) -> dict[str, int]:
    """`c=<uuid>:<version>`, repeated: the unfinished cards of a page."""
    found = {}
    for text in data.getlist("c")[:MOST]:
        uuid, _colon, version = text.partition(":")
        if parsed := uuid_of(uuid):
            found[str(parsed)] = whole(version)
    return found


def whole(text: str | None) -> int:
    """A small whole number that was sent; 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def may_change(project: Project) -> bool:
    """May the person for whom `role` was read change things in the project?"""
    return getattr(project, "role", "") in EDITING
