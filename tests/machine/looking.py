"""What the product's own database must show, compared with what WeCom truly holds."""

import hashlib
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.inbox.models import Inbox, InboxState
from crm_sync.models import Contact, Relation
from delivery.models import (
    Broadcast,
    IntentKey,
    Outbox,
    OutboxState,
    Todo,
    WorkItem,
)
from kit.ledger.verify import verify
from tests.machine.bank import Tencent, Wall
from tests.machine.model import RESOLVED_IN, Broken, Model

ROUND: Final = timedelta(minutes=2)
"""A lease of a minute, and the minute until the next look."""
OVERDUE: Final = timedelta(minutes=20)
OPEN: Final = (OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.QUEUED)


async def unresolved(session: AsyncSession, model: Model, wall: Wall) -> None:
    """P12: what nobody knows the end of is known, or before a person, in fifteen minutes.

    And nothing waits for ever: what was not sent in its time has ended.
    """
    at = wall()
    shown = await _shown(session)
    found = await session.execute(select(Outbox).where(col(Outbox.state).in_(OPEN)))
    for row in found.scalars():
        told = any(key.startswith(f"outbox:{row.id}:unknown") for key in shown)
        if row.state is OutboxState.QUEUED:
            if row.expires_at < at - OVERDUE:
                raise Broken(
                    f"P12: {row.kind} waits although its time was over at {row.expires_at}"
                )
        elif (row.claimed_at or at) < at - RESOLVED_IN - ROUND and not told:
            raise Broken(
                f"P12: {row.kind} is {row.state} since {row.claimed_at}, it is {at},"
                " and no person was told"
            )
    known = set((await session.execute(select(col(Broadcast.msgid)))).scalars())
    strange = [
        task
        for msgid, task in model.tasks.items()
        if msgid not in known and task.made_at < at - RESOLVED_IN - ROUND
    ]
    if len(strange) > len(shown):
        raise Broken(f"lost: nobody here knows of WeCom's task {strange[0].text!r}")


async def _shown(session: AsyncSession) -> list[str]:
    query = select(col(WorkItem.key)).where(
        col(WorkItem.kind) == "send_unknown", col(WorkItem.state) == "open"
    )
    return list((await session.execute(query)).scalars())


async def reminders(session: AsyncSession) -> None:
    """P8: one to-do for each rule, customer and due date."""
    same = (col(Todo.trigger), col(Todo.customer_id), col(Todo.title), col(Todo.due_on))
    query = select(*same).group_by(*same).having(func.count() > 1).limit(1)
    for row in await session.execute(query):
        raise Broken(f"P8: reminded twice: {tuple(row)}")


async def listed(session: AsyncSession, model: Model) -> None:
    """P10: who said no while a task was at WeCom is named to a person, task by task."""
    query = (
        select(col(Contact.external_userid), func.count())
        .join(WorkItem, col(WorkItem.customer_id) == col(Contact.customer_id))
        .where(col(WorkItem.kind) == "opted_out_in_task")
        .group_by(col(Contact.external_userid))
    )
    told = {contact: number for contact, number in await session.execute(query)}  # noqa: C416
    for task in model.tasks.values():
        for contact in task.unwanted_by:
            must = sum(contact in other.unwanted_by for other in model.tasks.values())
            if told.get(contact, 0) < must:
                raise Broken(
                    f"P10: {contact} said no, {must} tasks at WeCom name them,"
                    f" people were told of {told.get(contact, 0)}; one says {task.text!r}"
                )


async def welcomes(session: AsyncSession, model: Model) -> None:
    """P7: each added contact was greeted, or it is on record that the welcome was missed."""
    keys = {
        f"welcome:{hashlib.sha256(one.code.encode()).hexdigest()[:32]}": one for one in model.added
    }
    calls = select(col(Outbox.key), col(Outbox.state)).where(col(Outbox.kind) == "welcome")
    states = {key: state for key, state in await session.execute(calls)}  # noqa: C416
    asked = select(col(IntentKey.key)).where(col(IntentKey.key).startswith("welcome:"))
    judged = set((await session.execute(asked)).scalars())
    for key, one in keys.items():
        greeted = model.greeted[one.userid, one.contact]
        if key not in judged:
            raise Broken(f"P7: {one.contact} was neither greeted nor recorded as missed")
        if states.get(key) is OutboxState.SENT and not greeted:
            raise Broken(f"P7: {one.contact} is recorded as greeted and was not")


async def relations(session: AsyncSession, model: Model, wecom: Tencent) -> None:
    """P3: however often and in whatever order it was told, the end is WeCom's own."""
    rows = await session.execute(
        select(col(Relation.userid), col(Relation.external_userid), col(Relation.ended_at))
    )
    here = {(userid, contact): ended is None for userid, contact, ended in rows}
    for one in model.added:
        pair = wecom.world.contacts.pair(one.userid, one.contact)
        alive = pair is not None and not pair.contact_left
        if one.userid not in model.gone and here.get((one.userid, one.contact), False) != alive:
            raise Broken(
                f"P3: {one.userid} and {one.contact} are"
                f" {'related' if alive else 'not related'} at WeCom and not so here"
            )


async def all_handled(session: AsyncSession) -> bool:
    """Whether no event waits or lies in quarantine."""
    states = [InboxState.NEW, InboxState.DEAD]
    query = select(func.count()).where(col(Inbox.state).in_(states))
    return not (await session.execute(query)).scalar_one()


async def proven(session: AsyncSession) -> None:
    """The record of all this proves itself."""
    if not (await verify(session)).sound:
        raise Broken("P14: the ledger does not prove itself")
