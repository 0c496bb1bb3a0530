"""Behind the door: who passed is put on the moment's list and wants its tag; then calls are cut.

``gather`` is called by the door with what it judged and counted. ``close`` cuts the list into
calls of WeCom's size and queues one outbox row each.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.moment_policy import MomentPolicy
from crm_sync import shown_tags
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.staff import staff_by_userids
from delivery import quota
from delivery.facts import MOMENT, priority_of
from delivery.group_posts import slot_number
from delivery.judging import Judged
from delivery.models import MomentPart, MomentReader, MomentSender, MomentTask
from delivery.moments.facts import MomentFact, ReaderState
from delivery.moments.rules import split
from delivery.quota import Cap, Want, window_start
from delivery.repository import outbox
from delivery.repository.outbox import Call
from kit.clock import bank_date, bank_moment
from kit.db import insert_into, insert_new
from kit.ids import new_id


async def gather(session: AsyncSession, judged: Sequence[Judged], *, at: datetime) -> None:
    """Put each customer on the list of its moment; the tag is to stand on their pair from now on."""
    by_task: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for one in judged:
        assert one.intent.reach is not None  # noqa: S101 — the door lets nobody else pass
        assert one.script is not None  # noqa: S101
        task_id = int(one.intent.detail["moment"])
        by_task[task_id].append(
            {
                "task_id": task_id,
                "customer_id": one.intent.customer.customer_id,
                "external_userid": one.intent.reach.external_userid,
                "userid": one.intent.reach.userid,
                "staff_id": one.intent.reach.staff_id,
                "unit_id": one.intent.customer.unit_id,
                "key": one.intent.key,
                "purpose": one.intent.purpose.value,
                "script_version_id": one.script.version_id,
                "part_id": None,
                "state": ReaderState.PLANNED,
                "reasons": "",
                "shown_at": None,
            }
        )
    for task_id, rows in by_task.items():
        await _put(session, rows)
        query = select(col(MomentTask.tag_id)).where(col(MomentTask.id) == task_id)
        tag_id = (await session.execute(query)).scalar_one()
        pairs = {(row["userid"], row["external_userid"]) for row in rows}
        await shown_tags.want(session, tag_id, pairs, at)


async def _put(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """On the list, also where an interrupted run had found something against them."""
    statement = insert_into(session, MomentReader)
    fresh = {name: statement.excluded[name] for name in rows[0] if name not in _KEY}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=list(_KEY),
            set_=fresh,
            where=col(MomentReader.state) == ReaderState.EXCLUDED,
        ),
        list(rows),
    )


_KEY: Final = ("task_id", "customer_id")


def excluded(
    one: MomentFact, customer_id: int, unit_id: str, staff_id: str, reasons: Collection[str]
) -> dict[str, Any]:
    """The row of a customer who is in the audience and not on the list, with every reason."""
    return {
        "task_id": one.task_id,
        "customer_id": customer_id,
        "external_userid": "",
        "userid": "",
        "staff_id": staff_id,
        "unit_id": unit_id,
        "key": f"moment:{one.task_id}:{customer_id}",
        "purpose": one.purpose,
        "script_version_id": one.script_version_id,
        "part_id": None,
        "state": ReaderState.EXCLUDED,
        "reasons": ",".join(reasons)[:200],
        "shown_at": None,
    }


async def close(
    session: AsyncSession, one: MomentFact, *, at: datetime, policy: MomentPolicy
) -> int:
    """Cut the list into calls and queue them, spread over the minutes; returns how many."""
    counts = await _per_member(session, one.task_id)
    await _refuse_members(session, one, counts, policy.member.day, at)
    await _cut_lists(session, one, counts, policy.call.customers, at)
    calls = split(
        [(userid, min(number, policy.call.customers)) for userid, number in sorted(counts.items())],
        customers=policy.call.customers,
        members=policy.call.members,
    )
    room = max(policy.call.month - await _calls_this_month(session, one.starts_at), 0)
    for userids in calls[room:]:
        await _exclude(session, one, userids, "calls_full", at)
    staff = await staff_by_userids(session, counts)
    for number, userids in enumerate(calls[:room], 1):
        await _queue(session, one, number, userids, staff, at=at, minute=policy.call.minute)
    return len(calls[:room])


async def _per_member(session: AsyncSession, task_id: int) -> Counter[str]:
    query = (
        select(col(MomentReader.userid), func.count())
        .where(col(MomentReader.task_id) == task_id, *_ON_LIST)
        .group_by(col(MomentReader.userid))
    )
    return Counter({userid: number for userid, number in await session.execute(query)})  # noqa: C416


_ON_LIST: Final = (
    col(MomentReader.state) == ReaderState.PLANNED,
    col(MomentReader.part_id).is_(None),
)


async def _refuse_members(
    session: AsyncSession, one: MomentFact, counts: Counter[str], most: int, at: datetime
) -> None:
    """A member publishes so many moments a day: a slot each, as customers have them."""
    day = bank_date(one.starts_at)
    wants = [
        Want(
            member_key(one.task_id, userid),
            slot_number(f"member:{userid}"),
            (Cap("moment", "day", day, most),),
        )
        for userid in sorted(counts)
    ]
    refused = await quota.reserve(session, wants)
    full = [userid for userid in counts if member_key(one.task_id, userid) in refused]
    await _exclude(session, one, full, "member_full", at)
    for userid in full:
        del counts[userid]


def member_key(task_id: int, userid: str) -> str:
    """The key under which a member holds their slot of a moment."""
    return f"moment:{task_id}:by:{userid}"


async def _cut_lists(
    session: AsyncSession, one: MomentFact, counts: Counter[str], most: int, at: datetime
) -> None:
    """Beyond what one call can show, a member's last customers are left out."""
    for userid in [userid for userid, number in counts.items() if number > most]:
        query = (
            select(col(MomentReader.customer_id))
            .where(
                col(MomentReader.task_id) == one.task_id,
                col(MomentReader.userid) == userid,
                *_ON_LIST,
            )
            .order_by(col(MomentReader.customer_id))
            .offset(most)
        )
        beyond = list((await session.execute(query)).scalars())
        await take_off(session, one, beyond, "too_many", ReaderState.EXCLUDED, at)


