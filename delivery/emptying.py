"""What waits of a campaign is withdrawn, what WeCom has of it is cancelled and listed.

``sweep`` empties a stopped campaign a few thousand customers a transaction; ``withdraw`` also
serves a change of words, which takes back what has not left.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, exists, func, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library.facts import PURPOSES
from delivery.models import Broadcast, BroadcastRecipient, CampaignHalt, Todo
from delivery.queues import HANDED_OVER, QUEUES, WAITING, Wish, Withdrawn
from delivery.repository.todos import LIVE
from delivery.worklist import Work, open_work
from kit import ledger, log
from kit.db import Database
from kit.together import together
from wecom import broadcasts
from wecom.client import Caller
from wecom.errors import AlreadyDone, Refused, WecomError

AT_ONCE: Final = 4_000
LISTED: Final = ("created", "awaiting_admin")
SIDE_BY_SIDE: Final = 20
"""Calls under way at once while a stopped campaign's tasks are cancelled."""
SETTLED_AFTER: Final = timedelta(minutes=10)
"""A batch that began before the stop may commit after the first sweep; none takes that long."""
BY: Final = "system:campaigns"

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class HandedTask:
    """A broadcast task that WeCom had when its campaign was stopped."""

    broadcast_id: int
    staff_id: str
    unit_id: str
    customers: int
    state: str
    stopped_at: datetime | None
    cause: str


async def withdraw(
    session: AsyncSession,
    campaign: str,
    *,
    at: datetime,
    versions: Sequence[int] | None = None,
    most: int = AT_ONCE,
) -> list[Withdrawn]:
    """Take what waits for up to ``most`` customers out of every queue; empty once nothing waits."""
    wanted = None if versions is None else tuple(versions)
    waiting = union(_todos(campaign, wanted), _recipients(campaign, wanted)).subquery("waiting")
    ids = (await session.execute(select(waiting.c.customer_id).limit(most))).scalars().all()
    if not ids:
        return []
    wish = Wish(tuple(ids), PURPOSES, wanted, campaign)
    found: list[Withdrawn] = []
    for queue in QUEUES:
        found += await queue.withdraw(session, wish, at)
    return found


def _todos(campaign: str, versions: tuple[int, ...] | None) -> Select[Any]:
    query = select(col(Todo.customer_id)).where(
        col(Todo.campaign) == campaign, col(Todo.state).in_(LIVE)
    )
    return query if versions is None else query.where(col(Todo.script_version_id).in_(versions))


def _recipients(campaign: str, versions: tuple[int, ...] | None) -> Select[Any]:
    query = (
        select(col(BroadcastRecipient.customer_id))
        .join(Broadcast, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id))
        .where(
            col(Broadcast.campaign) == campaign,
            col(Broadcast.state).in_(WAITING),
            col(Broadcast.departed_at).is_(None),
            col(BroadcastRecipient.state) == "planned",
        )
    )
    if versions is not None:
        query = query.where(col(Broadcast.script_version_id).in_(versions))
    return query


async def sweep(
    database: Database, wecom: Caller, clock: Callable[[], datetime]
) -> Mapping[str, int]:
    """Cancel the tasks of every stopped campaign at WeCom and empty its queues; counts.

    What WeCom has goes first: nothing but a call takes that back, and what waits here is held by
    the halt already.
    """
    done: Counter[str] = Counter()
    async with database.reading() as session:
        query = select(col(CampaignHalt.campaign)).where(col(CampaignHalt.swept_at).is_(None))
        open_halts = list((await session.execute(query)).scalars())
    for campaign in open_halts:
        done["cancelled"] += await _cancel_tasks(database, wecom, campaign, clock)
        done["withdrawn"] += await _empty(database, campaign, clock())
        async with database.transaction() as session:
            if not await _anything_left(session, campaign):
                await session.execute(
                    update(CampaignHalt)
                    .where(
                        col(CampaignHalt.campaign) == campaign,
                        col(CampaignHalt.at) <= clock() - SETTLED_AFTER,
                    )
                    .values(swept_at=clock())
                    .execution_options(synchronize_session=False)
                )
    return done


async def _empty(database: Database, campaign: str, at: datetime) -> int:
    total = 0
    while True:
        async with database.transaction() as session:
            gone = await withdraw(session, campaign, at=at)
            if not gone:
                return total
            total += len(gone)
            counts = Counter(one.unit_id for one in gone)
            await ledger.append(
                session,
                [
                    ledger.Entry(
                        kind="send",
                        act="campaign.withdrawn",
                        actor=BY,
                        object=f"campaign:{campaign}",
                        unit=unit,
                        payload={"withdrawn": many},
                    )
                    for unit, many in sorted(counts.items())
                ],
                at=at,
            )


def _at_wecom(campaign: str) -> tuple[Any, ...]:
    return (
        col(Broadcast.campaign) == campaign,
        col(Broadcast.confirmed_at).is_(None),
        col(Broadcast.stopped_at).is_(None),
    )


