"""Puts the links together: from a message back to trigger, approval, consent, quota and proof."""

import contextlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.policy import GatePolicy
from compliance.repository import decisions_by_key
from config.channel_choice_policy import ChannelChoicePolicy
from config.reminder_policy import ReminderPolicy
from content_library import repository as scripts_of
from content_library.errors import ScriptUnknown
from crm_sync.repository.staff import staff_by_id
from delivery.messages import finding, ways
from delivery.messages.facts import Message
from insights import plan_items, winners
from insights.why import campaign, origin, permission, way_out
from insights.why import proof as proving
from insights.why.facts import Chain
from insights.why.origin import Behind


async def behind(
    session: AsyncSession,
    message: Message,
    *,
    reminders: ReminderPolicy,
    channels: ChannelChoicePolicy,
    gate: GatePolicy,
) -> Chain:
    """The whole chain of one message; a few index reads, however long the ledger is.

    ``reminders``, ``channels``, ``gate``: the policies that hold now, for what things are called
    and how often is often; what held then is read from what was recorded.
    """
    judged = await decisions_by_key(session, message.key)
    slots = await ways.slots(session, message.key)
    tried = await ways.attempts(session, message)
    signed = await origin.signed(session, message)
    drawn = await campaign.drawn(session, message)
    people = signed.people | _people(message) | campaign.people(drawn)
    known = Behind(reminders, channels, await staff_by_id(session, people))
    proof = await proving.of_message(
        session,
        message,
        script=signed.script,
        policy=signed.policy if known.picked(message) else None,
        campaign_id=None if drawn is None else drawn.campaign.campaign_id,
        calls=[each.id for each in tried if each.kind != "ticket"],
    )
    steps = [
        origin.trigger(message, known),
        origin.rule(message, signed.policy, known),
        *origin.words(message, signed.script, known),
        *origin.task_approval(message, known),
        *campaign.step(drawn, known),
        origin.channel(message, known),
        await permission.consent(session, message),
        *permission.gate(message, judged),
        permission.quota(message, slots, gate),
        *way_out.member(message, known),
        *way_out.tries(message, tried, known),
        way_out.answer(message, tried),
        *way_out.archive(message, tried),
        *way_out.outcome(message),
        way_out.proof(message, proof),
    ]
    return Chain(message, tuple(steps), tuple(judged), tuple(slots), tuple(tried), proof)


async def of(
    session: AsyncSession,
    name: str,
    *,
    reminders: ReminderPolicy,
    channels: ChannelChoicePolicy,
    gate: GatePolicy,
) -> Chain | None:
    """The chain of whatever ``name`` stands for (``delivery.messages.finding``), or None."""
    message = await finding.named(session, name)
    if message is None:
        return None
    if message.kind == "refused":
        message = await _refused(session, message, reminders)
    if message.outcome == "outranked" and message.reasons:
        found = await winners.titles(session, [message.reasons], reminders)
        message = replace(
            message, winner=message.reasons, reasons=winners.said(found[message.reasons])
        )
    return await behind(session, message, reminders=reminders, channels=channels, gate=gate)


async def _refused(session: AsyncSession, one: Message, reminders: ReminderPolicy) -> Message:
    """A refusal with what its key and the gate's judgement say of it: customer, purpose, words."""
    about = await plan_items.customers_of([one.key], session, reminders)
    one = replace(one, customer_id=about.get(one.key))
    judged = await decisions_by_key(session, one.key)
    if not judged:
        return one
    _, newest = judged[0]
    code, _, number = newest.script.partition("/")
    return replace(
        one,
        customer_id=one.customer_id or newest.customer_id,
        purpose=newest.purpose,
        script_code=code,
        script_version=int(number) if number.isdecimal() else 0,
        script_version_id=await _version_id(session, code, number),
        text_hash=newest.text_hash,
    )


async def _version_id(session: AsyncSession, code: str, number: str) -> int | None:
    with contextlib.suppress(ScriptUnknown):
        for each in await scripts_of.versions(session, code):
            if str(each.script.version) == number:
                return each.script.version_id
    return None


def _people(message: Message) -> set[str]:
    """Ids of the members of staff whom the sentences name besides those who signed."""
    actors = [message.staff_id, message.approved.get("by"), message.approved.get("asked_by")]
    return {str(one).rpartition(":")[2] for one in actors if one}


def as_json(chain: Chain) -> dict[str, Any]:
    """The chain for machines; no words and no names of customers, ids instead."""
    message = chain.message
    return {
        "ref": message.ref,
        "kind": message.kind,
        "key": message.key,
        "customer_id": message.customer_id,
        "staff_id": message.staff_id,
        "unit_id": message.unit_id,
        "made_at": _moment(message.made_at),
        "state": message.state,
        "outcome": message.outcome,
        "winner": message.winner or None,
        "text_hash": message.text_hash,
        "steps": [
            {
                "step": one.code,
                "name": one.name,
                "said": one.said,
                "state": one.mark or "waiting",
                "at": _moment(one.at),
                "facts": dict(one.facts),
            }
            for one in chain.steps
        ],
        "ledger": {
            "sound": chain.proof.sound,
            "entries": [
                {
                    "place": one.place,
                    "at": _moment(one.at),
                    "act": one.act,
                    "actor": one.actor,
                    "object": one.object,
                    "hash": one.hash,
                    "prev": one.prev,
                }
                for one in chain.proof.entries
            ],
            "segments": [
                {
                    "stream": one.stream,
                    "first": one.first,
                    "last": one.last,
                    "head": one.head,
                    "recomputed": one.entries,
                    "sound": one.sound,
                    "faults": [
                        {"place": each.place, "kind": each.kind, "saying": each.saying}
                        for each in one.faults
                    ],
                }
                for one in chain.proof.segments
            ],
        },
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
