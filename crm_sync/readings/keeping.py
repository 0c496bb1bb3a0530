"""Keeps what a page saw: a count of openings for everybody, a visit for those who agreed."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.persona_policy import PersonaPolicy
from config.reading_policy import ReadingPolicy
from crm_sync.models import BehaviourSignal, PageOpening, Reading
from crm_sync.readings.links import Shared
from crm_sync.readings.rules import (
    depth_kept,
    depth_words,
    interests_of,
    seconds_kept,
    tells_interest,
)
from crm_sync.traces import TraceFact, note
from kit.clock import bank_date
from kit.db import insert_into

REF: Final = "article:"
AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """What of an article a visit remembers; ``column`` is its topic in words."""

    title: str
    personas: frozenset[str]
    column: str


async def count_opening(
    session: AsyncSession, shared: Shared, at: datetime, *, forwarded: bool
) -> None:
    """One more opening of this article today; nothing about whoever opened it."""
    key = ["article_code", "version", "unit_id", "on", "forwarded"]
    statement = insert_into(session, PageOpening).values(
        article_code=shared.code,
        version=shared.version,
        unit_id=shared.unit_id,
        on=bank_date(at),
        forwarded=forwarded,
        openings=1,
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=key, set_={"openings": col(PageOpening.openings) + 1}
        )
    )


async def begin(
    session: AsyncSession, shared: Shared, page: Page, at: datetime, policy: ReadingPolicy
) -> str:
    """The number of this visit; a page opened again within the policy's minutes is the same one.

    The caller has seen that the customer agreed and that WeChat named them.
    """
    lately = at - timedelta(minutes=policy.same_visit_minutes)
    query = (
        select(col(Reading.visit_no))
        .where(
            col(Reading.customer_id) == shared.customer_id,
            col(Reading.article_code) == shared.code,
            col(Reading.version) == shared.version,
            col(Reading.opened_at) > lately,
        )
        .order_by(col(Reading.opened_at).desc())
        .limit(1)
    )
    before = (await session.execute(query)).scalar_one_or_none()
    if before is not None:
        return str(before)
    row = Reading(
        visit_no=secrets.token_hex(12),
        customer_id=shared.customer_id,
        staff_id=shared.staff_id,
        unit_id=shared.unit_id,
        article_code=shared.code,
        version=shared.version,
        title=page.title[:60],
        interests=interests_of(page.personas, page.column),
        share_no=shared.number,
        opened_at=at,
        seen_at=at,
        keep_until=bank_date(at) + timedelta(days=policy.keep_days),
    )
    session.add(row)
    await session.flush()
    return row.visit_no


async def seen(
    session: AsyncSession,
    visit_no: str,
    *,
    seconds: int,
    depth: int,
    at: datetime,
    policy: ReadingPolicy,
    personas: PersonaPolicy,
) -> bool:
    """What the page's script told of a visit; True where the visit is known.

    A visit that is more than a glance becomes one trace of interest, and no more than one. The
    caller has seen that the consent still holds.
    """
    query = select(Reading).where(col(Reading.visit_no) == visit_no).with_for_update()
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        return False
    row.seconds = seconds_kept(seconds, row.seconds, row.opened_at, at, policy)
    row.depth = depth_kept(depth, row.depth)
    row.seen_at = at
    await session.flush()
    if tells_interest(row.seconds, row.depth, policy):
        traces = [
            TraceFact(
                number=f"reading:{visit_no}:{place}",
                customer_id=row.customer_id,
                interest=interest,
                source="behavior",
                at=row.opened_at,
                ref=f"{REF}{row.article_code}/{row.version}",
                says=f"看了《{row.title}》，{depth_words(row.depth, row.seconds)}",
                consented=True,
            )
            for place, interest in enumerate(row.interests)
            if personas.forbidden_family(interest) is None
        ]
        await note(session, traces, at=at, policy=personas)
    return True


async def passed_on(session: AsyncSession, visit_no: str) -> None:
    """The reader passes the page on; to whom is not asked and not kept."""
    await session.execute(
        update(Reading)
        .where(col(Reading.visit_no) == visit_no)
        .values(forwards=col(Reading.forwards) + 1)
        .execution_options(synchronize_session=False)
    )


async def forget(session: AsyncSession, customer_ids: Iterable[int]) -> int:
    """Delete what was kept of these customers' reading, and the traces made of it."""
    wanted: Sequence[int] = sorted(set(customer_ids))
    gone = 0
    for start in range(0, len(wanted), AT_ONCE):
        ids = wanted[start : start + AT_ONCE]
        deleted = await session.execute(
            delete(Reading)
            .where(col(Reading.customer_id).in_(ids))
            .returning(col(Reading.id))
            .execution_options(synchronize_session=False)
        )
        gone += len(deleted.scalars().all())
        await session.execute(
            delete(BehaviourSignal)
            .where(
                col(BehaviourSignal.customer_id).in_(ids),
                col(BehaviourSignal.signal_no).startswith("reading:"),
            )
            .execution_options(synchronize_session=False)
        )
    return gone


async def tidy(session: AsyncSession, at: datetime) -> int:
    """Delete visits whose time is over; returns how many."""
    deleted = await session.execute(
        delete(Reading)
        .where(col(Reading.keep_until) < bank_date(at))
        .returning(col(Reading.id))
        .execution_options(synchronize_session=False)
    )
    return len(deleted.scalars().all())
