"""Sealed records and files fetched over HTTP and through Tencent's library, opened by us.

The tests with the library itself need the file that Tencent publishes, and run when
GENGYUN_TEST_ARCHIVE_LIBRARY names it; its child process is tested without it.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.wecom.archive.cipher import sdk_file_id
from tests.contracts.wecom.qyapi_proxy import proxy_to
from tests.contracts.wecom.worlds import ARCHIVE_SECRET, CHEN, CORP, World, world
from wecom.archive.errors import FileIdUnreadable, RecordUndecryptable
from wecom.archive.library import LibrarySource
from wecom.archive.records import open_random_key, open_record
from wecom.archive.source import ArchiveSource, HttpSource
from wecom.errors import (
    AnswerUnreadable,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    Rejected,
    Unreachable,
)

pytestmark = pytest.mark.anyio

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = {1: KEY}
LIBRARY = os.environ.get("GENGYUN_TEST_ARCHIVE_LIBRARY", "")
with_library = pytest.mark.skipif(
    not LIBRARY, reason="GENGYUN_TEST_ARCHIVE_LIBRARY does not name libWeWorkFinanceSdk_C.so"
)
FILE = bytes(range(256)) * 5000 + b"tail"


async def talk(there: World, sentences: int) -> None:
    for number in range(sentences):
        await there.act("say", speaker="li", to=CHEN, text=f"您好 {number} 😀")


async def all_texts(source: ArchiveSource, page: int) -> list[str]:
    texts, seq = [], 0
    while records := await source.fetch(seq, page):
        assert [one.seq for one in records] == sorted({one.seq for one in records})
        assert records[0].seq > seq
        seq = records[-1].seq
        texts += [json.loads(open_record(one, KEYS)) for one in records]
    return [one["text"]["content"] for one in texts if one.get("msgtype") == "text"]


async def archived_file(there: World) -> str:
    shown = await there.act("archive_file", content_base64=base64.b64encode(FILE).decode())
    sdkfileid: str = shown["sdkfileid"]
    return sdkfileid


async def content_of(source: ArchiveSource, sdkfileid: str) -> list[bytes]:
    return [piece async for piece in source.media(sdkfileid)]


async def test_records_come_over_http_in_pages_of_any_size() -> None:
    async with world(KEY.public_key()) as there:
        await talk(there, 7)
        source = HttpSource(there.archive)
        said = [f"您好 {number} 😀" for number in range(7)]
        for page in (1, 3, 1000):
            assert await all_texts(source, page) == said


async def test_a_file_comes_over_http_piece_by_piece() -> None:
    async with world(KEY.public_key()) as there:
        pieces = await content_of(HttpSource(there.archive), await archived_file(there))
        assert b"".join(pieces) == FILE
        assert len(pieces) == 3


async def test_a_page_size_that_the_library_refuses_is_refused_before_asking() -> None:
    async with world(KEY.public_key()) as there:
        for limit in (0, 1001):
            with pytest.raises(Rejected):
                await HttpSource(there.archive).fetch(0, limit)
        counts = await there.sim("seen/counts")
        assert "getchatdata" not in json.dumps(counts)


async def test_the_sign_follows_a_renewed_token() -> None:
    async with world(KEY.public_key()) as there:
        await talk(there, 1)
        source = HttpSource(there.archive)
        await source.fetch(0)
        await there.sim("tokens/lose", {})
        assert len(await source.fetch(0)) >= 1


async def test_a_file_that_is_not_there_is_refused() -> None:
    async with world(KEY.public_key()) as there:
        sdkfileid = await archived_file(there)
        await there.sim("clock", {"advance_s": 6 * 24 * 3600})
        with pytest.raises(Refused, match="301048"):
            await content_of(HttpSource(there.archive), sdkfileid)
        with pytest.raises(FileIdUnreadable):
            await content_of(HttpSource(there.archive), "@@@")


class Answers:
    """A client that gives one odd answer about a file."""

    def __init__(self, fields: dict[str, Any], headers: dict[str, str]) -> None:
        self.fields, self.headers = fields, headers

    async def call_signed(self, *_: Any, **__: Any) -> tuple[dict[str, Any], Any]:
        return self.fields, self


@pytest.mark.parametrize(
    ("content", "span"),
    [
        ("AAAA", ""),
        ("AAAA", "BYTES 0-2/x"),
        ("AAAA", "BYTES 16-18/32"),
        ("AAAA", "BYTES 0-15/16"),
        ("!", "BYTES 0-15/16"),
        ("", "BYTES 0-15/16"),
    ],
)
async def test_a_piece_that_is_not_what_was_asked_for_is_unreadable(
    content: str, span: str
) -> None:
    sdkfileid = sdk_file_id("file", "auth", "00" * 16)
    odd: Any = Answers({"content": content}, {"content-range": span})
    with pytest.raises(AnswerUnreadable):
        await content_of(HttpSource(odd), sdkfileid)


# --- the child process, without the library ---------------------------------------------------


async def test_a_library_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    source = LibrarySource(tmp_path / "none.so", CORP, ARCHIVE_SECRET)
    with pytest.raises(Misconfigured, match=r"none\.so"):
        await source.fetch(0)


async def test_another_file_than_the_pinned_one_is_never_loaded(tmp_path: Path) -> None:
    fake = tmp_path / "lib.so"
    fake.write_bytes(b"not the library")
    source = LibrarySource(fake, CORP, ARCHIVE_SECRET, sha256="0" * 64)
    with pytest.raises(Misconfigured, match="sha256"):
        await source.fetch(0)


async def test_a_file_that_is_no_library_is_a_configuration_error(tmp_path: Path) -> None:
    fake = tmp_path / "lib.so"
    fake.write_bytes(b"not the library")
    source = LibrarySource(fake, CORP, ARCHIVE_SECRET)
    with pytest.raises(Misconfigured, match="cannot be loaded") as caught:
        await source.fetch(0)
    assert ARCHIVE_SECRET not in str(caught.value)
    await source.aclose()


DIES = "import os, sys; sys.stdin.buffer.read(4); os.abort()"
HANGS = "import sys; sys.stdin.buffer.read()"
STAND_IN = """
import json, os, struct, sys
while head := sys.stdin.buffer.read(4):
    ask = json.loads(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
    if ask.get("seq") == 666:
        os.abort()
    data = json.dumps({"errcode": 0, "chatdata": [{"seq": os.getpid(), "publickey_ver": 1}]})
    text = json.dumps({"rc": ask.get("seq", 0) if ask.get("seq", 0) >= 10000 else 0})
    data = data if ask["do"] == "fetch" else ""
    out = struct.pack(">II", len(text), len(data)) + text.encode() + data.encode()
    sys.stdout.buffer.write(out)
    sys.stdout.buffer.flush()
"""


def stand_in(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, timeout_s: int = 10
) -> LibrarySource:
    """A source whose child is a script of ours: what matters is how we treat a child."""
    child, library = tmp_path / "child.py", tmp_path / "lib.so"
    child.write_text(script)
    library.write_bytes(b"x")
    monkeypatch.setattr("wecom.archive.library._CHILD", child)
    monkeypatch.setattr("wecom.archive.library._GRACE_S", 0.3)
    return LibrarySource(library, CORP, ARCHIVE_SECRET, timeout_s=timeout_s)


async def test_a_child_that_dies_leaves_the_outcome_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutcomeUnknown, match="died"):
        await stand_in(DIES, tmp_path, monkeypatch).fetch(0)


async def test_a_child_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutcomeUnknown, match="in time"):
        await stand_in(HANGS, tmp_path, monkeypatch, timeout_s=0).fetch(0)


async def test_after_a_death_the_next_call_starts_a_new_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = stand_in(STAND_IN, tmp_path, monkeypatch)
    first = (await source.fetch(0))[0].seq
    assert (await source.fetch(0))[0].seq == first, "one child serves many calls"
    with pytest.raises(OutcomeUnknown):
        await source.fetch(666)
    assert (await source.fetch(0))[0].seq != first
    await source.aclose()


@pytest.mark.parametrize(
    ("rc", "kind"),
    [
        (10000, Rejected),
        (10001, Unreachable),
        (10002, OutcomeUnknown),
        (10009, Misconfigured),
        (10010, Refused),
        (10011, Misconfigured),
        (10099, OutcomeUnknown),
    ],
)
async def test_a_code_of_the_library_has_its_meaning(
    rc: int, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = stand_in(STAND_IN, tmp_path, monkeypatch)
    with pytest.raises(kind) as caught:
        await source.fetch(rc)
    assert type(caught.value) is kind
    await source.aclose()


# --- the library itself -------------------------------------------------------------------------


@with_library
async def test_the_library_fetches_what_we_open(tmp_path: Path) -> None:
    async with world(KEY.public_key()) as there, proxy_to(there.app, tmp_path) as proxy:
        await talk(there, 7)
        source = LibrarySource(Path(LIBRARY), CORP, ARCHIVE_SECRET, proxy=proxy)
        said = [f"您好 {number} 😀" for number in range(7)]
        assert await all_texts(source, 3) == said
        for record in await source.fetch(0):
            encrypt_key = open_random_key(record, KEYS)
            assert await source.decrypt(encrypt_key, record.sealed) == open_record(record, KEYS)
        await source.aclose()


@with_library
async def test_the_library_fetches_files(tmp_path: Path) -> None:
    async with world(KEY.public_key()) as there, proxy_to(there.app, tmp_path) as proxy:
        source = LibrarySource(Path(LIBRARY), CORP, ARCHIVE_SECRET, proxy=proxy)
        sdkfileid = await archived_file(there)
        assert b"".join(await content_of(source, sdkfileid)) == FILE
        with pytest.raises(FileIdUnreadable):
            await content_of(source, "@@@")
        await there.sim("clock", {"advance_s": 6 * 24 * 3600})
        with pytest.raises(Refused):
            await content_of(source, sdkfileid)
        await source.aclose()


@with_library
async def test_the_library_is_opened_anew_when_its_token_has_died(tmp_path: Path) -> None:
    async with world(KEY.public_key()) as there, proxy_to(there.app, tmp_path) as proxy:
        await talk(there, 1)
        source = LibrarySource(Path(LIBRARY), CORP, ARCHIVE_SECRET, proxy=proxy)
        sdkfileid = await archived_file(there)
        assert len(await source.fetch(0)) == 1
        await there.sim("tokens/lose", {})
        assert len(await source.fetch(0)) == 1
        await there.sim("tokens/lose", {})
        assert b"".join(await content_of(source, sdkfileid)) == FILE
        await source.aclose()


@with_library
async def test_a_text_that_would_abort_the_library_does_not(tmp_path: Path) -> None:
    async with world(KEY.public_key()) as there, proxy_to(there.app, tmp_path) as proxy:
        await talk(there, 1)
        source = LibrarySource(Path(LIBRARY), CORP, ARCHIVE_SECRET, proxy=proxy)
        record = (await source.fetch(0))[0]
        encrypt_key = open_random_key(record, KEYS)
        for sealed in ("", "x" * 12, "x" * 13, "x" * 44, record.sealed[:-100]):
            with pytest.raises(RecordUndecryptable):
                await source.decrypt(encrypt_key, sealed)
        assert await source.decrypt(encrypt_key, record.sealed)
        await source.aclose()


@with_library
async def test_a_wrong_secret_and_no_network_are_unreachable(tmp_path: Path) -> None:
    async with world(KEY.public_key()) as there, proxy_to(there.app, tmp_path) as proxy:
        source = LibrarySource(Path(LIBRARY), CORP, "wrong", proxy=proxy, timeout_s=3)
        with pytest.raises(Unreachable):
            await source.fetch(0)
        await source.aclose()
