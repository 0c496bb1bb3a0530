"""A post into a customer group: one text for every member, judged for the least able of them.

The gate judges with all members as recipients; a contact whom the bank does not know counts as
one who may be told nothing of products. A group has day slots of its own, beside its members'.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance import repository as standing_of
from compliance.facts import Channel, Draft, Purpose, Recipient
from compliance.facts import Sender as GateSender
from compliance.gate import Court, Decision, decision_rows
from compliance.objections import BY_CODE, Objection
from content_library import repository as scripts_of
from content_library.facts import ApprovedScript
from content_library.render import pieces
from crm_sync.facts import CustomerFact, StaffFact, UnitFact
from crm_sync.repository.keys import among
from crm_sync.repository.staff import staff_by_id, units_by_id
from delivery import quota, to_review, white_lists
from delivery.channel_reasons import of_group_post
from delivery.desk import Desk
from delivery.errors import NotYours, SendBlocked
from delivery.judging import Background, recipient, words_of
from delivery.models import SendTicket, TicketState
from delivery.products_in_words import product_fields, shown, with_product
from delivery.quota import Cap, Want
from delivery.repository import touches
from delivery.tickets import LIFETIME, Sender, Ticket
from kit import ledger
from kit.clock import bank_date, bank_moment
from kit.db import cipher_of
from kit.errors import InputRefused
from kit.ids import new_id
from kit.web.sessions import hashed

SENT: Final = (TicketState.CLAIMED, TicketState.CONFIRMED, TicketState.DIFFERS)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads what is posted: the group, its owner, its known customers, how many unknown."""

    chat_id: str
    owner_userid: str
    unit_id: str
    customers: tuple[CustomerFact, ...]
    unknown: int


@dataclass(frozen=True, slots=True)
class JudgedPost:
    """One script for one group with its words and everything the gate said."""

    script: ApprovedScript
    pieces: tuple[tuple[str, str], ...]
    decision: Decision | None
    missing: str = ""

    @property
    def text(self) -> str:
        """The words as every member would read them."""
        return "".join(text for _, text in self.pieces)

    @property
    def objections(self) -> tuple[str, ...]:
        """The codes of all objections, in the gate's order."""
        return tuple(one.code for one in self.decision.objections) if self.decision else ()


@dataclass(frozen=True, slots=True)
class Posted:
    """A post into a group that the owner's client said was sent."""

    script_code: str
    script_version: int
    state: str
    claimed_at: datetime


async def check(
    session: AsyncSession,
    audience: Audience,
    version_ids: Sequence[int],
    *,
    sender: Sender,
    at: datetime,
    desk: Desk,
) -> list[JudgedPost]:
    """What the gate says of each script for this group now; nothing is written."""
    scripts = await scripts_of.by_version(session, sorted(set(version_ids)))
    known = await _background(session, audience, scripts, sender, at)
    staff = known.staff.get(sender.staff_id)
    members = [recipient(one, known, bank_date(at)) for one in audience.customers]
    readers = (*members, *(Recipient(None),) * min(audience.unknown, 1))
    court = Court(
        at=at,
        policy=desk.policy,
        calendar=desk.calendar,
        screener=desk.screener,
        reader=desk.reader,
    )
    fields = _fields(staff, known.units.get(audience.unit_id), desk)
    judged = []
    for version_id in version_ids:
        if (script := scripts.get(version_id)) is None:
            continue
        try:
            own = {**product_fields(script, known.products), **fields}
            rendered = pieces(script.template, own)
        except InputRefused as error:
            judged.append(JudgedPost(script, (), None, error.what))
            continue
        draft = Draft(
            key=f"group:{audience.chat_id}:{script.code}:{at:%Y%m%d%H%M%S%f}",
            channel=Channel.GROUP,
            recipients=readers,
            words=with_product(
                words_of(script, rendered, None, known.allowed),
                known.products,
                channel=Channel.GROUP.value,
                unit_id=audience.unit_id,
            ),
            sender=GateSender(staff.staff_id, staff.active, staff.licences_on(bank_date(at)))
            if staff
            else None,
        )
        judged.append(JudgedPost(script, rendered, court.decide(draft)))
    return judged


