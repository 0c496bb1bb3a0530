"""Handovers in this installation: the round of the job, a start by command, leavers after a sync.

Groups are community's and handovers portfolio's; here one is told of the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from community import repository as groups_of
from community.landing import land_group
from config import policy_catalogue
from crm_sync import handing_over
from crm_sync.contacts import land_pairs
from crm_sync.handing_over import Giver
from crm_sync.repository.staff import unit_of_userids
from crm_sync.sync.full import SyncReport
from crm_sync.sync.leavers import adopt_unassigned, has_left
from kit import log
from portfolio.handover import jobs, leavers, planning, store
from portfolio.handover.errors import GiverUnknown
from portfolio.handover.facts import CONTACT, GROUP, ON_JOB, RESIGNED, TAKEN, RunFact
from wecom import contacts, groups
from wecom.errors import RelationGone, WecomError
from wiring.parts import Parts

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """A handover that was planned; ``unassigned``: contacts WeCom lists as without anybody."""

    run: RunFact
    unassigned: int


async def start(
    parts: Parts, staff_id: str, takers: Sequence[str], *, by: str, reason: str, kind: str = ""
) -> Started:
    """Plan the handover of a member of staff; nothing happens before a second person approves.

    ``kind``: on_job or resigned; by itself, what WeCom's directory says. Raises GiverUnknown and
    what ``planning.plan`` raises; errors of WeCom pass through.
    """
    at = parts.clock()
    database = parts.databases.bank
    async with database.reading() as session:
        giver = await handing_over.giver_of(session, staff_id=staff_id)
        giver = giver or await handing_over.giver_of(session, userid=staff_id)
    waiting: Mapping[str, int] = {}
    if giver is None or kind != ON_JOB:
        waiting = await adopt_unassigned(database, parts.wecom, at)
    if giver is None:
        if staff_id.lower() not in waiting:
            raise GiverUnknown(
                "没有这位员工", saw=staff_id[:64], where="角色与机构", do="写工号或企业微信账号"
            )
        giver = Giver(staff_id.lower(), staff_id.lower(), "hq", False)
    if not kind:
        gone = not giver.userid or await has_left(parts.wecom, giver.userid)
        kind = RESIGNED if gone or giver.userid in waiting else ON_JOB
    async with database.transaction() as session:
        chats = await groups_of.owned_by(session, giver.userid) if giver.userid else []
        run_id, _ = await planning.draft(
            session,
            staff_id=giver.staff_id,
            userid=giver.userid,
            unit_id=giver.unit_id,
            kind=kind,
            origin="person",
            by=by,
            reason=reason,
            at=at,
        )
        run = await planning.plan(session, run_id, takers=takers, chat_ids=chats, by=by, at=at)
    return Started(run, waiting.get(giver.userid, 0))


async def carry_on(
    parts: Parts, *, run_id: int | None = None, everything: bool = False
) -> Mapping[str, Any]:
    """One round over the handovers under way; then what changed hands is read from WeCom."""
    began = parts.clock()
    counts = await jobs.round_of(
        parts.databases.bank,
        parts.wecom,
        parts.clock,
        parts.shelf.of(policy_catalogue.HANDOVER),
        run_id=run_id,
        everything=everything,
    )
    if counts.get(TAKEN):
        await _refresh(parts, began)
    return counts


async def _refresh(parts: Parts, since: datetime) -> None:
    """Read what was taken since: remarks and tags of the takers, and the new owners of groups.

    Our own calls bring no event back. What cannot be read now comes with the night's reconcile.
    """
    database = parts.databases.bank
    async with database.reading() as session:
        taken = await store.taken_since(session, since)
    by_taker: dict[str, set[str]] = {}
    for kind, item, userid in taken:
        if kind == CONTACT:
            by_taker.setdefault(userid, set()).add(item)
    try:
        for userid, items in by_taker.items():
            async for page in contacts.of_members(parts.wecom, [userid]):
                found = [one for one in page.items if one.contact.external_userid in items]
                if found:
                    async with database.transaction() as session:
                        await land_pairs(session, found, parts.clock(), actor="system:handover")
        for chat_id in (item for kind, item, _ in taken if kind == GROUP):
            await _land_group(parts, chat_id)
    except WecomError as error:
        _log.warning("handover.refresh_failed", errcode=error.errcode)


async def _land_group(parts: Parts, chat_id: str) -> None:
    try:
        detail = await groups.get(parts.wecom, chat_id)
    except RelationGone:
        return
    async with parts.databases.bank.transaction() as session:
        owner = detail.owner.lower()
        units = await unit_of_userids(session, [owner])
        await land_group(session, detail, parts.clock(), unit_id=units.get(owner))


async def leavers_after(parts: Parts, report: SyncReport, at: datetime) -> int:
    """Draft the handovers that a sync found to be needed; how many are open for leavers."""
    following = report.members.following if report.members else ()
    async with parts.databases.bank.transaction() as session:
        found = await leavers.found_by_sync(session, report.waiting, following, at=at)
    return len(found)