async def _cancel_tasks(
    database: Database, wecom: Caller, campaign: str, clock: Callable[[], datetime]
) -> int:
    """Cancel what WeCom has and its member has not sent; what WeCom refuses goes to a person.

    So many calls side by side, each such round written down in one transaction.
    """
    cancelled, after = 0, 0
    while True:
        async with database.reading() as session:
            query = select(
                col(Broadcast.id), col(Broadcast.msgid), col(Broadcast.staff_id),
                col(Broadcast.unit_id),
            ).where(
                *_at_wecom(campaign), col(Broadcast.state).in_(LISTED),
                col(Broadcast.msgid) != "", col(Broadcast.id) > after,
            )  # fmt: skip
            query = query.order_by(col(Broadcast.id)).limit(SIDE_BY_SIDE)
            tasks = (await session.execute(query)).all()
        if not tasks:
            return cancelled
        after = tasks[-1].id
        causes = await together(_cancel(wecom, one.id, one.msgid) for one in tasks)
        told = [(one, cause) for one, cause in zip(tasks, causes, strict=True) if cause is not None]
        async with database.transaction() as session:
            await _cancelled(session, campaign, told, clock())
        cancelled += sum(not cause for _, cause in told)


async def _cancel(wecom: Caller, number: int, msgid: str) -> str | None:
    """Empty: cancelled, now or before. None: nobody answered, so it is asked again next time."""
    try:
        await broadcasts.cancel(wecom, msgid)
    except AlreadyDone:
        return ""
    except Refused as error:
        return f"企业微信不肯取消（{error.errcode}）"
    except WecomError as error:
        _log.warning("campaigns.cancel_failed", broadcast=number, cause=type(error).__name__)
        return None
    return ""


async def _cancelled(
    session: AsyncSession, campaign: str, told: Sequence[tuple[Any, str]], at: datetime
) -> None:
    if not told:
        return
    for cause in {cause for _, cause in told}:
        next_poll: Any = col(Broadcast.next_poll_at) if cause else at
        await session.execute(
            update(Broadcast)
            .where(col(Broadcast.id).in_([one.id for one, why in told if why == cause]))
            .values(
                stopped_at=at, cause=cause or "活动停止，已在企业微信取消", next_poll_at=next_poll
            )
            .execution_options(synchronize_session=False)
        )
    stay = [_stays(one.id, one.staff_id, one.unit_id, cause) for one, cause in told if cause]
    await open_work(session, stay, at=at)
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="campaign.task_stays" if cause else "campaign.task_cancelled",
                actor=BY,
                object=f"broadcast:{one.id}",
                unit=one.unit_id,
                reason=cause,
                payload={"campaign": campaign, "staff": one.staff_id},
            )
            for one, cause in told
        ],
        at=at,
    )


def _stays(number: int, staff_id: str, unit_id: str, cause: str) -> Work:
    return Work(
        key=f"campaign_task_stays:{number}",
        kind="campaign_task_stays",
        title="活动已停止，群发任务没能在企业微信取消",
        why=f"{cause}。请不要在企业微信确认这条群发，并在“群发助手”里停止它",
        unit_id=unit_id,
        staff_id=staff_id,
        facts={"broadcast": number},
    )


async def _anything_left(session: AsyncSession, campaign: str) -> bool:
    planned = exists().where(
        col(BroadcastRecipient.broadcast_id) == col(Broadcast.id),
        col(BroadcastRecipient.state) == "planned",
    )
    query = select(col(Broadcast.id)).where(
        *_at_wecom(campaign),
        or_(
            col(Broadcast.state).in_(HANDED_OVER), and_(col(Broadcast.state).in_(WAITING), planned)
        ),
    )
    if (await session.execute(query.limit(1))).first() is not None:
        return True
    return (await session.execute(_todos(campaign, None).limit(1))).first() is not None


async def handed_tasks(
    session: AsyncSession, campaign: str, units: frozenset[str] | None
) -> list[HandedTask]:
    """The tasks WeCom had, or was being handed, when the campaign was stopped.

    With what became of each; none where it was not stopped.
    """
    number = func.count(col(BroadcastRecipient.external_userid))
    stopped = exists().where(col(CampaignHalt.campaign) == col(Broadcast.campaign))
    there = and_(
        col(Broadcast.confirmed_at).is_(None),
        or_(
            col(Broadcast.state).in_(HANDED_OVER),
            and_(col(Broadcast.state).in_(WAITING), col(Broadcast.departed_at).is_not(None)),
        ),
    )
    query = (
        select(Broadcast, number)
        .join(BroadcastRecipient, col(BroadcastRecipient.broadcast_id) == col(Broadcast.id))
        .where(
            col(Broadcast.campaign) == campaign,
            stopped,
            or_(col(Broadcast.stopped_at).is_not(None), there),
        )
        .group_by(*Broadcast.__table__.columns)  # type: ignore[attr-defined]
        .order_by(col(Broadcast.id))
    )
    if units is not None:
        query = query.where(col(Broadcast.unit_id).in_(sorted(units)))
    return [
        HandedTask(
            row.id, row.staff_id, row.unit_id, int(many), row.state, row.stopped_at,
            row.cause if row.stopped_at else "正在请企业微信取消",
        )
        for row, many in await session.execute(query)
    ]  # fmt: skip
