"""The first load of a table on SQLite: its look-up indexes are made once, over all of its rows.

Because rows come in the order of their keys and every other index wants another order: past
the page cache each row would rewrite pages all over the file, and each of them into the log.
PostgreSQL keeps its indexes: to drop one would shut every reader out, empty table or not.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateIndex, DropIndex

from kit.db import is_postgresql


@asynccontextmanager
async def indexed_once(session: AsyncSession, table: Table, *, empty: bool) -> AsyncIterator[None]:
    """Where ``table`` is ``empty`` on SQLite, make its indexes anew after the block.

    In the caller's transaction: nobody sees the table without them, and a rollback brings the
    old ones back. Constraints stay, so that a key is still refused the second time.
    """
    if not empty or is_postgresql(session):
        yield
        return
    later = sorted(
        (index for index in table.indexes if not index.unique), key=lambda one: str(one.name)
    )
    for index in later:
        await session.execute(DropIndex(index, if_exists=True))
    yield
    for index in later:
        await session.execute(CreateIndex(index))
