"""Brings a database to the schema of this version, by Alembic, and tells when it is not there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from kit import clock, partitions
from kit.db import Database

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file; ``connection`` is the one to migrate on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> str:
    """Upgrade to the newest revision, prepare the coming months' partitions; the revision."""

    def upgrade(connection: Connection) -> None:
        command.upgrade(alembic_config(connection), "head")
        partitions.prepare(connection, clock.now())

    async with database.engine.connect() as connection:
        await connection.run_sync(upgrade)
        await connection.commit()
    return head()


async def revision(database: Database) -> str | None:
    """The revision a database is at; None for an empty one."""

    def current(connection: Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    async with database.engine.connect() as connection:
        return await connection.run_sync(current)


def head() -> str:
    """The newest revision of this version."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head() or ""
