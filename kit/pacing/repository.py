"""The rows of the limits: read under their lock, written back, dropped when long unused."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.db import insert_new, is_postgresql
from kit.pacing import rules
from kit.pacing.models import CallBook


async def database_now(session: AsyncSession) -> float:
    """The present moment by the database's clock, in seconds: one clock for all processes."""
    if is_postgresql(session):
        query = select(func.extract("epoch", func.clock_timestamp()))
    else:
        query = select((func.julianday("now") - 2440587.5) * 86_400)
    return float((await session.execute(query)).scalar_one())


async def held(session: AsyncSession, scopes: Sequence[str]) -> dict[str, rules.Book]:
    """The books of ``scopes``, theirs alone to change until the transaction ends.

    In the order of their names, so that two processes never wait for each other.
    """
    found = await _locked(session, scopes)
    missing = [scope for scope in scopes if scope not in found]
    if missing:
        at = datetime.fromtimestamp(await database_now(session), UTC)
        rows = [{"scope": scope, "state": {}, "changed_at": at} for scope in sorted(missing)]
        await insert_new(session, CallBook, rows, key=["scope"])
        found = await _locked(session, scopes)
    return {scope: rules.from_json(state) for scope, state in found.items()}


async def _locked(session: AsyncSession, scopes: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    query = (
        select(col(CallBook.scope), col(CallBook.state))
        .where(col(CallBook.scope).in_(list(scopes)))
        .order_by(col(CallBook.scope))
        .with_for_update()
    )
    return {scope: state for scope, state in await session.execute(query)}  # noqa: C416


async def keep(session: AsyncSession, books: Mapping[str, rules.Book], at: float) -> None:
    """Write the books back."""
    changed_at = datetime.fromtimestamp(at, UTC)
    for scope, book in books.items():
        await session.execute(
            update(CallBook)
            .where(col(CallBook.scope) == scope)
            .values(state=rules.as_json(book), changed_at=changed_at)
            .execution_options(synchronize_session=False)
        )


async def closed(session: AsyncSession, at: float) -> dict[str, float]:
    """The scopes that are closed after a refusal, and for how many seconds still."""
    query = select(col(CallBook.scope), col(CallBook.state))
    found = {scope: rules.from_json(state) for scope, state in await session.execute(query)}
    return {
        scope: book.blocked_until - at for scope, book in found.items() if book.blocked_until > at
    }


async def forget(session: AsyncSession, before: datetime) -> int:
    """Drop scopes that nobody has used since ``before``; returns how many."""
    result = await session.execute(
        delete(CallBook)
        .where(col(CallBook.changed_at) < before)
        .execution_options(synchronize_session=False)
    )
    return int(cast(Any, result).rowcount)