async def _background(
    session: AsyncSession,
    audience: Audience,
    scripts: dict[int, ApprovedScript],
    sender: Sender,
    at: datetime,
) -> Background:
    ids = {one.customer_id for one in audience.customers}
    selling = any(one.purpose == Purpose.MARKETING for one in scripts.values())
    products = {one.product_code for one in scripts.values() if one.product_code}
    return Background(
        scripts=scripts,
        standing=await standing_of.recipient_standing(session, ids),
        staff=await staff_by_id(session, [sender.staff_id]),
        units=await units_by_id(session, [audience.unit_id]),
        last_care=await touches.last_care(session, sorted(ids)) if selling else {},
        allowed=await white_lists.allowed(session, products, bank_date(at)),
        products=await shown(session, products, at),
    )


def _fields(staff: StaffFact | None, unit: UnitFact | None, desk: Desk) -> dict[str, object]:
    """What a text for many may say: of the bank and its member, never of a customer."""
    fields: dict[str, object] = {"bank_name": desk.bank_name}
    if desk.hotline:
        fields["hotline"] = desk.hotline
    if staff is not None:
        fields |= {"staff_name": staff.name, "staff_title": "客户经理"}
    if unit is not None:
        fields["unit_name"] = unit.name
    return fields


async def prepare(
    session: AsyncSession,
    audience: Audience,
    version_id: int,
    *,
    sender: Sender,
    at: datetime,
    desk: Desk,
) -> Ticket:
    """Judge again and hand out the text with a one-time ticket; ``tickets.said`` settles it.

    Raises NotYours when the sender does not own the group, SendBlocked with every objection
    when the gate or the group's day slots say no.
    """
    if audience.owner_userid.lower() != sender.userid.lower():
        raise NotYours("只有群主可以往这个群里发", do="请群主来发")
    found = await check(session, audience, [version_id], sender=sender, at=at, desk=desk)
    if not found:
        raise SendBlocked("没有这一版话术", codes="E-4003")
    [judged] = found
    ticket_id, token = new_id(), secrets.token_urlsafe(24)
    codes = judged.objections
    if not codes and not judged.missing and not await _slot(session, audience, judged, at, desk):
        codes = (Objection.CAP_GROUP.code,)
    if codes or judged.missing:
        await _record(session, "send.blocked", audience, judged, sender, at, codes=codes)
        await to_review.hand_in(
            session,
            script=judged.script,
            text=judged.text,
            decision=judged.decision,
            by=f"staff:{sender.staff_id}",
            unit_id=audience.unit_id,
            customer_id=None,
            external_userid=None,
            at=at,
            desk=desk,
        )
        raise SendBlocked(
            "；".join(BY_CODE[code].saying for code in codes) or judged.missing,
            codes=",".join(codes),
        )
    owner = (await staff_by_id(session, [sender.staff_id])).get(sender.staff_id)
    chosen = of_group_post(
        owner=owner.name if owner else "",
        customers=len(audience.customers),
        unknown=audience.unknown,
        purpose=judged.script.purpose,
        most=desk.policy.caps(Purpose(judged.script.purpose)).group_day,
    )
    session.add(_row(session, audience, judged, sender, at, ticket_id, token, chosen))
    await session.flush()
    await _keep_decision(session, audience, judged, at)
    await _record(session, "send.prepared", audience, judged, sender, at, send_id=ticket_id)
    script = judged.script
    return Ticket(token, ticket_id, judged.text, script.code, script.version, at + LIFETIME)


def _row(
    session: AsyncSession,
    audience: Audience,
    judged: JudgedPost,
    sender: Sender,
    at: datetime,
    ticket_id: int,
    token: str,
    chosen: str,
) -> SendTicket:
    script, cipher = judged.script, cipher_of(session)
    return SendTicket(
        id=ticket_id,
        token_hash=hashed(token),
        key=_slot_key(judged),
        staff_id=sender.staff_id,
        userid=sender.userid,
        chat_id=audience.chat_id,
        unit_id=audience.unit_id,
        purpose=script.purpose,
        trigger=f"group.{script.scene}"[:64],
        channel_reason=chosen,
        script_version_id=script.version_id,
        script_code=script.code,
        script_version=script.version,
        text=cipher.seal("send_ticket.text", str(ticket_id), judged.text),
        text_hash=cipher.blind("text", judged.text),
        state=TicketState.PREPARED,
        issued_at=at,
        expires_at=at + LIFETIME,
    )


