"""A customer complains: a case, nothing sold to them from now on, and somebody who must act.

One transaction, as with an opt-out: what waits for them in any queue and would sell them
something is withdrawn before the page answers.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import complaint_files, complaints
from compliance.complaint_files import FiledCase
from compliance.complaints import Case, Complainant
from compliance.facts import Purpose
from config.complaint_policy import ComplaintPolicy
from delivery import departing, opting_out
from delivery.worklist import Work, close_open, open_work
from kit.clock import bank_date

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


async def land(
    session: AsyncSession,
    cases: Sequence[FiledCase],
    *,
    policy: ComplaintPolicy,
    at: datetime,
    actor: str,
) -> int:
    """Cases of the bank's complaint system: freeze, empty the queues, tell the units, in bulk.

    What the system closed is closed here, too. Takes turns with what is handed out to these
    customers. Returns how many cases are new or moved on.
    """
    await departing.all_in_turn(session, [one.customer_id for one in cases])
    done = await complaint_files.land(session, cases, policy=policy, at=at, actor=actor)
    await opting_out.withdraw(
        session,
        sorted({one.customer_id for one in done.frozen}),
        purposes=(Purpose.MARKETING.value,),
        actor=actor,
        at=at,
        said="投诉",
    )
    await open_work(session, [_work(one, policy) for one in done.frozen], at=at)
    await close_open(
        session,
        [work_key(one.complaint_no) for one in done.closed],
        by=actor,
        resolution=f"{complaint_files.SOURCE}已结案",
        at=at,
    )
    return done.fresh


def _work(one: FiledCase, policy: ComplaintPolicy) -> Work:
    due = one.due_on or bank_date(one.opened_at) + timedelta(days=policy.answer_days)
    return Work(
        key=work_key(one.complaint_no),
        kind=KIND,
        title=f"客户投诉：{policy.title(one.about)}",
        why=f"{due:%Y-%m-%d} 前答复客户；结案前不会对这位客户营销（{complaint_files.SOURCE}）",
        unit_id=one.unit_id,
        customer_id=one.customer_id,
        facts={"complaint": one.complaint_no},
    )


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
