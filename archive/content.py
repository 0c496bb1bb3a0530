"""Opens stored messages for whoever may read them, with what is known about each."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.facts import FindingFact, FoundMessage, Wording
from archive.models import ArchiveCursor, ArchivedMessage, Finding, SendMatch
from archive.opening import BODY
from archive.reading import Message, read
from archive.wording import NO_WORDS
from kit.crypto import FieldCipher

COMPARED: Final = "comparison"


def opened(cipher: FieldCipher, row: ArchivedMessage) -> Message:
    """The message behind a row. Raises SealBroken when its body was changed or moved."""
    raw = cipher.open_bytes(BODY, row.msgid, row.body)
    return read(row.seq, row.msgid, raw, row.received_at)


async def rows_of(session: AsyncSession, seqs: Sequence[int]) -> dict[int, ArchivedMessage]:
    """Rows by sequence number."""
    query = select(ArchivedMessage).where(col(ArchivedMessage.seq).in_(list(seqs)))
    return {row.seq: row for row in (await session.execute(query)).scalars()}


async def described(
    session: AsyncSession,
    messages: Sequence[tuple[ArchivedMessage, Message, tuple[tuple[int, int], ...]]],
) -> tuple[FoundMessage, ...]:
    """Add findings, recalls and the comparison with claimed sends; four queries however many."""
    msgids = [row.msgid for row, _, _ in messages]
    findings = await findings_of(session, msgids)
    recalled = await _recalled(session, msgids)
    sends = await _matched(session, msgids)
    compared_to = await session.execute(
        select(col(ArchiveCursor.position)).where(col(ArchiveCursor.name) == COMPARED)
    )
    until = compared_to.scalar_one_or_none() or 0
    return tuple(
        FoundMessage(
            seq=row.seq,
            msgid=row.msgid,
            msgtype=row.msgtype,
            action=row.action,
            from_id=message.from_id,
            from_kind=message.from_kind,
            to=message.to,
            room_id=row.room_id,
            talk=row.talk,
            external=row.external,
            sent_at=row.sent_at,
            text=message.text,
            body=message.json,
            spans=spans,
            findings=findings.get(row.msgid, ()),
            recalled=row.msgid in recalled,
            wording=_wording(row, sends.get(row.msgid), until),
            send_id=sends[row.msgid][1] if row.msgid in sends else None,
            page=row.page,
        )
        for row, message, spans in messages
    )


def _wording(row: ArchivedMessage, match: tuple[str, str] | None, until: int) -> Wording | None:
    if match is not None:
        return "script" if match[0] == "confirmed" else "differs"
    spoken = row.from_kind == "staff" and row.external and row.action == "send"
    if not spoken or row.msgtype in NO_WORDS or row.sent_at.timestamp() >= until:
        return None
    return "hand"


async def findings_of(
    session: AsyncSession, msgids: Sequence[str]
) -> dict[str, tuple[FindingFact, ...]]:
    """Findings by message, of the newest rulebook that found something in it."""
    query = (
        select(Finding)
        .where(col(Finding.msgid).in_(list(msgids)))
        .order_by(col(Finding.msgid), col(Finding.found_at), col(Finding.rule))
    )
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in (await session.execute(query)).scalars():
        found[finding.msgid].append(finding)
    return {
        msgid: tuple(_fact(one) for one in ones if one.rulebook == ones[-1].rulebook)
        for msgid, ones in found.items()
    }


def _fact(finding: Finding) -> FindingFact:
    return FindingFact(
        rule=finding.rule,
        rulebook=finding.rulebook,
        family=finding.family,
        severity=finding.severity,
        speaker=finding.speaker,
        spans=tuple((start, end) for start, end in finding.spans),
        window=tuple(finding.window),
        state=finding.state,
    )


async def _recalled(session: AsyncSession, msgids: Sequence[str]) -> set[str]:
    query = select(col(ArchivedMessage.refers_to)).where(
        col(ArchivedMessage.refers_to).in_(list(msgids))
    )
    return {msgid for msgid in (await session.execute(query)).scalars() if msgid}


async def _matched(session: AsyncSession, msgids: Sequence[str]) -> dict[str, tuple[str, str]]:
    query = select(SendMatch).where(col(SendMatch.msgid).in_(list(msgids)))
    found = sorted(
        (await session.execute(query)).scalars(), key=lambda one: one.state == "confirmed"
    )
    return {one.msgid: (one.state, one.send_id) for one in found if one.msgid is not None}
