"""A real browser against a real server; it listens to the console, which must stay silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from studio.models import User

Open = Callable[..., Page]


def meant(line: str) -> bool:
    """Does the console only repeat what the test provoked: a 404, a 422, a lost connection?"""
    return line.startswith("info") or any(
        part in line for part in ("Failed to load resource", "Response Status Error", "htmx:")
    )


@pytest.fixture
def open_page(live_server: LiveServer, browser: Browser) -> Iterator[Open]:
    """Open an address as somebody, in a theme and a size; fails when the console complained."""
    said: list[str] = []
    contexts = []

    def open_it(
        address: str,
        *,
        user: User | None = None,
        theme: str = "dark",
        width: int = 1440,
        script: bool = True,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            has_touch=width < 500,
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        cookies = [{"name": "theme", "value": theme, "url": live_server.url}]
        if user is not None:
            signed_in = Client()
            signed_in.force_login(user)
            session = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
            cookies.append(
                {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
            )
        context.add_cookies(cookies)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(live_server.url + address)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [line for line in said if not meant(line)] == []
