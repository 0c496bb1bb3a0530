"""The demo's segments: packages installed, own ones with versions, a draft that waits."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue
from config.conditions import Condition, parse
from crm_sync.segments import service
from wiring.parts import Parts

BY: Final = "staff:000101"
DAY: Final = timedelta(days=1)
BIG: Final[Mapping[str, Any]] = {"dim": "aum", "op": "ge", "value": 5_000_000}
DUE: Final[Mapping[str, Any]] = {
    "dim": "holding", "op": "has", "where": {"kind": ["deposit", "wealth"], "due_within": 30},
}  # fmt: skip
RUNS: Final[Mapping[str, Any]] = {
    "dim": "interest", "op": "has", "where": {"interest": ["长跑", "健身"], "confidence_from": 40},
}  # fmt: skip
GRADE: Final[Mapping[str, Any]] = {"dim": "grade", "op": "in", "value": ["A", "B"]}
CALM: Final[Mapping[str, Any]] = {"dim": "expertise", "op": "in", "value": ["novice", "some"]}
PAID: Final[Mapping[str, Any]] = {"dim": "payroll_year", "op": "ge", "value": 6_000_000}
OWN: Final[tuple[tuple[str, str, tuple[Mapping[str, Any], ...]], ...]] = (
    ("due-soon", "到期三十天内", (DUE, {"all": [DUE, BIG]}, {"all": [DUE, BIG, GRADE]})),
    (
        "runners",
        "跑步与健身",
        (RUNS, {"all": [RUNS, {"dim": "friend", "op": "is", "value": True}]}),
    ),
    ("payroll-steady", "代发高、还不熟投资", ({"all": [PAID, CALM]},)),
)
"""Code, title and versions, the oldest first."""
DRAFT: Final[Mapping[str, Any]] = {
    "all": [{"dim": "lead", "op": "known"}, {"dim": "activity", "op": "in", "value": ["wavering"]}]
}


async def segments_day(parts: Parts, at: datetime, tell: Callable[[str, int], None]) -> None:
    """What a product manager saved over the last weeks."""
    ready = parts.shelf.of(policy_catalogue.SEGMENTS)
    made = 0
    async with parts.databases.bank.transaction() as session:
        for back, pack in enumerate(ready.pack[:3]):
            when = at - (12 - back) * DAY
            await _save(session, parts, pack.code, pack.title, pack.conditions, when, pack.code)
            await _begin(session, pack.code, when)
            made += 1
        for code, title, versions in OWN:
            for number, said in enumerate(versions):
                when = at - (8 - 2 * number) * DAY
                await _save(session, parts, code, title, parse(said), when)
                if number == 0:
                    await _begin(session, code, when)
            made += 1
        await _save(session, parts, "wavering-leads", "有线索、在犹豫", parse(DRAFT), at - DAY)
    tell("客群圈选", made + 1)


async def _save(
    session: AsyncSession,
    parts: Parts,
    code: str,
    title: str,
    condition: Condition,
    at: datetime,
    pack: str = "",
) -> None:
    await service.save(
        session, code, title, condition, policy=parts.personas, by=BY, at=at,
        reason="四季度经营安排", pack=pack,
    )  # fmt: skip


async def _begin(session: AsyncSession, code: str, at: datetime) -> None:
    await service.put_in_force(session, code, by=BY, at=at, reason="四季度经营安排")
