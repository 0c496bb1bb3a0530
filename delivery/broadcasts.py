"""Broadcasts are gathered while a day is planned and closed when it is done.

Identical words of one member become one task: ``gather`` puts each passed intent into the task
of (day, member, text), ``close`` splits what is larger than WeCom takes and queues one outbox
row a task. Personal texts never come here: the gate keeps personal fields out of broadcasts.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.complaints import FROZEN
from compliance.facts import Purpose, Scope, Standing
from compliance.opting_out import silenced_contacts
from compliance.repository import recipient_standing
from content_library import repository as scripts_of
from delivery.attached import named_by
from delivery.facts import priority_of
from delivery.judging import Judged
from delivery.models import Broadcast, BroadcastRecipient
from delivery.repository import outbox
from delivery.repository.outbox import Call
from kit.db import cipher_of, insert_into, insert_new
from kit.ids import new_id

MOST_RECIPIENTS: Final = 10_000
"""WeCom's own ceiling for one add_msg_template (official page 92135)."""


async def gather(
    session: AsyncSession, judged: Sequence[Judged], *, at: datetime, day: date
) -> None:
    """Put each intent into the broadcast of its day, member and text; make those missing.

    What a campaign says is a task of its own, because it may be stopped by itself.
    """
    if not judged:
        return
    cipher = cipher_of(session)
    rows: dict[str, dict[str, object]] = {}
    members: list[tuple[str, Judged]] = []
    for one in judged:
        assert one.text is not None  # noqa: S101 — the door queues no broadcast without words
        assert one.script is not None  # noqa: S101
        assert one.intent.reach is not None  # noqa: S101
        text_hash = cipher.blind("text", one.text)
        same = cipher.blind("text", f"{one.intent.campaign}\n{one.text}")
        alike = same if one.intent.campaign else text_hash
        key = f"{day.isoformat()}:{one.intent.reach.userid}:{alike}"
        members.append((key, one))
        if key not in rows:
            row_id = new_id()
            rows[key] = {
                "id": row_id,
                "key": key,
                "planned_on": day,
                "userid": one.intent.reach.userid,
                "staff_id": one.intent.reach.staff_id,
                "unit_id": one.intent.customer.unit_id,
                "trigger": one.intent.trigger,
                "purpose": one.intent.purpose.value,
                "campaign": one.intent.campaign,
                "script_version_id": one.script.version_id,
                "script_code": one.script.code,
                "script_version": one.script.version,
                "text": cipher.seal("broadcast.text", str(row_id), one.text),
                "text_hash": text_hash,
                "state": "gathering",
                "msgid": "",
                "created_at": at,
                "cause": "",
            }
    await insert_new(session, Broadcast, list(rows.values()), key=["key"])
    ids = await _gathering(session, sorted(rows))
    await session.execute(
        insert_into(session, BroadcastRecipient).on_conflict_do_nothing(
            index_elements=["broadcast_id", "external_userid"]
        ),
        [
            {
                "broadcast_id": ids[key],
                "external_userid": one.intent.reach.external_userid,
                "customer_id": one.intent.customer.customer_id,
                "key": one.intent.key,
                "state": "planned",
                "channel_reason": one.intent.channel_reason[:400],
            }
            for key, one in members
            if key in ids and one.intent.reach is not None
        ],
    )


async def _gathering(session: AsyncSession, keys: Sequence[str]) -> dict[str, int]:
    """The open broadcast of each key; a closed one gets a successor (``…#2``)."""
    query = select(col(Broadcast.key), col(Broadcast.id), col(Broadcast.state)).where(
        col(Broadcast.key).in_(list(keys))
    )
    found = {key: (row_id, state) for key, row_id, state in await session.execute(query)}
    ids = {key: row_id for key, (row_id, state) in found.items() if state == "gathering"}
    for key in [key for key in keys if key not in ids]:
        ids[key] = await _successor(session, key)
    return ids


async def _successor(session: AsyncSession, key: str) -> int:
    """A further broadcast of the same text: the first was handed to WeCom already."""
    query = (select(Broadcast).where(col(Broadcast.key).startswith(key, autoescape=True))).order_by(
        col(Broadcast.id)
    )
    rows = (await session.execute(query)).scalars().all()
    for row in rows:
        if row.state == "gathering":
            return row.id
    return await _copy(session, rows[0], f"{key}#{len(rows) + 1}")


async def _copy(session: AsyncSession, row: Broadcast, key: str) -> int:
    cipher = cipher_of(session)
    row_id = new_id()
    text = cipher.open("broadcast.text", str(row.id), row.text)
    values = row.model_dump(exclude={"id", "key", "text", "state", "outbox_id", "msgid"})
    values |= {
        "id": row_id,
        "key": key,
        "text": cipher.seal("broadcast.text", str(row_id), text),
        "state": "gathering",
        "outbox_id": None,
        "msgid": "",
        "departed_at": None,
        "stopped_at": None,
        "confirmed_at": None,
        "next_poll_at": None,
        "poll_until": None,
        "cause": "",
    }
    await session.execute(insert(Broadcast), [values])
    return row_id


