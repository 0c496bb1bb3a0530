"""How each queued call is said in WeCom's words, and what its end means for delivery's rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.policy import GatePolicy
from config import library_policy
from config.library_policy import LibraryPolicy
from content_library.errors import AddressForeign, MaterialNotReady, MaterialRefused
from crm_sync import shown_tags
from delivery import (
    attached,
    by_number,
    channel_handover,
    coming_back,
    departing,
    dialled,
    dialling,
    quota,
    recalling,
    text_messages,
    words_now,
)
from delivery.broadcasts import RESULT_WINDOW
from delivery.desk import Desk
from delivery.dialling import PHONE, PhoneDialler
from delivery.dispatcher import LEASE, NobodyLeft, NotNow, Route, Sent
from delivery.facts import BROADCAST, MOMENT, STAFF_CARD, WELCOME
from delivery.models import Broadcast, BroadcastRecipient, OutboxState
from delivery.moments import leaving, settling
from delivery.repository import outbox
from delivery.repository.outbox import Claim
from delivery.text_messages import SMS, TextGateway
from kit.clock import now
from kit.db import Database
from kit.pacing.deadlines import prolong
from wecom import broadcasts, messages, moments, welcome
from wecom.attachments import Attachment, Content, Image, Video
from wecom.cards import Fact, OpenPage, TextNotice
from wecom.client import Caller
from wecom.errors import AlreadyDone, Misconfigured, Rejected

STALE: Final = "its words were recalled or are out of date"
FIRST_POLL: Final = timedelta(minutes=1)
TASK_ID_USED: Final = 42014
"""A card's task_id is unique for ever (page 90236), so an earlier attempt of ours has arrived."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What text messages need beside the row: the gateway, the desk that judges, the clock."""

    gateway: TextGateway
    desk: Desk
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Calls:
    """What telephone calls need beside the row: the exchange, the desk that judges, the clock."""

    dialler: PhoneDialler
    desk: Desk
    clock: Callable[[], datetime]


