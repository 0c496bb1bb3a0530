"""Somebody left: their handover is drafted and a person is told, once, whoever noticed first."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync import handing_over
from crm_sync.handing_over import Giver
from delivery.worklist import Work, open_work
from portfolio.handover import planning
from portfolio.handover.facts import ON_JOB, RESIGNED

TITLE: Final = "员工已离开企业微信，客户需要移交"


async def drafted(
    session: AsyncSession,
    giver: Giver,
    *,
    origin: str,
    at: datetime,
    chat_ids: Sequence[str] = (),
    kind: str = RESIGNED,
) -> int | None:
    """The handover of a leaver, begun with a line for everything they hold; None: nothing held.

    A work item says that successors are to be named. One that is open already is left alone.
    """
    customers, contacts = await handing_over.held(session, giver)
    if not (customers or contacts or chat_ids):
        return None
    run_id, new = await planning.draft(
        session,
        staff_id=giver.staff_id,
        userid=giver.userid,
        unit_id=giver.unit_id,
        kind=kind,
        origin=origin,
        by="system:handover",
        reason="员工已离开，名下客户要指定接手人",
        at=at,
    )
    if not new:
        return run_id
    await planning.plan(session, run_id, takers=(), chat_ids=chat_ids, by="system:handover", at=at)
    work = Work(
        key=f"leaver:{giver.staff_id}",
        kind="staff_left",
        title=TITLE,
        why=f"名下 {customers} 位客户、{contacts} 位企业微信好友，要尽快指定接手人",
        unit_id=giver.unit_id,
        staff_id=giver.staff_id,
        facts={"run_id": run_id},
    )
    await open_work(session, [work], at=at)
    return run_id


async def found_by_sync(
    session: AsyncSession, left: Collection[str], following: Collection[str], *, at: datetime
) -> list[int]:
    """Draft a handover for each of the userids that ``left``, and for staff who left by our file.

    A leaver whom the bank's file never had is drafted under the WeCom userid, for head office.
    One who is still ``following`` customers in WeCom hands over as on the job.
    """
    found: list[int] = []
    known: set[str] = set()
    for userid in sorted(left):
        giver = await handing_over.giver_of(session, userid=userid)
        giver = giver or Giver(userid, userid, "hq", False)
        known.add(giver.staff_id)
        run_id = await drafted(session, giver, origin="sync", at=at)
        found += [run_id] if run_id is not None else []
    present = {userid.lower() for userid in following}
    for giver in await handing_over.gone_with_customers(session):
        if giver.staff_id not in known:
            kind = ON_JOB if giver.userid in present else RESIGNED
            run_id = await drafted(session, giver, origin="sync", at=at, kind=kind)
            found += [run_id] if run_id is not None else []
    return found
