"""Tencent's own archive library (libWeWorkFinanceSdk_C), kept in a child process.

Never in ours: a short text makes it abort, it prints token errors to standard output, and it does
not verify the chain of WeCom's certificate. Let it out only through an egress proxy that does. The
child has an empty environment, gets its one secret over a pipe, and is started again when it dies.
"""

import hashlib
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import anyio
import orjson
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from wecom import limits
from wecom.archive.errors import FileIdUnreadable, MediaUndecryptable, RecordUndecryptable
from wecom.archive.records import Record
from wecom.archive.source import MAX_RECORDS, records_in
from wecom.errors import (
    Busy,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    Rejected,
    Unreachable,
    WecomError,
    error_for,
    redact,
)

_CHILD: Final = Path(__file__).with_name("library_child.py")
_GRACE_S: Final = 5.0
_DEAD_TOKENS: Final = (40014, 42001)
_ANSWER_REFUSED: Final = 10002
_LOST: Final = (
    anyio.IncompleteRead,
    anyio.EndOfStream,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
)


class LibrarySource:
    """An :class:`ArchiveSource` over the library; calls wait for each other."""

    def __init__(
        self,
        library: Path,
        corp_id: str,
        secret: str,
        *,
        sha256: str | None = None,
        proxy: str = "",
        proxy_password: str = "",
        timeout_s: int = 10,
    ) -> None:
        """``sha256`` pins the file: another one is refused before it is loaded."""
        self._library = library
        self._corp_id = corp_id
        self._secret = secret
        self._sha256 = sha256
        self._way = {"proxy": proxy, "proxy_password": proxy_password, "timeout_s": timeout_s}
        self._timeout_s = timeout_s
        self._one_at_a_time = anyio.Lock()
        self._process: Process | None = None
        self._answers: BufferedByteReceiveStream | None = None

    def __repr__(self) -> str:
        return f"LibrarySource({str(self._library)!r}, corp_id={self._corp_id!r})"

    async def fetch(self, seq: int, limit: int = MAX_RECORDS) -> tuple[Record, ...]:
        limits.in_range("每次拉取条数", limit, 1, MAX_RECORDS)
        path = "GetChatData"
        answer = await self._page(path, seq, limit)
        if answer.get("errcode") in _DEAD_TOKENS:
            # The handle keeps its token and does not renew one that ended early.
            await self.aclose()
            answer = await self._page(path, seq, limit)
        # The library hands a refusal of the server over as if it were data.
        errcode = answer.get("errcode", 0)
        if errcode:
            errmsg = redact(str(answer.get("errmsg", "")), self._secret)
            raise error_for(path, int(errcode), errmsg, idempotent=True)
        return records_in(path, answer)

    async def _page(self, path: str, seq: int, limit: int) -> dict[str, Any]:
        fields, data = await self._ask(
            path, {"do": "fetch", "seq": seq, "limit": limit} | self._way
        )
        _judge(path, fields["rc"])
        try:
            answer: Any = orjson.loads(data)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise OutcomeUnknown(path, "the answer is not a JSON object")
        return answer

    async def media(self, sdkfileid: str) -> AsyncIterator[bytes]:
        path, index, finished, renewed = "GetMediaData", "", False, False
        while not finished:
            ask = {"do": "media", "sdkfileid": sdkfileid, "index": index} | self._way
            fields, data = await self._ask(path, ask)
            if fields["rc"] == _ANSWER_REFUSED and not renewed:
                # A dead token looks like this here; a new handle fetches a new one.
                renewed = True
                await self.aclose()
                continue
            if fields["rc"] == 10005:
                raise FileIdUnreadable("the library cannot read this sdkfileid")
            if fields["rc"] == 10006:
                raise MediaUndecryptable("the library cannot open this file")
            _judge(path, fields["rc"])
            if not fields["finished"] and fields["index"] in ("", index):
                raise MediaUndecryptable("the library does not go on in this file")
            index, finished = fields["index"], fields["finished"]
            yield data

    async def decrypt(self, encrypt_key: bytes, sealed: str) -> bytes:
        """Open one record with the library, to compare with ``records.open_sealed``.

        ``encrypt_key`` is what ``records.open_random_key`` gives.
        """
        path = "DecryptData"
        ask = {"do": "decrypt", "encrypt_key": encrypt_key.decode("latin-1"), "sealed": sealed}
        fields, data = await self._ask(path, ask)
        causes = {10005: "layout", 10006: "body", 10008: "private_key"}
        if fields["rc"] in causes:
            raise RecordUndecryptable(causes[fields["rc"]], f"library code {fields['rc']}")
        _judge(path, fields["rc"])
        return data

    async def aclose(self) -> None:
        async with self._one_at_a_time:
            await self._end()

    async def _ask(self, path: str, ask: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        async with self._one_at_a_time:
            if self._process is None:
                await self._start()
            return await self._exchange(path, ask)

    async def _start(self) -> None:
        path = "Init"
        content = await self._content(path)
        if self._sha256 and hashlib.sha256(content).hexdigest() != self._sha256.lower():
            raise Misconfigured(path, f"{self._library} is not the pinned library (sha256)")
        self._process = await anyio.open_process(
            [sys.executable, "-I", str(_CHILD)], env={"LC_ALL": "C.UTF-8"}, stderr=None
        )
        stdout = self._process.stdout
        if stdout is None:
            raise AssertionError("the child was started with a pipe")
        self._answers = BufferedByteReceiveStream(stdout)
        ask = {
            "do": "open",
            "library": str(self._library.resolve()),
            "corp_id": self._corp_id,
            "secret": self._secret,
        }
        try:
            fields, _ = await self._exchange(path, ask)
            if "problem" in fields:
                raise Misconfigured(path, f"the library cannot be loaded: {fields['problem']}")
            _judge(path, fields["rc"])
        except WecomError:
            await self._end()
            raise

    async def _content(self, path: str) -> bytes:
        try:
            return await anyio.Path(self._library).read_bytes()
        except OSError as error:
            raise Misconfigured(
                path, f"the archive library cannot be read: {self._library} ({error.strerror})"
            ) from None

    async def _exchange(self, path: str, ask: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        if self._process is None or self._process.stdin is None or self._answers is None:
            raise AssertionError("the child runs")
        text = orjson.dumps(ask)
        done = False
        try:
            with anyio.fail_after(self._timeout_s + _GRACE_S):
                await self._process.stdin.send(struct.pack(">I", len(text)) + text)
                sizes = struct.unpack(">II", await self._answers.receive_exactly(8))
                fields: dict[str, Any] = orjson.loads(await self._answers.receive_exactly(sizes[0]))
                data = await self._answers.receive_exactly(sizes[1]) if sizes[1] else b""
            done = True
        except _LOST:
            raise OutcomeUnknown(
                path, "the library's process died; it will be started again"
            ) from None
        except TimeoutError:
            raise OutcomeUnknown(path, "the library did not answer in time") from None
        finally:
            if not done:  # also when we are cancelled: the next answer would not be ours
                await self._end()
        return fields, data

    async def _end(self) -> None:
        process, self._process, self._answers = self._process, None, None
        if process is None:
            return
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.aclose()


def _judge(path: str, rc: int) -> None:
    """Raise what a code of the library means (official page 91774); 0 is good."""
    if rc == 0:
        return
    if rc == 10001:
        raise Unreachable(path, "no network, a refused secret, or a wrong certificate (10001)")
    if rc == 10003:
        raise Busy(path, "system error of the library (10003)", retry_after_s=5)
    if rc == 10009:
        raise Misconfigured(path, "our address is not on the archive's list", errcode=301042)
    if rc == 10010:
        raise Refused(path, "the file is gone: it was kept for five days", errcode=301048)
    if rc == 10011:
        raise Misconfigured(path, "certificate error of the library (10011)")
    if rc in (10000, -1):
        raise Rejected(path, f"bad parameter (library code {rc})")
    raise OutcomeUnknown(path, f"library code {rc}")
