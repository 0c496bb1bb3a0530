"""What managers and the desk see: what one customer read, how each article did, who read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer, PageOpening, Reading
from crm_sync.readings.rules import sentence
from kit.clock import bank_date


@dataclass(frozen=True, slots=True)
class ReadFact:
    """What one customer did with one article; ``depth`` the furthest, ``seconds`` together."""

    customer_id: int
    article_code: str
    title: str
    times: int
    last_at: datetime
    depth: int
    seconds: int
    forwards: int

    @property
    def says(self) -> str:
        """The sentence for people."""
        return sentence(self.title, self.times, bank_date(self.last_at), self.depth, self.seconds)


@dataclass(frozen=True, slots=True)
class ArticleCount:
    """How one article did: openings by anybody, readers who agreed, and what was passed on."""

    article_code: str
    own: int
    forwarded: int
    readers: int
    visits: int
    forwards: int


def _grouped(*conditions: Any) -> Any:
    return (
        select(
            col(Reading.customer_id),
            col(Reading.article_code),
            func.max(col(Reading.title)),
            func.count(),
            func.max(col(Reading.opened_at)).label("last_at"),
            func.max(col(Reading.depth)),
            func.sum(col(Reading.seconds)),
            func.sum(col(Reading.forwards)),
        )
        .where(*conditions)
        .group_by(col(Reading.customer_id), col(Reading.article_code))
    )


async def of_customer(session: AsyncSession, customer_id: int, *, limit: int = 5) -> list[ReadFact]:
    """What a customer read, the latest first; empty where they never agreed, or took it back."""
    query = _grouped(col(Reading.customer_id) == customer_id)
    query = query.order_by(func.max(col(Reading.opened_at)).desc()).limit(limit)
    return [_read(row) for row in await session.execute(query)]


async def readers(
    session: AsyncSession,
    article_code: str,
    *,
    units: frozenset[str] | None,
    passed_on: bool = False,
    after: int = 0,
    limit: int = 51,
) -> list[ReadFact]:
    """Who agreed and read an article, by customer; ``passed_on``: only those who passed it on."""
    query = _grouped(
        col(Reading.article_code) == article_code,
        col(Reading.customer_id) > after,
        *_sight(units),
    )
    if passed_on:
        query = query.having(func.sum(col(Reading.forwards)) > 0)
    query = query.order_by(col(Reading.customer_id)).limit(limit)
    return [_read(row) for row in await session.execute(query)]


async def by_article(
    session: AsyncSession, *, units: frozenset[str] | None
) -> dict[str, ArticleCount]:
    """How each article did, in two statements: openings of what these units shared, readers of
    their customers."""
    opened = select(
        col(PageOpening.article_code),
        func.sum(case((col(PageOpening.forwarded).is_(False), col(PageOpening.openings)), else_=0)),
        func.sum(case((col(PageOpening.forwarded).is_(True), col(PageOpening.openings)), else_=0)),
    ).group_by(col(PageOpening.article_code))
    if units is not None:
        opened = opened.where(col(PageOpening.unit_id).in_(sorted(units)))
    read = (
        select(
            col(Reading.article_code),
            func.count(func.distinct(col(Reading.customer_id))),
            func.count(),
            func.sum(col(Reading.forwards)),
        )
        .where(*_sight(units))
        .group_by(col(Reading.article_code))
    )
    openings = {
        code: (int(own), int(passed)) for code, own, passed in await session.execute(opened)
    }
    visits = {
        code: (int(people), int(times), int(forwards))
        for code, people, times, forwards in await session.execute(read)
    }
    return {
        code: ArticleCount(code, *openings.get(code, (0, 0)), *visits.get(code, (0, 0, 0)))
        for code in sorted(openings.keys() | visits.keys())
    }


async def openings_by_day(
    session: AsyncSession, article_code: str, *, units: frozenset[str] | None, limit: int = 60
) -> Sequence[tuple[Any, str, bool, int]]:
    """Day, unit, whether passed on, and how often; the newest day first."""
    query = (
        select(
            col(PageOpening.on),
            col(PageOpening.unit_id),
            col(PageOpening.forwarded),
            func.sum(col(PageOpening.openings)),
        )
        .where(col(PageOpening.article_code) == article_code)
        .group_by(col(PageOpening.on), col(PageOpening.unit_id), col(PageOpening.forwarded))
        .order_by(col(PageOpening.on).desc(), col(PageOpening.unit_id), col(PageOpening.forwarded))
        .limit(limit)
    )
    if units is not None:
        query = query.where(col(PageOpening.unit_id).in_(sorted(units)))
    return [
        (on, unit, bool(passed), int(n)) for on, unit, passed, n in await session.execute(query)
    ]


def _sight(units: frozenset[str] | None) -> list[Any]:
    if units is None:
        return []
    theirs = select(col(Customer.id)).where(col(Customer.unit_id).in_(sorted(units)))
    return [col(Reading.customer_id).in_(theirs)]


def _read(row: Any) -> ReadFact:
    customer_id, code, title, times, last_at, depth, seconds, forwards = row
    return ReadFact(
        int(customer_id), code, title, int(times), last_at, int(depth), int(seconds), int(forwards)
    )
