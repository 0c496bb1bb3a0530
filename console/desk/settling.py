"""The desk's cases and the alerts about the same messages are one matter: each follows the other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from archive import settling
from archive.facts import AlertFact, Outcome
from compliance.review import cases, deciding
from compliance.review.facts import Case, CaseState, Source
from config.review_desk_policy import ReviewDeskPolicy
from console.levels import demand
from crm_sync import selection
from crm_sync.repository.staff import staff_by_id
from kit.web.guard import Asking

MESSAGE: Final = "message:"
CENTRE: Final = "role:compliance"
"""To whom an alert goes when its case goes up a level."""


async def names_in(session: AsyncSession, case: Case) -> list[str]:
    """What the persons in the words are called, for the mask of the lesson."""
    found: list[str] = []
    if case.customer_id is not None:
        facts: Mapping[int, Any] = await selection.customer_facts(session, [case.customer_id])
        found += [one.name for one in facts.values() if one.name]
    staff_id = case.author.removeprefix("staff:")
    found += [one.name for one in (await staff_by_id(session, [staff_id])).values()]
    return found


async def alert_first(session: AsyncSession, case: Case, at: datetime) -> None:
    """Lock what ``alert_follows`` will write, before the case itself is locked."""
    if case.source is Source.TALK:
        await settling.hold(session, case.object.removeprefix(MESSAGE), at=at)


async def alert_follows(session: AsyncSession, case: Case, asking: Asking, said: str) -> None:
    """The alert about a case's message is closed with its last case, or goes up with it."""
    if case.source is not Source.TALK:
        return
    msgid, by, at = case.object.removeprefix(MESSAGE), asking.actor, asking.at
    if case.state is CaseState.OPEN:
        await settling.escalated(session, msgid, to=CENTRE, note=said, actor=by, at=at)
        return
    upheld = case.state is CaseState.RETURNED
    await settling.decided(session, msgid, case.rule, upheld=upheld, note=said, actor=by, at=at)


async def cases_follow(
    session: AsyncSession,
    alert: AlertFact,
    *,
    outcome: Outcome,
    note: str,
    asking: Asking,
    policy: ReviewDeskPolicy,
) -> int:
    """What waits at the desk about an alert's messages is decided with it; returns how many.

    无问题 releases, 已整改 and 已上报 uphold the rule. LevelNeeded where a case waits for a level
    that the asking person does not decide at; SecondPersonNeeded for one's own words.

    Alerts and their chain are locked before cases and theirs (``alert_first``), the cases
    together and settled unit by unit, in the order in which chains are locked everywhere.
    """
    things = [f"{MESSAGE}{one}" for one in await settling.messages_of(session, alert.key)]
    waiting = await cases.open_about(session, things)
    for case in sorted(waiting, key=lambda one: one.unit_id):
        await demand(session, asking, policy.level[min(case.level, len(policy.level)) - 1])
        await deciding.settle(
            session,
            case.id,
            release=outcome == "clear",
            reason=f"预警办结：{note}",
            by=asking.actor,
            at=asking.at,
            policy=policy,
            names=await names_in(session, case),
        )
    return len(waiting)
