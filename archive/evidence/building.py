"""Builds the zip of an approved pack: the same bytes every time, or it says so."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.content import opened, rows_of
from archive.digests import STREAM
from archive.errors import PackChanged, PackNotApproved, PackUnsound
from archive.evidence.cover import cover
from archive.evidence.requests import fact, locked_pack, record
from archive.facts import Viewing
from archive.integrity import seals
from archive.models import EvidenceItem
from kit.clock import BANK_TIME
from kit.db import cipher_of
from kit.ledger.entries import canonical, moment_text
from kit.ledger.models import LedgerEntry

FORMAT: Final = 1
_HERE: Final = Path(__file__).parent


async def build(session: AsyncSession, number: str, viewing: Viewing, *, at: datetime) -> bytes:
    """The zip of an approved pack; each call is one ledger entry (``evidence.built`` with SHA-256).

    Raises PackNotApproved, PackUnsound when a message does not prove itself, PackChanged when
    the pack was built before and comes out differently now.
    """
    pack = await locked_pack(session, number)
    if pack.state not in {"approved", "built"} or pack.decided_at is None:
        raise PackNotApproved("这个证据包还没有复核通过", saw=pack.state, do="请复核人先审批")
    messages = await _messages(session, number)
    entries = await _chain(session, {message["page"] for message in messages})
    files = {
        "messages.jsonl": _lines(messages),
        "ledger.jsonl": _lines(entries),
        "cover.html": cover(fact(session, pack), messages, entries).encode(),
        "cover.css": (_HERE / "cover.css").read_bytes(),
        "verify.py": (_HERE / "verify.py").read_bytes(),
    }
    files["manifest.json"] = manifest(files, number, [message["seq"] for message in messages])
    data = zipped(files, pack.decided_at)
    digest = hashlib.sha256(data).hexdigest()
    if pack.sha256 and pack.sha256 != digest:
        raise PackChanged(
            "同一个证据包两次生成的结果不同",
            saw=digest[:16],
            where=f"首次生成的摘要 {pack.sha256[:16]}",
            do="先核验会话存档和台账；程序升级后请重新申请证据包",
        )
    pack.state, pack.built_at, pack.sha256 = "built", pack.built_at or at, digest
    pack.size = len(data)
    await session.flush()
    await record(session, pack, "evidence.built", viewing, at, sha256=digest, size=len(data))
    return data


async def _messages(session: AsyncSession, number: str) -> list[dict[str, Any]]:
    query = select(EvidenceItem).where(col(EvidenceItem.number) == number)
    items = {item.seq: item for item in (await session.execute(query)).scalars()}
    proofs = await seals(session, sorted(items))
    unsound = [seal for seal in proofs if not seal.sound]
    if unsound:
        raise PackUnsound(
            "证据包里有消息通不过核验，不能生成",
            saw=unsound[0].saying,
            where="系统 · 存档核验",
            do="先查清这些消息",
            seqs=",".join(str(seal.seq) for seal in unsound[:20]),
        )
    rows = await rows_of(session, sorted(items))
    cipher = cipher_of(session)
    found = []
    for seq in sorted(items):
        row = rows[seq]
        message = opened(cipher, row)
        found.append(
            {
                "seq": seq,
                "msgid": row.msgid,
                "page": row.page,
                "action": row.action,
                "msgtype": row.msgtype,
                "from": row.from_id,
                "to": list(message.to),
                "room": row.room_id,
                "sent_at": moment_text(row.sent_at),
                "received_at": moment_text(row.received_at),
                "text": message.text,
                "rules": items[seq].rules,
                "salt": row.salt.hex(),
                "digest": row.digest,
                "body": message.raw.decode(),
            }
        )
    return found


async def _chain(session: AsyncSession, pages: Iterable[int]) -> list[dict[str, Any]]:
    """The ledger from the first to the last page of the pack; payloads of its pages alone."""
    wanted = set(pages)
    query = (
        select(LedgerEntry)
        .where(
            col(LedgerEntry.stream) == STREAM,
            col(LedgerEntry.seq).between(min(wanted), max(wanted)),
        )
        .order_by(col(LedgerEntry.seq))
    )
    cipher = cipher_of(session)
    found: list[dict[str, Any]] = []
    for entry in (await session.execute(query)).scalars():
        line: dict[str, Any] = {
            "stream": entry.stream,
            "seq": entry.seq,
            "at": moment_text(entry.at),
            "actor": entry.actor,
            "act": entry.act,
            "object": entry.object,
            "unit": entry.unit,
            "reason": entry.reason,
            "request_id": entry.request_id,
            "prev": entry.prev,
            "payload_digest": entry.payload_digest,
            "hash": entry.hash,
        }
        if entry.seq in wanted and entry.payload is not None:
            place = f"{entry.stream}#{entry.seq}"
            opened_payload = cipher.open_bytes("ledger_entry.payload", place, entry.payload)
            line |= {"salt": entry.salt.hex(), "payload": orjson.loads(opened_payload)}
        found.append(line)
    return found


def _lines(objects: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(canonical(one) + b"\n" for one in objects)


def manifest(files: Mapping[str, bytes], number: str, seqs: Sequence[int]) -> bytes:
    """The list of files with their digests, sealed by a digest of itself."""
    listed: dict[str, Any] = {
        "format": FORMAT,
        "pack": number,
        "messages": list(seqs),
        "files": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for name, data in sorted(files.items())
        },
    }
    listed["digest"] = hashlib.sha256(canonical(listed)).hexdigest()
    return canonical(listed)


def zipped(files: Mapping[str, bytes], at: datetime) -> bytes:
    """A zip whose bytes depend on its content and ``at`` alone: stored, in order, one mode."""
    moment = at.astimezone(BANK_TIME)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[name])
    return target.getvalue()
