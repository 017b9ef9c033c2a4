"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from studio import env, jobs
from studio.management.commands.config import page
from studio.vendors import VENDORS

ROOT = Path(__file__).parent.parent
STUDIO = ROOT / "studio"
MODULES = sorted(
    path for path in STUDIO.rglob("*.py") if path.name != "__init__.py" or path.read_text().strip()
)
PRODUCT = [path for path in MODULES if "migrations" not in path.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PRODUCT, ids=name)
def test_module_says_what_it_is_and_fits_in_the_head(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "a module opens with what it is"
    assert len(text.splitlines()) <= 400, "a file that long has become two things"


def test_vendors_are_named_only_where_they_belong() -> None:
    named = re.compile("|".join(rf"[\"']{vendor}[\"'/]" for vendor in VENDORS))
    allowed = ("vendors/", "sandbox/", "settings.py", "migrations/")
    offenders = [
        name(path)
        for path in PRODUCT
        if named.search(path.read_text()) and not str(path.relative_to(STUDIO)).startswith(allowed)
    ]
    assert offenders == []


def test_templates_name_no_vendor() -> None:
    named = re.compile("|".join(VENDORS), re.I)
    assert [name(path) for path in TEMPLATES if named.search(path.read_text())] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_fragments_extend_nothing_and_pages_do(path: Path) -> None:
    extends = "{% extends" in path.read_text()
    if path.name.startswith("_") or "options" in path.parts:
        assert not extends
    elif path.name == "page.html":
        assert extends


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_carry_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|hx-on|javascript:|\|safe", text)
    assert not re.search(r"<script(?![^>]*\b(src|type=\"application/json\"))", text)


def test_views_speak_in_queryset_words() -> None:
    offenders = [
        name(path)
        for path in (STUDIO / "views").rglob("*.py")
        if re.search(r"\.(filter|exclude)\(", path.read_text())
    ]
    assert offenders == []


def test_every_job_that_can_be_rung_exists() -> None:
    rung = set()
    for path in PRODUCT:
        rung |= set(re.findall(r"queue\.ring\(\"(\w+)\"", path.read_text()))
    assert rung
    assert [job for job in rung if not callable(getattr(jobs, job, None))] == []


def test_only_the_queue_knows_django_q2_and_only_net_knows_httpx() -> None:
    for library, rooms in {
        "django_q": ("queue.py", "settings.py", "admin"),
        "httpx": ("net",),
    }.items():
        pattern = re.compile(rf"^\s*(from|import) {library}\b", re.M)
        found = [
            path.relative_to(STUDIO).parts[0]
            for path in PRODUCT
            if pattern.search(path.read_text())
        ]
        assert set(found) <= set(rooms), library


def test_nothing_sleeps_and_nothing_is_marked_safe() -> None:
    offenders = [
        name(path)
        for path in PRODUCT
        if "sandbox" not in path.parts
        and re.search(r"\bsleep\(|mark_safe|fields = \"__all__\"", path.read_text())
    ]
    assert offenders == []


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text() == page()
    assert set(env.DECLARED)


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