def routes(
    wecom: Caller,
    database: Database,
    *,
    agent_id: int,
    clock: Callable[[], datetime] = now,
    texts: Texts | None = None,
    calls: Calls | None = None,
    library: Callable[[], LibraryPolicy] = library_policy.load,
    gate: Callable[[], GatePolicy] = GatePolicy.load,
    desk: Desk | None = None,
) -> dict[str, Route]:
    """How every kind of outbox call is made; ``texts`` None: no text message can be sent.

    ``library`` and ``gate`` give the policies that hold at the moment of a call. ``desk``: what a
    moment is judged by right before its call; without one none can be made.
    """

    async def materials(claim: Claim, channel: str) -> tuple[Attachment, ...]:
        """What hangs on the message, judged and looked up at the moment of the call."""
        codes = claim.payload.get("materials") or ()
        try:
            async with database.reading() as session:
                ready = await attached.hung(
                    session,
                    codes,
                    channel=channel,
                    at=clock(),
                    policy=library(),
                    allowed=attached.addresses_of(gate()),
                )
        except MaterialRefused as error:
            raise NobodyLeft("a material was recalled") from error
        except AddressForeign as error:
            raise NobodyLeft("a card leads to a host that is not the bank's own") from error
        except MaterialNotReady as error:
            raise NotNow("a material is being uploaded anew") from error
        return attached.attachments(ready)

    async def send_welcome(claim: Claim) -> Sent:
        version_id = claim.payload.get("script_version_id")
        if version_id is not None:
            async with database.reading() as session:
                if await words_now.stale(session, int(version_id), clock()):
                    raise NobodyLeft(STALE)
        text = claim.payload["text"]
        try:
            beside = await materials(claim, "welcome")
        except (NobodyLeft, NotNow):
            beside = ()  # twenty seconds are no time to upload: the words alone are approved too
        await welcome.send(wecom, claim.payload["welcome_code"], Content(text, beside))
        return Sent()

    async def create_broadcast(claim: Claim) -> Sent:
        payload = claim.payload
        number, purpose = payload["broadcast_id"], payload["purpose"]
        beside = await materials(claim, "broadcast")
        try:
            async with database.transaction() as session:
                if not await outbox.renew(session, claim, at=clock(), lease=LEASE):
                    raise NotNow("another process has taken it over")
                prolong(LEASE.total_seconds())
                if await recalling.stale_broadcast(session, number, clock()):
                    wanted, why = [], STALE
                else:
                    wanted = await departing.depart(session, number, purpose, clock())
                    why = ""
        except departing.BeingRefused as error:
            raise NotNow("a customer in it is saying no at this moment") from error
        if not wanted:
            raise NobodyLeft(why)
        created = await broadcasts.create(
            wecom,
            broadcasts.CustomerBroadcast(
                Content(payload["text"], beside),
                sender=payload["userid"],
                external_userids=tuple(wanted),
            ),
        )
        return Sent(created.msgid, {"failed": list(created.failed), "asked": wanted})

    async def create_moment(claim: Claim) -> Sent:
        if desk is None:
            raise Misconfigured("moment", "no desk")
        part_id = int(claim.payload["part_id"])
        beside = await materials(claim, "moment")
        async with database.reading() as session:
            asked = await leaving.called(session, part_id)
        still_mine = leaving.renewing(database, claim, clock, leaving.lease(desk))
        try:
            carrying = await shown_tags.carriers(
                wecom, asked.task.tag_id, asked.userids, after_page=still_mine
            )
            async with database.transaction() as session:
                ready = await leaving.leave(session, claim, carrying, at=clock(), desk=desk)
                if ready.nobody == leaving.STALE:
                    version = asked.task.script_version_id
                    await recalling.withdraw(
                        session, [version], by="system:dispatcher", reason="话术失效", at=clock()
                    )
        except leaving.LeaseOver as error:
            raise NotNow("another process has taken it over") from error
        if ready.wait:
            raise NotNow(ready.wait)
        if ready.nobody:
            raise NobodyLeft(ready.nobody)
        jobid = await moments.create(
            wecom,
            moments.Moment(
                text=asked.task.text,
                image_media_ids=tuple(one.media_id for one in beside if isinstance(one, Image)),
                video_media_id="".join(one.media_id for one in beside if isinstance(one, Video)),
                senders=ready.userids,
                tag_ids=(asked.task.tag_id,),
            ),
        )
        return Sent(jobid)

    async def send_card(claim: Claim) -> Sent:
        payload = claim.payload
        card = TextNotice(
            title=payload["title"],
            description=payload["description"],
            source=payload["source"],
            figure=payload["figure"],
            figure_note=payload["figure_note"],
            facts=tuple(Fact(key, value) for key, value in payload["facts"]),
            opens=OpenPage(payload["url"]),
            task_id=payload["task_id"],
        )
        note = messages.Note(
            messages.Recipients(staff_ids=(payload["userid"],)),
            agent_id,
            messages.TemplateCard(card),
            duplicate_check_s=messages.MAX_DUPLICATE_CHECK_S,
        )
        try:
            sent = await messages.send(wecom, note)
        except Rejected as error:
            if claim.attempts > 1 and error.errcode == TASK_ID_USED:
                raise AlreadyDone(error.path, error.detail, errcode=error.errcode) from error
            raise
        return Sent(sent.msgid, {"unreached": list(sent.invalid_staff)})

    async def send_text(claim: Claim) -> Sent:
        if texts is None:
            raise Misconfigured("sms", "no gateway")
        async with database.transaction() as session:
            message = await text_messages.ready(session, claim, at=texts.clock(), desk=texts.desk)
        if message is None:
            raise NobodyLeft
        number = str(claim.payload["todo_id"])
        await texts.gateway.send(number, message.phone, message.text)
        return Sent(number)

    async def text_settled(
        session: AsyncSession, claim: Claim, state: OutboxState, sent: Sent | None, at: datetime
    ) -> None:
        if texts is not None:
            await text_done(session, claim, state, at=at, desk=texts.desk)

    async def dial(claim: Claim) -> Sent:
        if calls is None:
            raise Misconfigured("phone", "no exchange")
        async with database.transaction() as session:
            ends = await dialling.ready(session, claim, at=calls.clock(), desk=calls.desk)
        if ends is None:
            raise NobodyLeft
        key = str(claim.payload["call_id"])
        try:
            return Sent(await calls.dialler.connect(key, ends.staff_id, ends.phone))
        except Rejected as error:
            async with database.transaction() as session:
                await dialled.refused(session, claim, error.detail)
            raise

    return {
        SMS: Route(send_text, text_settled),
        PHONE: Route(dial, _call_settled),
        MOMENT: Route(
            create_moment,
            _moment_settled,
            _moment_returned,
            path=moments.CREATE,
            lease=None if desk is None else partial(leaving.lease, desk),
        ),
        WELCOME: Route(
            send_welcome,
            _nothing_follows,
            may_repeat=True,
            path=welcome.SEND,
        ),
        BROADCAST: Route(
            create_broadcast,
            _broadcast_settled,
            _broadcast_returned,
            path=broadcasts.CREATE,
        ),
        STAFF_CARD: Route(send_card, _card_settled, may_repeat=True, path=messages.SEND),
    }


