"""Runs migrations on the connection it is given; both databases, one chain of revisions.

Row-level security is lifted before and laid down anew after each run (decision 0013), and so is
the lock of archived forms.
"""

import importlib
from pathlib import Path
from typing import Any

from alembic import context
from sqlalchemy import text
from sqlmodel import SQLModel

from crm_sync import row_security
from portfolio.models import form_lock

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "archive",
    "bot.feed",
    "bot.inbox",
    "campaigns",
    "community",
    "compliance",
    "console",
    "content_library",
    "crm_sync",
    "delivery",
    "insights",
    "kit.ledger",
    "kit.pacing",
    "kit.policies",
    "kit.scheduling",
    "kit.shared_tokens",
    "kit.web",
    "portfolio",
)

for package in PACKAGES:
    importlib.import_module(f"{package}.models")


def include_object(thing: Any, name: str | None, kind: str, _reflected: bool, _to: Any) -> bool:
    """Child partitions are made by ``kit.partitions``, full-text tables by hand: no drift."""
    if kind == "table" and name and name.startswith("message_fts"):
        return False
    if kind == "table" and name:
        return not any(
            name.startswith(f"{table}_") and name not in SQLModel.metadata.tables
            for table in partitioned
        )
    return True


partitioned = [
    table.name
    for table in SQLModel.metadata.tables.values()
    if table.dialect_options["postgresql"].get("partition_by")
]
connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    include_object=include_object,
    compare_type=False,
    transactional_ddl=True,
)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    row_security.lift(connection)
    context.run_migrations()
    row_security.install(connection)
    form_lock.install(connection)