def _slot_key(judged: JudgedPost) -> str:
    assert judged.decision is not None  # noqa: S101 — what lacks a fact gets no ticket
    return judged.decision.key


async def _slot(
    session: AsyncSession, audience: Audience, judged: JudgedPost, at: datetime, desk: Desk
) -> bool:
    """Take one of the group's posts of this purpose today; two taps at once get one slot each."""
    today = bank_date(at)
    purpose = Purpose(judged.script.purpose)
    cap = Cap(f"group.{purpose.value}", "day", today, desk.policy.caps(purpose).group_day)
    place = slot_number(audience.chat_id)
    return not await quota.reserve(session, [Want(_slot_key(judged), place, (cap,))])


def slot_number(chat_id: str) -> int:
    """The number under which a group holds its slots: negative, because customers' are not."""
    digest = hashlib.blake2b(chat_id.encode(), digest_size=8).digest()
    return -1 - (int.from_bytes(digest, "big") >> 2)


async def _keep_decision(
    session: AsyncSession, audience: Audience, judged: JudgedPost, at: datetime
) -> None:
    assert judged.decision is not None  # noqa: S101
    draft = Draft(
        key=judged.decision.key,
        channel=Channel.GROUP,
        recipients=tuple(Recipient(one.customer_id) for one in audience.customers),
        words=words_of(judged.script, judged.pieces, None),
    )
    rows = decision_rows([draft], [judged.decision], rulebook="")
    await standing_of.record_decisions(session, rows, at)


async def _record(
    session: AsyncSession,
    act: str,
    audience: Audience,
    judged: JudgedPost,
    sender: Sender,
    at: datetime,
    *,
    send_id: int | None = None,
    codes: Sequence[str] = (),
) -> None:
    script = judged.script
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act=act,
                actor=f"staff:{sender.staff_id}",
                object=f"send:{send_id}" if send_id else f"group:{audience.chat_id}",
                unit=audience.unit_id,
                reason=",".join(codes) or judged.missing,
                payload={
                    "chat": audience.chat_id,
                    "script": f"{script.code}/{script.version}",
                    "readers": len(audience.customers) + audience.unknown,
                    "text": judged.text,
                },
            )
        ],
        at=at,
    )


async def posted_today(session: AsyncSession, chat_id: str, at: datetime) -> list[Posted]:
    """What was posted into a group today, oldest first."""
    begins = bank_moment(bank_date(at))
    query = (
        select(SendTicket)
        .where(
            col(SendTicket.chat_id) == chat_id,
            col(SendTicket.state).in_(SENT),
            col(SendTicket.claimed_at) >= begins,
            col(SendTicket.claimed_at) < begins + timedelta(days=1),
        )
        .order_by(col(SendTicket.claimed_at))
    )
    return [
        Posted(
            row.script_code,
            row.script_version,
            TicketState(row.state).value,
            row.claimed_at or row.issued_at,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def posted_on(
    session: AsyncSession, chat_ids: Collection[str], day: date
) -> dict[str, list[Posted]]:
    """What was posted into each of these groups on a bank day, oldest first; one question a page."""
    begins = bank_moment(day)
    found: dict[str, list[Posted]] = {}
    query = (
        select(
            col(SendTicket.chat_id),
            col(SendTicket.script_code),
            col(SendTicket.script_version),
            col(SendTicket.state),
            col(SendTicket.claimed_at),
        )
        .where(
            among(session, col(SendTicket.chat_id), chat_ids),
            col(SendTicket.state).in_(SENT),
            col(SendTicket.claimed_at) >= begins,
            col(SendTicket.claimed_at) < begins + timedelta(days=1),
        )
        .order_by(col(SendTicket.claimed_at))
    )
    for chat_id, code, version, state, at in await session.execute(query):
        if at is not None:  # what was claimed has its hour
            found.setdefault(chat_id, []).append(Posted(code, version, state, at))
    return found
