"""A customer complains: a case, nothing sold to them from now on, and somebody who must act.

One transaction, as with an opt-out: what waits for them in any queue and would sell them
something is withdrawn before the page answers.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import complaints
from compliance.complaints import Case, Complainant
from compliance.facts import Purpose
from config.complaint_policy import ComplaintPolicy
from delivery import departing, opting_out
from delivery.worklist import Work, close_open, open_work

KIND: Final = "complaint_case"


def work_key(complaint_no: str) -> str:
    """The key of the work item about a case."""
    return f"complaint:{complaint_no}"


async def complain(
    session: AsyncSession,
    who: Complainant,
    *,
    about: str,
    words: str,
    source: str,
    at: datetime,
    policy: ComplaintPolicy,
) -> Case:
    """Open the case, withdraw what would be sold, tell the unit; effective on commit.

    The same words again give the case that is there. Raises what ``complaints.open_case`` does.
    """
    if who.customer_id is not None:
        await departing.in_turn(session, who.customer_id)
    case = await complaints.open_case(
        session, who, about=about, words=words, source=source, at=at, policy=policy
    )
    if not case.new:
        return case
    if who.customer_id is not None:
        await opting_out.withdraw(
            session,
            [who.customer_id],
            purposes=(Purpose.MARKETING.value,),
            actor=who.actor,
            at=at,
            said="投诉",
        )
    await open_work(
        session,
        [
            Work(
                key=work_key(case.complaint_no),
                kind=KIND,
                title=f"客户投诉：{policy.title(about)}",
                why=f"{case.due_on:%Y-%m-%d} 前答复客户；结案前不会对这位客户营销",
                unit_id=who.unit_id,
                customer_id=who.customer_id,
                external_userid=who.external_userid or None,
                facts={"complaint": case.complaint_no},
            )
        ],
        at=at,
    )
    return case


async def close(
    session: AsyncSession,
    complaint_no: str,
    *,
    reason: str,
    by: str,
    at: datetime,
    units: frozenset[str] | None,
) -> Case:
    """Close the case and its work item; from now on marketing may be judged again."""
    case = await complaints.move(
        session, complaint_no, "close", words=reason, by=by, at=at, units=units
    )
    await close_open(
        session, [work_key(complaint_no)], by=by, resolution=f"投诉结案：{reason}"[:400], at=at
    )
    return case
