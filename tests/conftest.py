"""Who is who in the tests, and a data folder that is never the developer's.

Alice owns the project, Bob belongs to it (as an editor unless told), Charlie is an outsider.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import hypothesis
import pytest
from django.db import connections
from django.test import Client
from django.test.utils import override_settings

from studio.models import Project, ProjectRole, User
from tests import make

# In CI the same examples every time; elsewhere new ones, so that somebody finds what is left.
hypothesis.settings.register_profile("fixed", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("fixed")

# Playwright's synchronous API keeps an event loop in the thread that also uses the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session", autouse=True)
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Every file that a test writes lands in a folder of this run."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "static").mkdir()
    with override_settings(
        STUDIO_DATA_DIR=folder,
        MEDIA_ROOT=folder / "media",
        STATIC_ROOT=folder / "static",
        SECRET_KEY="only for tests",
        STUDIO_VAULT_KEYS=[],
        STUDIO_SANDBOX=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    ):
        yield folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file, as in life: threads have connections of their own, and wait for locks."""
    default = connections["default"].settings_dict
    if "sqlite3" in default["ENGINE"]:
        default["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture
def alice(db: None) -> User:
    """The owner of the studio and of `project`."""
    return make.owner(username="alice")


@pytest.fixture
def bob(project: Project) -> User:
    """A member who may change things in `project`."""
    return make.member(project=project, username="bob", role=ProjectRole.EDITOR)


@pytest.fixture
def viewer(project: Project) -> User:
    """A member who may only look at `project`."""
    return make.member(project=project, username="vera", role=ProjectRole.VIEWER)


@pytest.fixture
def charlie(alice: User) -> User:
    """A member of the studio who has nothing to do with `project`."""
    return make.user(username="charlie")


@pytest.fixture
def project(alice: User) -> Project:
    """Alice's project."""
    return make.project(owner=alice)


@pytest.fixture
def client(client: Client, alice: User) -> Client:
    """A browser in which Alice is signed in."""
    client.force_login(alice)
    return client


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """The system's own Chromium, which nobody has to download."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("needs Chromium (apt install chromium)")
    return {
        **browser_type_launch_args,
        "executable_path": found,
        "args": ["--no-sandbox", "--disable-dev-shm-usage"],
    }
