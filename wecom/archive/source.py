"""Where sealed records and files come from: a Protocol, and its way over plain HTTP.

Tencent documents only its own library (see ``wecom.archive.library``). The two HTTP paths were read
off that library; they serve the simulator and hosts that the library does not run on.
"""

import binascii
import re
from collections.abc import AsyncIterator
from typing import Any, Final, Protocol

import orjson

from wecom import limits
from wecom.answers import Answer
from wecom.archive.media import CHUNK, FileId, MediaOpener
from wecom.archive.records import Record
from wecom.client import WecomClient
from wecom.errors import AnswerUnreadable

MAX_RECORDS: Final = 1000

_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_SPAN: Final = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.IGNORECASE)


class ArchiveSource(Protocol):
    """Gives sealed records and opened files; raises the errors of ``wecom.errors``."""

    async def fetch(self, seq: int, limit: int = MAX_RECORDS) -> tuple[Record, ...]:
        """Return up to ``limit`` records above ``seq`` in rising order; none is the end."""
        ...

    def media(self, sdkfileid: str) -> AsyncIterator[bytes]:
        """Yield a file's plain bytes in order. Refused (301048) once it is over five days old."""
        ...

    async def aclose(self) -> None: ...


class HttpSource:
    """Fetches with the archive's own secret; the client stays open when this is closed."""

    def __init__(self, client: WecomClient) -> None:
        self._client = client

    async def fetch(self, seq: int, limit: int = MAX_RECORDS) -> tuple[Record, ...]:
        limits.in_range("每次拉取条数", limit, 1, MAX_RECORDS)
        path = "message/getchatdata"

        def signed(token: str) -> bytes:
            return orjson.dumps(
                {"seq": seq, "limit": limit, "version": 3, "encrypt_sign": encrypt_sign(token)}
            )

        answer, _ = await self._client.call_signed(path, signed, headers=_FORM)
        return records_in(path, answer)

    async def media(self, sdkfileid: str) -> AsyncIterator[bytes]:
        path = "message/getchatmediadata"
        file = FileId.read(sdkfileid)
        opener = MediaOpener(file.key)
        body = orjson.dumps({"fileid": file.fileid, "authkey": file.authkey, "version": 3})
        start, total = 0, 1
        while start < total:
            headers = _FORM | {"Range": f"bytes={start}-{start + CHUNK - 1}"}
            answer, reply = await self._client.call_signed(path, lambda _: body, headers=headers)
            piece = Answer(path, answer).need("content")
            span = _SPAN.fullmatch(reply.headers.get("content-range", "").strip())
            if span is None or int(span[1]) != start or int(span[2]) < start:
                raise AnswerUnreadable(path, "the answer names another range than was asked for")
            sealed = _base64(path, piece)
            if len(sealed) != int(span[2]) - start + 1:
                raise AnswerUnreadable(path, "the answer is not as long as its range")
            start, total = int(span[2]) + 1, int(span[3])
            yield opener.open(sealed, last=start >= total)

    async def aclose(self) -> None:
        """Do nothing: the client belongs to who made it."""


def records_in(path: str, answer: dict[str, Any]) -> tuple[Record, ...]:
    """Return the records of a getchatdata answer."""
    return tuple(Record.read(one) for one in Answer(path, answer).objects("chatdata"))


def encrypt_sign(token: str) -> str:
    """Return what the library sends beside a token: its BKDR hash, folded to 32 bits."""
    value = 0
    for byte in token.encode():
        value = (value * 1313 + byte) & 0xFFFF_FFFF_FFFF_FFFF
    return str((value ^ (value >> 32)) & 0xFFFF_FFFF)


def _base64(path: str, text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise AnswerUnreadable(path, "the file's piece is not base64") from None
