"""Keys of everything that was ever submitted: the same thing is never done twice."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.models import IntentKey
from kit.among import among
from kit.bulk import insert_columns, inserted
from kit.db import insert_into, is_postgresql

_TAKEN: Final = (
    "ON CONFLICT (key) DO UPDATE SET outcome = 'queued', reasons = '', at = excluded.at"
    " WHERE intent_key.outcome <> 'queued'"
)
_REFUSED: Final = (
    "ON CONFLICT (key) DO UPDATE SET outcome = excluded.outcome, reasons = excluded.reasons,"
    " at = excluded.at"
)


async def known(session: AsyncSession, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """``key -> (outcome, reasons)`` of those submitted before; one question for all of them."""
    if not keys:
        return {}
    query = select(col(IntentKey.key), col(IntentKey.outcome), col(IntentKey.reasons)).where(
        among(session, col(IntentKey.key), keys)
    )
    return {key: (outcome, reasons) for key, outcome, reasons in await session.execute(query)}


async def take(session: AsyncSession, keys: Sequence[str], at: datetime) -> set[str]:
    """Take keys for good; returns those that nobody had taken (a refused key may be taken).

    PostgreSQL says which; a writing transaction on SQLite is alone, so it looks first.
    """
    ordered = sorted(set(keys))
    if not ordered:
        return set()
    fixed = {"at": at, "outcome": "queued", "reasons": ""}
    if is_postgresql(session):
        return await inserted(
            session, IntentKey, {"key": ordered}, fixed, conflict=_TAKEN, returning="key"
        )
    before = await known(session, ordered)
    free = [key for key in ordered if before.get(key, ("", ""))[0] != "queued"]
    await insert_columns(session, IntentKey, {"key": free}, fixed, conflict=_TAKEN)
    return set(free)


async def refuse(
    session: AsyncSession, refusals: Mapping[str, tuple[str, str]], at: datetime
) -> None:
    """Remember what was refused and why, so that planning again writes nothing new."""
    rows = [(key, outcome, why[:400]) for key, (outcome, why) in sorted(refusals.items())]
    if not rows:
        return
    names, outcomes, reasons = zip(*rows, strict=True)
    await insert_columns(
        session,
        IntentKey,
        {"key": names, "outcome": outcomes, "reasons": reasons},
        {"at": at},
        conflict=_REFUSED,
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
