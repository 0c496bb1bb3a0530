"""欢迎语: the one text the API itself says to a customer, within 20 seconds, once.

It has a lane of its own: judged and put into the outbox by whoever took the callback, sent at
once by the same process, and never sent late. The text is general, because at that moment
nobody knows yet who the contact is.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import repository as decisions
from compliance.facts import Channel, Draft, Purpose, Recipient, Sender
from compliance.gate import Court, decision_rows
from content_library import repository as scripts_of
from content_library.render import pieces
from crm_sync.facts import StaffFact
from delivery.attached import named_by
from delivery.channel_reasons import of_welcome
from delivery.desk import Desk
from delivery.facts import AT_ONCE, WELCOME
from delivery.intents import Outcome, Submission
from delivery.judging import words_of
from delivery.products_in_words import product_fields, shown, with_product
from delivery.repository import keys, outbox
from delivery.repository.outbox import Call
from kit import ledger
from kit.clock import bank_date
from kit.errors import InputRefused

LIFETIME: Final = timedelta(seconds=20)
SCENE: Final = "welcome"


async def submit(
    session: AsyncSession,
    *,
    welcome_code: str,
    external_userid: str,
    staff: StaffFact | None,
    added_at: datetime,
    at: datetime,
    desk: Desk,
) -> tuple[Submission, int | None]:
    """Judge and queue one welcome; returns what the door did and the outbox row to dispatch.

    The code's digest is the key, so the same event is judged once however often it comes, also
    when it was refused; the code itself is kept sealed alone.
    """
    key = f"welcome:{hashlib.sha256(welcome_code.encode()).hexdigest()[:32]}"
    if await keys.known(session, [key]):
        return Submission(key, Outcome.REPEATED), None
    scripts = await scripts_of.approved(session, SCENE, at)
    if not scripts:
        return await _refused(session, key, Outcome.NO_WORDS, "没有已审核的欢迎语", at), None
    script = scripts[0]
    named = [script.product_code] if script.product_code else []
    products = await shown(session, named, at)
    fields: dict[str, object] = {**product_fields(script, products), "bank_name": desk.bank_name}
    if staff is not None:
        fields |= {"staff_name": staff.name, "staff_title": "客户经理"}
    if desk.hotline:
        fields["hotline"] = desk.hotline
    try:
        rendered = pieces(script.template, fields)
    except InputRefused as error:
        return await _refused(session, key, Outcome.NO_WORDS, error.what, at), None
    draft = Draft(
        key=key,
        channel=Channel.WELCOME,
        recipients=(Recipient(None),),
        words=with_product(
            words_of(script, rendered, None),
            products,
            channel=Channel.WELCOME.value,
            unit_id=staff.unit_id if staff else "",
        ),
        sender=Sender(staff.staff_id, staff.active, staff.licences_on(bank_date(at)))
        if staff
        else None,
        solicited=True,
    )
    court = Court(
        at=at,
        policy=desk.policy,
        calendar=desk.calendar,
        screener=desk.screener,
        reader=desk.reader,
    )
    decision = court.decide(draft)
    await decisions.record_decisions(session, decision_rows([draft], [decision], rulebook=""), at)
    if decision.objections:
        codes = tuple(one.code for one in decision.objections)
        if not await keys.refuse_new(session, key, Outcome.BLOCKED, ",".join(codes), at):
            return Submission(key, Outcome.REPEATED), None
        return Submission(key, Outcome.BLOCKED, codes), None
    if not await keys.take(session, [key], at):
        return Submission(key, Outcome.REPEATED), None
    unit = staff.unit_id if staff else "hq"
    [call_id] = await outbox.put(
        session,
        [
            Call(
                key=key,
                kind=WELCOME,
                payload={
                    "welcome_code": welcome_code,
                    "text": draft.words.text,
                    "materials": named_by(script),
                    "script_version_id": script.version_id,
                },
                due_at=at,
                expires_at=added_at + LIFETIME,
                unit_id=unit,
                userid=staff.userid or "" if staff else "",
                priority=AT_ONCE,
                channel_reason=of_welcome(
                    staff=staff.name if staff else "", seconds=int(LIFETIME.total_seconds())
                ),
            )
        ],
        at,
    )
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="welcome.queued",
                actor="system:welcome",
                object=f"contact:{external_userid}",
                unit=unit,
                payload={
                    "script": f"{script.code}/{script.version}",
                    "text": draft.words.text,
                    "purpose": Purpose(script.purpose).value,
                    "outbox": call_id,
                },
            )
        ],
        at=at,
    )
    return Submission(key, Outcome.QUEUED), call_id


async def _refused(
    session: AsyncSession, key: str, outcome: Outcome, detail: str, at: datetime
) -> Submission:
    """The refusal, remembered; a repetition when somebody else was quicker."""
    if not await keys.refuse_new(session, key, outcome, detail, at):
        return Submission(key, Outcome.REPEATED)
    return Submission(key, outcome, detail=detail)
