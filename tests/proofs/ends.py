"""What the product's own rows say became of what was queued; compared with what WeCom saw."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlmodel import col

from compliance.opting_out import Choice
from crm_sync.models import Contact
from delivery import opting_out
from delivery.models import Broadcast, BroadcastRecipient, Outbox, OutboxState, WorkItem
from wiring.parts import Parts

TOO_LATE = " 41050"
"""WeCom's own word that a welcome's twenty seconds were over when it came."""
BEFORE_A_PERSON = ("send_unknown", "send_failed")


async def doubtful(parts: Parts, at: datetime) -> dict[tuple[int, int], datetime]:
    """Since when each attempt is in doubt that no person is told of: (call, attempt) to moment."""
    query = select(col(Outbox.id), col(Outbox.attempts), col(Outbox.claimed_at)).where(
        or_(
            col(Outbox.state) == OutboxState.UNKNOWN,
            (col(Outbox.state) == OutboxState.SENDING) & (col(Outbox.leased_until) < at),
        )
    )
    async with parts.databases.bank.reading() as session:
        rows = (await session.execute(query)).all()
    shown = await _shown(parts)
    return {
        (number, attempts): claimed_at
        for number, attempts, claimed_at in rows
        if number not in shown and claimed_at is not None
    }


async def _shown(parts: Parts) -> set[int]:
    """Calls that a person is told of at this moment."""
    query = select(col(WorkItem.facts)).where(
        col(WorkItem.kind).in_(BEFORE_A_PERSON), col(WorkItem.state) == "open"
    )
    async with parts.databases.bank.reading() as session:
        return {int(facts["outbox_id"]) for facts in (await session.execute(query)).scalars()}


async def in_states(parts: Parts, *states: OutboxState) -> int:
    """How many calls are in one of these states."""
    query = select(func.count()).select_from(Outbox).where(col(Outbox.state).in_(states))
    async with parts.databases.bank.reading() as session:
        return int((await session.execute(query)).scalar_one())


async def ends(parts: Parts) -> dict[str, tuple[str, bool]]:
    """State of each call and whether a person is told, by contact, task id or the call's key."""
    shown = await _shown(parts)
    calls = select(
        col(Outbox.id), col(Outbox.key), col(Outbox.kind), col(Outbox.state), col(Outbox.cause)
    )
    people = select(col(BroadcastRecipient.external_userid), col(Broadcast.outbox_id)).join(
        Broadcast, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id)
    )
    found: dict[str, tuple[str, bool]] = {}
    states: dict[int, str] = {}
    async with parts.databases.bank.reading() as session:
        for number, key, kind, state, cause in await session.execute(calls):
            late = kind == "welcome" and cause.endswith(TOO_LATE)
            states[number] = "expired" if late else OutboxState(state).value
            name = key
            if kind == "staff_card":
                _, member, wave = key.split(":")
                name = f"todo-{member}-{wave}"
            found[name] = (states[number], number in shown)
        for contact, call in await session.execute(people):
            found[contact] = (states.get(call or 0, "gathering"), call in shown)
    return found


async def say_no(parts: Parts, contact: str) -> None:
    """The customer behind ``contact`` wants no more of it; holds when this returns."""
    at = parts.clock()
    async with parts.databases.bank.transaction() as session:
        query = select(col(Contact.customer_id)).where(col(Contact.external_userid) == contact)
        customer_id = (await session.execute(query)).scalar_one()
        assert customer_id is not None
        await opting_out.opt_out(
            session, customer_id, Choice.MARKETING, source="chat", words="别再发了", at=at,
            actor=f"customer:{customer_id}",
        )  # fmt: skip


async def told_of_no(parts: Parts) -> set[str]:
    """Contacts of whom a person was told that they said no to what had left already."""
    query = (
        select(col(Contact.external_userid))
        .join(WorkItem, col(WorkItem.customer_id) == col(Contact.customer_id))
        .where(col(WorkItem.kind) == "opted_out_in_task")
    )
    async with parts.databases.bank.reading() as session:
        return set((await session.execute(query)).scalars())
