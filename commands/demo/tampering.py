"""Somebody with the database's password changes one ledger entry: to show that it is found."""

from datetime import datetime

from sqlalchemy import text

from kit import ledger
from kit.db import Database
from kit.errors import NotFound


class NothingToSpoil(NotFound):
    """The ledger has no entry of a send that could be changed yet."""

    code = "E-1062"


async def tamper(database: Database, at: datetime) -> str:
    """Change the reason of the newest send's entry behind the product's back; its place.

    That the demo did it is itself recorded first, so that the guide knows.
    """
    async with database.transaction() as session:
        await ledger.append(
            session,
            [
                ledger.Entry(
                    kind="setup", act="demo.tampered", actor="system:demo", object="ledger:demo"
                )
            ],
            at=at,
        )
        row = (
            await session.execute(
                text(
                    "SELECT stream, seq FROM ledger_entry WHERE act LIKE 'send.%'"
                    " OR act IN ('todo.planned', 'batch.planned') ORDER BY at DESC, seq DESC LIMIT 1"
                )
            )
        ).first()
        if row is None:
            raise NothingToSpoil("还没有可以改的日志", do="先点一次“发送”")
        await session.execute(
            text("UPDATE ledger_entry SET actor = 'staff:nobody' WHERE stream = :s AND seq = :n"),
            {"s": row.stream, "n": row.seq},
        )
    return f"{row.stream}#{row.seq}"
