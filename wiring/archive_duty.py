"""The archive's round: pull, screen, act on what customers said, compare with what was sent.

The archive knows neither consents nor tickets; here its facts are handed on, each in the
transaction that keeps them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from archive import comparison, ingest, screening
from archive.facts import ClaimedSend, ConsentFact, CustomerSignal
from archive.wording import text_hash
from compliance import opting_out as wishes
from compliance.opting_out import Choice
from crm_sync import contacts, selection
from crm_sync.repository.cards import customers_of_contacts
from delivery import opting_out, proving
from delivery.worklist import Work, open_work
from kit.db import cipher_of
from wiring import screening_duty
from wiring.parts import Parts
from wiring.policies import splits_of

PROOF_WINDOW: Final = timedelta(days=5)


async def round_of(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """One round; returns its counts. What fails is raised after what was stored is kept."""
    counts: dict[str, int] = {}
    if parts.archive_source is not None:
        report = await ingest.pull(
            parts.databases.bank,
            parts.archive_source,
            parts.archive_keys,
            at=at,
            on_page=_consents_told,
        )
        counts |= {
            "stored": report.stored,
            "quarantined": report.quarantined,
            "holes": report.holes,
        }
    counts |= await screen_all(parts, at)
    counts |= await compare_claims(parts, at)
    return counts


async def _consents_told(session: AsyncSession, consents: Sequence[ConsentFact]) -> None:
    for one in consents:
        await contacts.note_archive_consent(session, one.external_userid, one.agreed, one.at)


async def screen_all(parts: Parts, at: datetime) -> dict[str, int]:
    """Screen every page that waits; act on opt-outs and complaints in the same transaction."""
    counts = {"screened": 0, "findings": 0, "alerts": 0, "signals": 0}
    splits = splits_of(parts.shelf)
    while True:
        async with parts.databases.bank.transaction() as session:
            done = await screening.screen_next(session, parts.screener, at=at, splits=splits)
            if not done.page:
                return counts
            await act_on(session, done.signals, at)
            await screening_duty.review_talk(session, done.stops, parts, at)
        counts["screened"] += done.messages
        counts["findings"] += done.findings
        counts["alerts"] += done.alerts
        counts["signals"] += len(done.signals)


async def act_on(session: AsyncSession, signals: Sequence[CustomerSignal], at: datetime) -> None:
    """A customer who wants to be left alone is, at once and everywhere; one who may complain
    gets a person's attention."""
    if not signals:
        return
    known = await customers_of_contacts(session, {one.external_userid for one in signals})
    people = await selection.customer_facts(session, set(known.values()))
    for one in signals:
        customer_id = known.get(one.external_userid)
        unit = people[customer_id].unit_id if customer_id in people else "hq"
        if one.kind == "optout" and customer_id is None:
            await wishes.silence_contact(
                session, one.external_userid, Choice.MARKETING, source="chat", at=at
            )
        elif one.kind == "optout" and customer_id is not None:
            actor = f"customer:{customer_id}"
            await opting_out.opt_out(
                session,
                customer_id,
                Choice.MARKETING,
                source="chat",
                words=f"聊天中要求停止打扰（{one.msgid}）",
                at=at,
                actor=actor,
                unit=unit,
            )
        await open_work(
            session,
            [
                Work(
                    key=f"signal:{one.kind}:{one.msgid}",
                    kind=f"customer_{one.kind}",
                    title="客户要求停止打扰" if one.kind == "optout" else "客户可能要投诉",
                    why=f"会话存档里的一句话触发了规则 {one.rule}",
                    unit_id=unit,
                    customer_id=customer_id,
                    external_userid=one.external_userid,
                    facts={"msgid": one.msgid},
                )
            ],
            at=at,
        )


async def compare_claims(parts: Parts, at: datetime) -> dict[str, int]:
    """Word for word: what the phone claimed to send against what the archive shows."""
    async with parts.databases.bank.transaction() as session:
        claims = await proving.awaiting_proof(session, since=at - PROOF_WINDOW)
        cipher = cipher_of(session)
        compared = await comparison.compare(
            session,
            [
                ClaimedSend(
                    send_id=str(one.id),
                    userid=one.userid,
                    text_hash=text_hash(cipher, one.text),
                    claimed_at=one.claimed_at,
                    external_userid=one.external_userid or None,
                    chat_id=one.chat_id or None,
                )
                for one in claims
            ],
            until=at,
            at=at,
        )
        counts = {"confirmed": 0, "differs": 0}
        for found in compared:
            if found.state in counts and found.msgid:
                await proving.proved(
                    session,
                    int(found.send_id),
                    same=found.state == "confirmed",
                    msgid=found.msgid,
                    at=at,
                )
                counts[found.state] += 1
    return counts
