"""The environment: read once, typed, and never shown when it is a secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import env


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    """What a test declares is forgotten again."""
    before = dict(env.DECLARED)
    yield
    env.DECLARED.clear()
    env.DECLARED.update(before)


def test_a_variable_has_its_default_until_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.var("STUDIO_T", int, "7", "A number.") == 7
    monkeypatch.setenv("STUDIO_T", "8")
    assert env.var("STUDIO_T", int, "7", "A number.") == 8
    assert env.DECLARED["STUDIO_T"].kind == "number"


def test_a_value_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "value").write_text("from file\n")
    monkeypatch.setenv("STUDIO_T_FILE", str(tmp_path / "value"))
    assert env.var("STUDIO_T", str, "", "A text.") == "from file"
    monkeypatch.setenv("STUDIO_T", "itself")
    assert env.var("STUDIO_T", str, "", "A text.") == "itself"
    monkeypatch.delenv("STUDIO_T")
    monkeypatch.setenv("STUDIO_T_FILE", str(tmp_path / "missing"))
    with pytest.raises(env.BadVariable, match="STUDIO_T_FILE"):
        env.var("STUDIO_T", str, "", "A text.")


def test_a_value_that_cannot_be_read_is_named_and_a_secret_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STUDIO_T", "s3cret")
    with pytest.raises(env.BadVariable, match=r"STUDIO_T.*s3cret"):
        env.var("STUDIO_T", env.flag, "0", "A flag.")
    with pytest.raises(env.BadVariable) as refused:
        env.var("STUDIO_T", env.flag, "0", "A flag.", secret=True)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("Yes", True), (" on ", True), ("0", False), ("", False), ("OFF", False)],
)
def test_a_flag_is_a_plain_yes_or_no(text: str, value: bool) -> None:
    assert env.flag(text) is value


def test_a_comma_list_drops_its_blanks() -> None:
    assert env.words(" a, b ,,c,") == ["a", "b", "c"]


def test_a_misspelt_variable_is_told_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STUDIO_SANBOX", "1")
    monkeypatch.setenv("STUDIO_PORT_FILE", "/nowhere")
    assert ("STUDIO_SANBOX", "STUDIO_SANDBOX") in env.unknown_names()
    assert "STUDIO_PORT_FILE" not in dict(env.unknown_names())


def test_a_dotenv_file_fills_in_and_the_real_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STUDIO_A", "real")
    for name in ("STUDIO_B", "STUDIO_C"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    (tmp_path / ".env").write_text(
        "# STUDIO_X=1\nSTUDIO_A=file\nexport STUDIO_B='quoted'\n\nnonsense\nSTUDIO_C=a=b\n"
    )
    env.load_dotenv(tmp_path / ".env")
    env.load_dotenv(tmp_path / "missing")
    assert env.var("STUDIO_A", str, "", "") == "real"
    assert env.var("STUDIO_B", str, "", "") == "quoted"
    assert env.var("STUDIO_C", str, "", "") == "a=b"


def test_sqlite_serialises_its_writers_and_keeps_every_commit(tmp_path: Path) -> None:
    found = env.database("", tmp_path)
    assert found["NAME"] == tmp_path / "studio.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]
    assert env.database("sqlite:////srv/a%20b.sqlite3", tmp_path)["NAME"] == Path(
        "/srv/a b.sqlite3"
    )


def test_a_postgres_address_is_taken_apart(tmp_path: Path) -> None:
    found = env.database("postgres://me:p%40ss@db:5433/studio?sslmode=require", tmp_path)
    assert [found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "me",
        "p@ss",
        "db",
        "5433",
        "studio",
    ]
    assert found["OPTIONS"] == {"sslmode": "require"}
    with pytest.raises(env.BadVariable):
        env.database("mysql://db/studio", tmp_path)