async def _card_settled(
    session: AsyncSession, claim: Claim, state: OutboxState, sent: Sent | None, at: datetime
) -> None:
    """The member's to-dos have arrived, unless WeCom could not reach the member."""
    if state is OutboxState.SENT and sent is not None and sent.details is not None:
        await coming_back.received(
            session, claim.key, claim.userid, told_at=claim.queued_at,
            unreached=sent.details["unreached"],
        )  # fmt: skip


async def text_done(
    session: AsyncSession, claim: Claim, state: OutboxState, *, at: datetime, desk: Desk
) -> None:
    """What follows for the contact: reached, still in doubt, on to its next channel, or ended."""
    if state is OutboxState.SENT:
        await text_messages.sent(session, claim, at=at)
        return
    todo = await by_number.waiting(session, claim, SMS)
    if todo is None or state is OutboxState.UNKNOWN:
        return
    if state is OutboxState.CANCELLED and await by_number.reaches(session, todo):
        await text_messages.end(session, todo, at=at)  # the gate objects: nothing is said
        await quota.give_back(session, [todo.key])
        return
    await channel_handover.hand_over(
        session, [todo], at=at, desk=desk, by="system:dispatcher", failed=SMS
    )


async def _call_settled(
    session: AsyncSession, claim: Claim, state: OutboxState, sent: Sent | None, at: datetime
) -> None:
    await dialled.settled(session, claim, state, at=at)


async def _nothing_follows(
    session: AsyncSession, claim: Claim, state: OutboxState, sent: Sent | None, at: datetime
) -> None:
    """The outbox row and its ledger entry say it all."""


async def _broadcast_settled(
    session: AsyncSession, claim: Claim, state: OutboxState, sent: Sent | None, at: datetime
) -> None:
    """The broadcast follows its call; customers WeCom refused at once are marked so."""
    broadcast_id = int(claim.payload["broadcast_id"])
    values: dict[str, Any] = {"state": _BROADCAST_STATE[state]}
    if state is OutboxState.SENT and sent is not None and sent.reference:
        values |= {
            "msgid": sent.reference,
            "next_poll_at": at + FIRST_POLL,
            "poll_until": at + RESULT_WINDOW,
        }
    await session.execute(
        update(Broadcast)
        .where(col(Broadcast.id) == broadcast_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    details = (sent.details or {}) if sent else {}
    refused = list(details.get("failed", ()))
    if refused:
        await session.execute(
            update(BroadcastRecipient)
            .where(
                col(BroadcastRecipient.broadcast_id) == broadcast_id,
                col(BroadcastRecipient.external_userid).in_(refused),
            )
            .values(state="refused")
            .execution_options(synchronize_session=False)
        )
    asked = details.get("asked", ())
    gone = await departing.left_behind(session, broadcast_id, claim.payload["purpose"], asked)
    await departing.tell(session, gone, actor="system:dispatcher", at=at)


async def _broadcast_returned(session: AsyncSession, claim: Claim) -> None:
    """WeCom did not take it: until it leaves again, who says no is in time."""
    await departing.stay(session, int(claim.payload["broadcast_id"]))


async def _moment_settled(
    session: AsyncSession, claim: Claim, state: OutboxState, sent: Sent | None, at: datetime
) -> None:
    """The part of the moment follows its call."""
    reference = sent.reference if sent else ""
    await settling.settled(session, int(claim.payload["part_id"]), state, reference, at)


async def _moment_returned(session: AsyncSession, claim: Claim) -> None:
    """WeCom did not take it: until it leaves again, who says no is in time."""
    await leaving.stay(session, int(claim.payload["part_id"]))


_BROADCAST_STATE: Final = {
    OutboxState.SENT: "created",
    OutboxState.FAILED: "failed",
    OutboxState.EXPIRED: "failed",
    OutboxState.UNKNOWN: "unknown",
    OutboxState.CANCELLED: "cancelled",
    OutboxState.QUEUED: "queued",
    OutboxState.SENDING: "queued",
}
