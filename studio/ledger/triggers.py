"""The triggers that make events and entries append-only, on SQLite and PostgreSQL.

A superuser, or the owner of the tables, can still take them away; the audit notices.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("ledger_event", "ledger_entry")
FORBIDDEN = {
    "sqlite": ("update", "delete"),
    "postgresql": ("update", "delete", "truncate"),
}

SQLITE_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS {name} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

POSTGRESQL_TRIGGER = """
CREATE OR REPLACE TRIGGER {name} BEFORE {verb} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()
"""

SQLITE_PRESENT = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
POSTGRESQL_PRESENT = "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"


def wanted(connection: BaseDatabaseWrapper) -> dict[str, tuple[str, str]]:
    """Every trigger there must be: name -> (table, verb it refuses)."""
    return {
        f"{table}_no_{verb}": (table, verb)
        for table in TABLES
        for verb in FORBIDDEN[connection.vendor]
    }


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that are absent or switched off."""
    with connection.cursor() as cursor:
        cursor.execute(SQLITE_PRESENT if connection.vendor == "sqlite" else POSTGRESQL_PRESENT)
        present = {name for (name,) in cursor.fetchall()}
    return [name for name in wanted(connection) if name not in present]


def install(connection: BaseDatabaseWrapper) -> None:
    """Create what is missing; does nothing where the ledger has no tables (yet)."""
    if not set(TABLES) <= set(connection.introspection.table_names()):
        return
    absent = missing(connection)
    if not absent:
        return
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        # params stay None: with any others a driver reads the % of the function as a placeholder
        if not sqlite:
            cursor.execute(POSTGRESQL_FUNCTION, None)
        for name in absent:
            table, verb = wanted(connection)[name]
            template = SQLITE_TRIGGER if sqlite else POSTGRESQL_TRIGGER
            cursor.execute(template.format(name=name, table=table, verb=verb), None)
            if not sqlite:
                # it may be there, but disabled
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}", None)