async def _exclude(
    session: AsyncSession, one: MomentFact, userids: Collection[str], why: str, at: datetime
) -> None:
    if not userids:
        return
    query = select(col(MomentReader.customer_id)).where(
        col(MomentReader.task_id) == one.task_id,
        among(session, col(MomentReader.userid), userids),
        *_ON_LIST,
    )
    ids = list((await session.execute(query)).scalars())
    await take_off(session, one, ids, why, ReaderState.EXCLUDED, at)


async def take_off(
    session: AsyncSession,
    one: MomentFact,
    customer_ids: Collection[int],
    why: str,
    state: ReaderState,
    at: datetime,
) -> int:
    """Take customers off the list: the tag goes, their slots are free again; returns how many."""
    if not customer_ids:
        return 0
    taken = await session.execute(
        update(MomentReader)
        .where(
            col(MomentReader.task_id) == one.task_id,
            among(session, col(MomentReader.customer_id), customer_ids),
            col(MomentReader.state) == ReaderState.PLANNED,
        )
        .values(state=state, reasons=why[:200])
        .returning(
            col(MomentReader.userid), col(MomentReader.external_userid), col(MomentReader.key)
        ),
        execution_options=UNTRACKED,
    )
    rows = taken.all()
    await quota.give_back(session, [row.key for row in rows])
    pairs = {(row.userid, row.external_userid) for row in rows}
    if one.tag_id:
        await shown_tags.unwant(session, one.tag_id, pairs, at)
    return len(rows)


async def _calls_this_month(session: AsyncSession, at: datetime) -> int:
    first = window_start("month", bank_date(at))
    following = window_start("month", first + timedelta(days=32))
    query = select(func.count()).where(
        col(MomentPart.due_at) >= bank_moment(first),
        col(MomentPart.due_at) < bank_moment(following),
        col(MomentPart.state).not_in(["cancelled", "failed"]),
    )
    return int((await session.execute(query)).scalar_one())


async def _queue(
    session: AsyncSession,
    one: MomentFact,
    number: int,
    userids: Sequence[str],
    staff: Mapping[str, Any],
    *,
    at: datetime,
    minute: int,
) -> None:
    part_id = new_id()
    due_at = max(at, one.starts_at) + timedelta(minutes=(number - 1) // minute)
    await session.execute(
        update(MomentReader)
        .where(
            col(MomentReader.task_id) == one.task_id,
            among(session, col(MomentReader.userid), userids),
            *_ON_LIST,
        )
        .values(part_id=part_id),
        execution_options=UNTRACKED,
    )
    [call_id] = await outbox.put(
        session,
        [
            Call(
                key=f"moment:{part_id}",
                kind=MOMENT,
                payload={
                    "part_id": str(part_id),
                    "task_id": one.task_id,
                    "text": one.text,
                    "materials": list(one.materials),
                },
                due_at=due_at,
                expires_at=one.ends_at,
                unit_id=one.unit_id,
                priority=priority_of(one.purpose),
            )
        ],
        at,
    )
    part = {
        "id": part_id, "task_id": one.task_id, "number": number, "unit_id": one.unit_id,
        "state": "queued", "outbox_id": call_id, "jobid": "", "moment_id": "", "due_at": due_at,
        "ends_at": one.ends_at, "created_at": at, "cause": "",
    }  # fmt: skip
    await insert_new(session, MomentPart, [part], key=["id"])
    senders = [
        {
            "part_id": part_id, "userid": userid, "task_id": one.task_id,
            "staff_id": staff[userid].staff_id if userid in staff else userid,
            "unit_id": staff[userid].unit_id if userid in staff else one.unit_id,
            "state": "waiting",
        }
        for userid in userids
    ]  # fmt: skip
    await insert_new(session, MomentSender, senders, key=["part_id", "userid"])
