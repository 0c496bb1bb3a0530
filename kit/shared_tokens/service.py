"""One fetch for all processes: who holds the lease row fetches, the others take what it wrote."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.db import Database, cipher_of, insert_new
from kit.errors import IntegrityBroken
from kit.pacing.repository import database_now
from kit.shared_tokens.metrics import FETCHES
from kit.shared_tokens.models import SharedToken

LEASE: Final = timedelta(seconds=45)
"""Longer than the longest call: who fetches has an answer or has given up when it ends."""
LOOK_AGAIN: Final = 0.1
MARGIN: Final = 60.0
COLUMN: Final = "shared_token.value"


class Fresh(Protocol):
    """A token just fetched, and for how many seconds it is good."""

    @property
    def value(self) -> str: ...

    @property
    def expires_in_s(self) -> int: ...


class SharedTokens:
    """The token of one application (``name``), kept for all processes of one database."""

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        now: Callable[[AsyncSession], Awaitable[float]] = database_now,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._name = name
        self._me = secrets.token_hex(8)
        self._now = now
        self._steady = steady
        self._sleep = sleep
        self._known: tuple[str, float] | None = None

    def __repr__(self) -> str:
        return f"SharedTokens({self._name!r})"

    async def get(self) -> str | None:
        """The token this process knows, or the one kept; None when it is about to expire."""
        if self._known is not None and self._steady() < self._known[1]:
            return self._known[0]
        async with self._database.reading() as session:
            row = await self._row(session)
            return None if row is None else self._good(session, row, await self._moment(session))

    async def fetch(self, fetch: Callable[[], Awaitable[Fresh]], stale: str | None) -> str:
        """A token other than ``stale``: another process's, or the one that ``fetch`` gets.

        The lease row lets one process fetch at a time; the others wait and look. Raises what
        ``fetch`` raises, and then the lease is free at once.
        """
        while True:
            async with self._database.transaction() as session:
                await insert_new(
                    session, SharedToken, [{"name": self._name, "fetched_by": ""}], key=["name"]
                )
                row = await self._row(session, lock=True)
                assert row is not None  # noqa: S101 — inserted above, and never deleted
                at = await self._moment(session)
                kept = self._good(session, row, at)
                if kept is not None and kept != stale:
                    FETCHES.labels("shared").inc()
                    return kept
                if free := row.leased_until is None or row.leased_until <= at:
                    await self._write(session, fetched_by=self._me, leased_until=at + LEASE)
            if free:
                return await self._lead(fetch)
            await self._sleep(LOOK_AGAIN)

    async def _lead(self, fetch: Callable[[], Awaitable[Fresh]]) -> str:
        try:
            fresh = await fetch()
        except BaseException:
            FETCHES.labels("failed").inc()
            await asyncio.shield(self._release())
            raise
        FETCHES.labels("fetched").inc()
        # WeCom repeats the same token until near its end, so a fixed margin could renew for ever.
        life = fresh.expires_in_s - min(MARGIN, fresh.expires_in_s * 0.1)
        self._known = (fresh.value, self._steady() + life)
        async with self._database.transaction() as session:
            at = await self._moment(session)
            await self._write(
                session,
                mine=True,
                value=cipher_of(session).seal(COLUMN, self._name, fresh.value),
                good_until=at + timedelta(seconds=life),
                leased_until=None,
            )
        return fresh.value

    async def _release(self) -> None:
        async with self._database.transaction() as session:
            await self._write(session, mine=True, leased_until=None)

    async def _row(self, session: AsyncSession, *, lock: bool = False) -> SharedToken | None:
        query = select(SharedToken).where(col(SharedToken.name) == self._name)
        if lock:
            query = query.with_for_update()
        query = query.execution_options(populate_existing=True)
        return (await session.execute(query)).scalar_one_or_none()

    async def _write(self, session: AsyncSession, *, mine: bool = False, **values: object) -> None:
        """``mine``: only while this process leads; a late answer of a former leader is dropped."""
        statement = update(SharedToken).where(col(SharedToken.name) == self._name)
        if mine:
            statement = statement.where(col(SharedToken.fetched_by) == self._me)
        await session.execute(
            statement.values(**values).execution_options(synchronize_session=False)
        )

    async def _moment(self, session: AsyncSession) -> datetime:
        return datetime.fromtimestamp(await self._now(session), UTC)

    def _good(self, session: AsyncSession, row: SharedToken, at: datetime) -> str | None:
        if row.value is None or row.good_until is None or row.good_until <= at:
            return None
        try:
            token = cipher_of(session).open(COLUMN, self._name, row.value)
        except IntegrityBroken:  # sealed under a key that is gone: a new one costs one call
            return None
        self._known = (token, self._steady() + (row.good_until - at).total_seconds())
        return token