async def close(
    session: AsyncSession,
    day: date,
    *,
    at: datetime,
    due_at: datetime,
    expires_at: datetime,
    campaigns: bool | None = None,
) -> int:
    """Queue every gathered broadcast of ``day``; returns how many tasks that makes.

    ``campaigns``: only those of campaigns, which go at an hour of their own, or only the others.
    """
    cipher = cipher_of(session)
    where = [col(Broadcast.planned_on) == day, col(Broadcast.state) == "gathering"]
    if campaigns is not None:
        where.append((col(Broadcast.campaign) != "").is_(campaigns))
    query = (
        select(Broadcast)
        .where(*where)
        .order_by(col(Broadcast.id))
        .with_for_update(skip_locked=True)
    )
    made = 0
    for row in (await session.execute(query)).scalars().all():
        await _split(session, row)
    rows = (await session.execute(query)).scalars().all()
    scripts = await scripts_of.by_version(session, {row.script_version_id for row in rows})
    for row in rows:
        script = scripts.get(row.script_version_id)
        payload = {
            "materials": named_by(script) if script else (),
            "broadcast_id": row.id,
            "userid": row.userid,
            "purpose": row.purpose,
            "text": cipher.open("broadcast.text", str(row.id), row.text),
        }
        [call_id] = await outbox.put(
            session,
            [
                Call(
                    key=f"broadcast:{row.id}",
                    kind="broadcast",
                    payload=payload,
                    due_at=due_at,
                    expires_at=expires_at,
                    unit_id=row.unit_id,
                    userid=row.userid,
                    priority=priority_of(row.purpose),
                )
            ],
            at,
        )
        await session.execute(
            update(Broadcast)
            .where(col(Broadcast.id) == row.id)
            .values(state="queued", outbox_id=call_id)
            .execution_options(synchronize_session=False)
        )
        made += 1
    return made


async def _split(session: AsyncSession, row: Broadcast) -> None:
    """Move recipients beyond WeCom's ceiling into broadcasts of their own."""
    count = select(func.count()).where(col(BroadcastRecipient.broadcast_id) == row.id)
    extra = int((await session.execute(count)).scalar_one()) - MOST_RECIPIENTS
    part = 2
    while extra > 0:
        other = await _copy(session, row, f"{row.key}/{part}")
        moved = (
            select(col(BroadcastRecipient.external_userid))
            .where(col(BroadcastRecipient.broadcast_id) == row.id)
            .order_by(col(BroadcastRecipient.external_userid).desc())
            .limit(min(extra, MOST_RECIPIENTS))
        )
        await session.execute(
            update(BroadcastRecipient)
            .where(
                col(BroadcastRecipient.broadcast_id) == row.id,
                col(BroadcastRecipient.external_userid).in_(moved.scalar_subquery()),
            )
            .values(broadcast_id=other)
            .execution_options(synchronize_session=False)
        )
        extra -= MOST_RECIPIENTS
        part += 1


async def recipients_now(session: AsyncSession, broadcast_id: int, purpose: str) -> list[str]:
    """Who may still be told, at the moment the task is handed to WeCom.

    Whoever opted out, took a consent back, asked for silence or complained since the plan is
    left out: an audience that was settled earlier must not outlive a customer's word.
    """
    query = select(
        col(BroadcastRecipient.external_userid), col(BroadcastRecipient.customer_id)
    ).where(
        col(BroadcastRecipient.broadcast_id) == broadcast_id,
        col(BroadcastRecipient.state) == "planned",
    )
    planned = {contact: customer for contact, customer in await session.execute(query)}  # noqa: C416
    standing = await recipient_standing(session, planned.values())
    contacts = await silenced_contacts(session, planned)
    personal = await _chosen_by_persona(session, broadcast_id)
    return sorted(
        contact
        for contact, customer in planned.items()
        if not unwanted(
            standing[customer], contacts.get(contact, frozenset()), purpose, personal=personal
        )
    )


async def _chosen_by_persona(session: AsyncSession, broadcast_id: int) -> bool:
    query = select(col(Broadcast.script_version_id)).where(col(Broadcast.id) == broadcast_id)
    version = (await session.execute(query)).scalar_one()
    script = (await scripts_of.by_version(session, [version])).get(version)
    return script is not None and bool(script.personas)


def unwanted(
    standing: Standing, by_contact: frozenset[str], purpose: str, *, personal: bool
) -> bool:
    """Whether a customer, known by number and by WeCom contact, does not want this any more."""
    silenced = standing.suppressed | by_contact
    if Scope.ALL in silenced or purpose in standing.refusals:
        return True
    if purpose == Purpose.SERVICE:
        return False
    if Scope.MARKETING in silenced or (personal and Scope.PERSONALISED in silenced):
        return True
    complaining = standing.complaint_open or FROZEN in by_contact
    return purpose == Purpose.MARKETING and complaining


RESULT_WINDOW: Final = timedelta(days=15)
"""How long WeCom refreshes the results of a task; after it the last answer stands."""
