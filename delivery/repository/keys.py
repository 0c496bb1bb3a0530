"""Keys of everything that was ever submitted: the same thing is never done twice."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import IntentKey
from kit.db import insert_into, upsert

AT_ONCE = 4_000


async def known(session: AsyncSession, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """``key -> (outcome, reasons)`` of those submitted before."""
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(keys), AT_ONCE):
        query = select(col(IntentKey.key), col(IntentKey.outcome), col(IntentKey.reasons)).where(
            col(IntentKey.key).in_(list(keys[start : start + AT_ONCE]))
        )
        for key, outcome, reasons in await session.execute(query):
            found[key] = (outcome, reasons)
    return found


async def take(session: AsyncSession, keys: Sequence[str], at: datetime) -> set[str]:
    """Take keys for good; returns those that nobody had taken (a refused key may be taken)."""
    if not keys:
        return set()
    statement = insert_into(session, IntentKey)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"outcome": "queued", "reasons": "", "at": statement.excluded.at},
        where=col(IntentKey.outcome) != "queued",
    ).returning(IntentKey.key)
    rows = [{"key": key, "at": at, "outcome": "queued", "reasons": ""} for key in sorted(keys)]
    return set((await session.execute(statement, rows)).scalars())


async def refuse(
    session: AsyncSession, refusals: Mapping[str, tuple[str, str]], at: datetime
) -> None:
    """Remember what was refused and why, so that planning again writes nothing new."""
    await upsert(
        session,
        IntentKey,
        [
            {"key": key, "at": at, "outcome": outcome, "reasons": reasons[:400]}
            for key, (outcome, reasons) in sorted(refusals.items())
        ],
        key=["key"],
        update=["outcome", "reasons", "at"],
    )


async def refuse_new(
    session: AsyncSession, key: str, outcome: str, reasons: str, at: datetime
) -> bool:
    """Remember the refusal of a key that nobody had submitted; False when somebody had."""
    statement = insert_into(session, IntentKey).on_conflict_do_nothing(index_elements=["key"])
    row = {"key": key, "at": at, "outcome": outcome, "reasons": reasons[:400]}
    return bool((await session.execute(statement.returning(IntentKey.key), [row])).scalars().all())


async def release(session: AsyncSession, keys: Sequence[str], at: datetime) -> None:
    """Mark keys as free again: what they stood for was withdrawn before it went."""
    await refuse(session, dict.fromkeys(keys, ("released", "")), at)
