"""A small archive peer and the talks it gives: sealed as WeCom seals, kept in memory."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from archive.facts import PullReport, Viewing
from archive.ingest import pull
from compliance.screening import Screener
from kit.db import Database
from simulator.wecom.archive.cipher import seal_record
from wecom.archive.records import Record

AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ZHOU = "wm" + "Zhou".ljust(30, "0")
CHEN = "wm" + "Chen".ljust(30, "0")
ROOM = "wr" + "Cuihu".ljust(30, "0")
AUDITOR = Viewing("staff:hejing", reason="日常巡检")


@cache
def private_key(version: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def screener() -> Screener:
    return Screener.from_rulebook()


def keys(*versions: int) -> dict[int, rsa.RSAPrivateKey]:
    return {version: private_key(version) for version in versions or (1,)}


def said(
    text: str,
    *,
    by: str = "LiMin",
    to: str | Sequence[str] = ZHOU,
    room: str = "",
    minute: float = 0,
    msgid: str = "",
    **more: Any,
) -> dict[str, Any]:
    """A text as WeCom archives it; ``minute`` counts from AT."""
    at = AT + timedelta(minutes=minute)
    message = {
        "msgid": msgid or f"m-{by}-{minute}-{abs(hash((text, room))) % 10**9}_external",
        "action": "send",
        "from": by,
        "tolist": [to] if isinstance(to, str) else list(to),
        "roomid": room,
        "msgtime": int(at.timestamp() * 1000),
        "msgtype": "text",
        "text": {"content": text},
    }
    return {**message, **more}


def record(seq: int, message: Mapping[str, Any] | bytes, *, version: int = 1) -> Record:
    """A message sealed for the bank's key of a version."""
    plain = message if isinstance(message, bytes) else json.dumps(message).encode()
    sealed = seal_record(plain, private_key(version).public_key())
    msgid = "" if isinstance(message, bytes) else str(message["msgid"])
    return Record(
        seq=seq,
        msgid=msgid or f"raw-{seq}",
        key_version=version,
        random_key=sealed.encrypt_random_key,
        sealed=sealed.encrypt_chat_msg,
    )


class Shelf:
    """An ArchiveSource over a list of records; ``hidden`` numbers are passed over."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.records = sorted(records, key=lambda one: one.seq)
        self.hidden: set[int] = set()
        self.asked: list[int] = []

    async def fetch(self, seq: int, limit: int = 1000) -> tuple[Record, ...]:
        self.asked.append(seq)
        above = [one for one in self.records if one.seq > seq and one.seq not in self.hidden]
        return tuple(above[:limit])

    async def media(self, sdkfileid: str) -> AsyncIterator[bytes]:
        raise AssertionError("no test asks for files")
        yield b""

    async def aclose(self) -> None:
        """Nothing is open."""


def shelf(*messages: Mapping[str, Any], first: int = 1) -> Shelf:
    """A shelf of messages numbered from ``first``."""
    return Shelf(record(first + place, message) for place, message in enumerate(messages))


async def archived(
    database: Database, *messages: Mapping[str, Any], first: int = 1, hour: float = 1
) -> PullReport:
    """Pull messages into the archive, ``hour`` hours after AT."""
    at = AT + timedelta(hours=hour)
    return await pull(database, shelf(*messages, first=first), keys(), at=at)
