"""误拦率: how often people release what a rule stopped, by rule and rulebook, over a window."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.models import ScreeningCase
from compliance.review.facts import CaseState, Rate

COUNTED = (CaseState.RELEASED, CaseState.RETURNED, CaseState.OPEN)


async def rates(
    session: AsyncSession,
    since: datetime,
    *,
    severity: str = "",
    rulebook: str = "",
    not_before: Mapping[str, datetime] | None = None,
) -> list[Rate]:
    """Every rule with decisions since ``since`` or cases that wait, the most decided first.

    ``severity`` and ``rulebook`` narrow; ``not_before`` counts a rule after a later moment alone
    (because what was decided before a rule was raised again must not lower it once more).
    """
    state, decided = col(ScreeningCase.state), col(ScreeningCase.decided_at)
    when = or_(state == CaseState.OPEN, decided >= since)
    conditions = [state.in_(COUNTED), when]
    if severity:
        conditions.append(col(ScreeningCase.severity) == severity)
    if rulebook:
        conditions.append(col(ScreeningCase.rulebook) == rulebook)
    for rule, moment in (not_before or {}).items():
        conditions.append(or_(col(ScreeningCase.rule) != rule, decided > moment))

    def number(of: CaseState) -> Any:
        return func.sum(case((state == of, 1), else_=0))

    query = (
        select(
            col(ScreeningCase.rule),
            col(ScreeningCase.rulebook),
            number(CaseState.RELEASED),
            number(CaseState.RETURNED),
            number(CaseState.OPEN),
        )
        .where(*conditions)
        .group_by(col(ScreeningCase.rule), col(ScreeningCase.rulebook))
    )
    found = [
        Rate(rule, version, int(released), int(returned), int(waiting))
        for rule, version, released, returned, waiting in await session.execute(query)
    ]
    return sorted(found, key=lambda one: (-one.decided, -one.open, one.rule, one.rulebook))
