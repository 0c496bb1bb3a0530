"""Asks for an evidence pack, and lets a second person allow or refuse it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.content import findings_of
from archive.errors import PackDecided, PackEmpty, PackTooLarge, PackUnknown, SameHands
from archive.facts import SearchScope, Viewing
from archive.models import ArchivedMessage, EvidenceItem, EvidencePack
from archive.repository import locked_cursor
from archive.search import Query, conditions
from kit.clock import bank_date
from kit.db import cipher_of
from kit.ledger import Entry, append

TITLE: Final = "evidence_pack.title"
DECISION: Final = "evidence_pack.decision"
MESSAGES_AT_MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class PackFact:
    """A pack as pages show it."""

    number: str
    title: str = field(repr=False)
    purpose: str
    state: str  # requested | approved | refused | built
    messages: int
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision: str | None = field(repr=False)
    built_at: datetime | None
    sha256: str
    size: int


async def request(
    session: AsyncSession,
    scope: SearchScope,
    msgids: Sequence[str],
    viewing: Viewing,
    *,
    title: str,
    purpose: str,
    at: datetime,
) -> PackFact:
    """Ask for a pack of the named messages as far as they are in sight; what it holds is fixed now.

    Raises PackEmpty when none is in sight, PackTooLarge above ``MESSAGES_AT_MOST``.
    """
    wanted = list(dict.fromkeys(msgids))
    if len(wanted) > MESSAGES_AT_MOST:
        raise PackTooLarge(
            "一个证据包最多 5,000 条消息", saw=f"{len(wanted)} 条", do="缩小时间范围，或分成几个包"
        )
    query = select(col(ArchivedMessage.msgid), col(ArchivedMessage.seq)).where(
        col(ArchivedMessage.msgid).in_(wanted), *conditions(scope, Query())
    )
    found = (await session.execute(query.order_by(col(ArchivedMessage.seq)))).all()
    if not found:
        raise PackEmpty("所选的消息都不存在，或不在你的查看范围内", do="回到检索页重新选择")
    findings = await findings_of(session, [msgid for msgid, _ in found])
    number = await _next_number(session, at)
    pack = EvidencePack(
        number=number,
        title=cipher_of(session).seal(TITLE, number, title),
        purpose=purpose,
        state="requested",
        messages=len(found),
        requested_by=viewing.actor,
        requested_at=at,
    )
    session.add(pack)
    await session.flush()
    await session.execute(
        insert(EvidenceItem),
        [
            {
                "number": number,
                "msgid": msgid,
                "seq": seq,
                "rules": sorted({finding.rule for finding in findings.get(msgid, ())}),
            }
            for msgid, seq in found
        ],
    )
    await record(session, pack, "evidence.requested", viewing, at, title=title)
    return fact(session, pack)


async def approve(
    session: AsyncSession, number: str, viewing: Viewing, *, opinion: str, at: datetime
) -> PackFact:
    """Allow a pack. Raises SameHands for the one who asked, PackDecided when it is decided."""
    return await _decide(session, number, viewing, "approved", opinion, at)


async def refuse(
    session: AsyncSession, number: str, viewing: Viewing, *, opinion: str, at: datetime
) -> PackFact:
    """Refuse a pack; it can be asked for anew. Raises as ``approve``."""
    return await _decide(session, number, viewing, "refused", opinion, at)


async def packs(session: AsyncSession, *, limit: int = 50) -> list[PackFact]:
    """The newest packs."""
    query = select(EvidencePack).order_by(col(EvidencePack.requested_at).desc()).limit(limit)
    return [fact(session, pack) for pack in (await session.execute(query)).scalars()]


async def _decide(
    session: AsyncSession, number: str, viewing: Viewing, state: str, opinion: str, at: datetime
) -> PackFact:
    pack = await locked_pack(session, number)
    if pack.requested_by == viewing.actor:
        raise SameHands(
            "申请人不能审批自己的证据包", saw=viewing.actor, do="请另一位合规或内审人员审批"
        )
    if pack.state != "requested":
        raise PackDecided("这个证据包已经审批过", saw=pack.state, do="需要时重新申请")
    pack.state, pack.decided_by, pack.decided_at = state, viewing.actor, at
    pack.decision = cipher_of(session).seal(DECISION, number, opinion)
    await session.flush()
    await record(session, pack, f"evidence.{state}", viewing, at, opinion=opinion)
    return fact(session, pack)


async def locked_pack(session: AsyncSession, number: str) -> EvidencePack:
    """The pack, locked until the transaction ends. Raises PackUnknown."""
    query = select(EvidencePack).where(col(EvidencePack.number) == number).with_for_update()
    fresh = query.execution_options(populate_existing=True)
    pack = (await session.execute(fresh)).scalar_one_or_none()
    if pack is None:
        raise PackUnknown("没有这个证据包", saw=number, where="合规 · 证据包")
    return pack


async def record(
    session: AsyncSession,
    pack: EvidencePack,
    act: str,
    viewing: Viewing,
    at: datetime,
    **payload: object,
) -> None:
    """Leave a step of the pack's life in the ledger."""
    await append(
        session,
        [
            Entry(
                kind="access",
                act=act,
                actor=viewing.actor,
                object=f"evidence:{pack.number}",
                unit=viewing.unit,
                reason=viewing.reason,
                request_id=viewing.request_id,
                payload={"messages": pack.messages, **payload},
            )
        ],
        at=at,
    )


async def _next_number(session: AsyncSession, at: datetime) -> str:
    year = bank_date(at).year
    cursor = await locked_cursor(session, f"evidence:{year}")
    cursor.position += 1
    cursor.moved_at = at
    await session.flush()
    return f"EV-{year}-{cursor.position:04d}"


def fact(session: AsyncSession, pack: EvidencePack) -> PackFact:
    """The pack for others, its words opened."""
    cipher = cipher_of(session)
    return PackFact(
        number=pack.number,
        title=cipher.open(TITLE, pack.number, pack.title),
        purpose=pack.purpose,
        state=pack.state,
        messages=pack.messages,
        requested_by=pack.requested_by,
        requested_at=pack.requested_at,
        decided_by=pack.decided_by,
        decided_at=pack.decided_at,
        decision=cipher.open_or_none(DECISION, pack.number, pack.decision),
        built_at=pack.built_at,
        sha256=pack.sha256,
        size=pack.size,
    )
