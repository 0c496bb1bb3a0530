"""Lessons out of decisions: masked, stored in the bank, exported to the rulebook by a command.

They are not learned at run time, because the table that the product ships must come from files
that anybody can read: export, add to ``rulebook/lessons.jsonl``, run the learning, run the tests.
"""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.models import ScreeningLesson
from compliance.review.facts import Case, CaseState
from compliance.review.rules import around, masked
from kit.db import cipher_of, upsert

PAGE = 500


async def learn(
    session: AsyncSession, case: Case, *, most: int, names: Collection[str] = ()
) -> None:
    """Keep a decided case as a lesson: what was released passes, what was returned does not."""
    assert case.decided_at is not None  # noqa: S101 — only decisions teach
    bad = case.state is CaseState.RETURNED
    said = masked(around(case.text, case.spans, most), names)
    row = {
        "case_id": case.id,
        "rule": case.rule,
        "family": case.family if bad else None,
        "speaker": case.speaker,
        "product": case.product,
        "verdict": case.severity if bad else "pass",
        "said": cipher_of(session).seal("screening_lesson.said", str(case.id), said),
        "made_by": case.decided_by,
        "made_at": case.decided_at,
    }
    await upsert(
        session,
        ScreeningLesson,
        [row],
        key=["case_id"],
        update=["family", "verdict", "said", "made_by", "made_at"],
    )


async def count(session: AsyncSession) -> int:
    """How many lessons there are."""
    query = select(func.count()).select_from(ScreeningLesson)
    return int((await session.execute(query)).scalar_one())


async def exported(
    session: AsyncSession, *, since: datetime | None = None
) -> AsyncIterator[dict[str, Any]]:
    """Every lesson as a line of ``rulebook/lessons.jsonl``, oldest case first, page by page."""
    cipher = cipher_of(session)
    after = 0
    while True:
        query = select(ScreeningLesson).where(col(ScreeningLesson.case_id) > after)
        if since is not None:
            query = query.where(col(ScreeningLesson.made_at) >= since)
        rows = (
            (await session.execute(query.order_by(col(ScreeningLesson.case_id)).limit(PAGE)))
            .scalars()
            .all()
        )
        for row in rows:
            yield {
                "text": cipher.open("screening_lesson.said", str(row.case_id), row.said),
                "speaker": row.speaker,
                "product": row.product,
                "verdict": row.verdict,
                "family": row.family,
            }
        if len(rows) < PAGE:
            return
        after = rows[-1].case_id
