"""Every address, asked by everybody by every method. An address missing here fails the suite."""

from __future__ import annotations

import html
from collections.abc import Iterator

import html5lib
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from studio.models import Generation, Project, SourceImage, Video
from tests.views.conftest import Enter

PUBLIC = {"login", "setup", "theme", "link_file", "hook", "healthz", "readyz", "admin_login"}

IN = {"charlie", "viewer", "bob", "alice"}
MEMBERS = {"viewer", "bob", "alice"}
EDITORS = {"bob", "alice"}
ALL = {*IN, "anonymous"}
METHODS = ("GET", "POST", "PUT", "DELETE")

# name -> method -> who is let in; everybody else is refused, other methods are not allowed.
# The stock admin's own addresses are tested in test_admin.
MATRIX: dict[str, dict[str, set[str]]] = {
    "studio": {"GET": IN},
    "pulse": {"GET": MEMBERS},
    "project": {"GET": MEMBERS},
    "project_new": {"GET": IN, "POST": IN},
    "project_edit": {"GET": EDITORS, "POST": EDITORS},
    "compose": {"GET": EDITORS, "POST": EDITORS},
    "price": {"GET": EDITORS, "POST": EDITORS},
    "generate": {"POST": EDITORS},
    "image_add": {"POST": EDITORS},
    "sound_add": {"POST": EDITORS},
    "generation": {"GET": MEMBERS},
    "cancel": {"POST": EDITORS},
    "favourite": {"POST": EDITORS},
    "raw": {"GET": MEMBERS},
    "video_file": {"GET": MEMBERS},
    "image_file": {"GET": MEMBERS},
    "link_file": {"GET": ALL},
    "hook": {"POST": ALL},
    "login": {"GET": ALL, "POST": ALL},
    "logout": {"POST": IN},
    "password_change": {"GET": IN, "POST": IN},
    "setup": {"GET": ALL, "POST": ALL},
    "theme": {"POST": ALL},
    "healthz": {"GET": ALL},
    "readyz": {"GET": ALL},
    "admin_login": {"GET": ALL},
}


def patterns_of(found: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in found:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.namespace != "admin":
            yield from patterns_of(pattern.url_patterns)


PATTERNS = {str(found.name): found for found in patterns_of(get_resolver().url_patterns)}


@pytest.fixture
def addresses(
    project: Project, generation: Generation, video: Video, image: SourceImage, link: str
) -> dict[str, str]:
    """A real address for each name."""
    of_generation = ("generation", "cancel", "favourite", "raw")
    of_project = ("project", "project_edit", "compose", "price", "generate", "image_add")
    found = {
        **{name: reverse(name, args=[generation.uuid]) for name in of_generation},
        **{name: reverse(name, args=[project.uuid]) for name in (*of_project, "sound_add")},
        "video_file": reverse("video_file", args=[video.uuid, "video.mp4"]),
        "image_file": reverse("image_file", args=[image.uuid, "image"]),
        "link_file": link,
        "hook": reverse("hook", args=["no-such-token"]),
        "pulse": f"{reverse('pulse')}?project={project.uuid}&after=0",
    }
    return found | {name: reverse(name) for name in MATRIX.keys() - found.keys()}


def test_no_address_is_missing_from_the_matrix() -> None:
    assert PATTERNS.keys() == MATRIX.keys()


def test_exactly_these_addresses_are_public() -> None:
    public = {
        name
        for name, pattern in PATTERNS.items()
        if not getattr(pattern.callback, "login_required", True)
    }
    assert public == PUBLIC


@pytest.mark.parametrize("name", MATRIX)
def test_everybody_gets_in_where_they_may_and_nowhere_else(
    name: str, addresses: dict[str, str], enter: Enter
) -> None:
    for person in sorted(ALL):
        for method in METHODS:
            response = enter(person).generic(method, addresses[name])
            assert verdict(response) == expected(name, person, method), (person, method)


def verdict(response: HttpResponse) -> str:
    response.getvalue()  # a file is closed when it was read
    if (
        response.status_code == 302
        and resolve(response["Location"].split("?")[0]).url_name == "login"
    ):
        return "to the door"
    return {403: "refused", 404: "refused", 405: "not so"}.get(response.status_code, "in")


def expected(name: str, person: str, method: str) -> str:
    if person == "anonymous" and name not in PUBLIC:
        return "to the door"
    if name in ("logout", "setup") and method in MATRIX[name]:
        return "to the door"  # out; and the set-up is closed
    if name == "admin_login" and method == "GET" and person == "anonymous":
        return "to the door"
    if method not in MATRIX[name]:
        return "not so"
    return "in" if person in MATRIX[name][method] else "refused"


@pytest.mark.parametrize("name", MATRIX)
def test_a_post_without_a_token_is_refused(
    name: str, addresses: dict[str, str], alice: object
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    if "POST" in MATRIX[name] and name != "hook":
        assert browser.post(addresses[name]).status_code == 403
        assert browser.post(addresses[name], headers={"HX-Request": "true"}).status_code == 403


@pytest.mark.parametrize("name", sorted(name for name in MATRIX if "GET" in MATRIX[name]))
def test_looking_changes_nothing(name: str, addresses: dict[str, str], enter: Enter) -> None:
    browser = enter("alice")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        browser.get(addresses[name]).getvalue()
    writes = [
        q["sql"] for q in queries if not q["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))
    ]
    if name != "link_file":  # whose fetches are counted
        assert writes == []


@pytest.mark.parametrize("name", sorted(name for name in MATRIX if "GET" in MATRIX[name]))
@pytest.mark.parametrize("person", ["anonymous", "alice"])
def test_every_answer_is_private_and_says_what_may_run(
    name: str, person: str, addresses: dict[str, str], enter: Enter
) -> None:
    response = enter(person).get(addresses[name])
    response.getvalue()
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    kept = response["Cache-Control"]
    assert "no-store" in kept or (
        kept.startswith("private") and name in ("video_file", "image_file")
    )
    assert {"Cookie", "HX-Request"} <= {part.strip() for part in response["Vary"].split(",")}


@pytest.mark.parametrize("name", sorted(name for name in MATRIX if "GET" in MATRIX[name]))
@pytest.mark.parametrize("person", ["anonymous", "alice"])
def test_pages_are_valid_and_carry_no_inline_code(
    name: str, person: str, addresses: dict[str, str], enter: Enter
) -> None:
    response = enter(person).get(addresses[name])
    body = response.getvalue()
    if "text/html" in response.get("Content-Type", "") and body:
        assert faults_of(body.decode()) == []


def faults_of(page: str) -> list[str]:
    """Parse errors, ids twice, labels to nowhere, inline code, pictures without words."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    whole = page.lstrip().lower().startswith("<!doctype")
    tree = parser.parse(page) if whole else parser.parseFragment(page)
    found = [f"{place} {code}" for place, code, _ in parser.errors]
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    found += [f"id twice: {one}" for one in set(ids) if ids.count(one) > 1]
    for element in tree.iter():
        found += [
            f"inline {key}" for key in element.attrib if key == "style" or key.startswith("on")
        ]
        if element.tag == "label" and element.get("for") and element.get("for") not in ids:
            found.append(f"label to nowhere: {element.get('for')}")
        if element.tag == "img" and element.get("alt") is None:
            found.append(f"no alt: {element.get('src')}")
        if (
            element.tag == "script"
            and not element.get("src")
            and element.get("type") != "application/json"
        ):
            found.append("inline script")
        if element.tag == "style":
            found.append("inline style sheet")
    return [html.unescape(fault) for fault in found]
