"""An evidence pack takes two people, is the same every time, and proves itself to a stranger."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from archive.errors import (
    PackDecided,
    PackEmpty,
    PackNotApproved,
    PackTooLarge,
    PackUnknown,
    PackUnsound,
    SameHands,
)
from archive.evidence import PackFact, approve, build, packs, refuse, request
from archive.evidence import verify as verifier
from archive.evidence.building import manifest, zipped
from archive.facts import SearchScope, Viewing
from archive.screening import screen_next
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.archive.talks import AT, CHEN, ROOM, ZHOU, archived, said, screener

pytestmark = pytest.mark.anyio

ALL = SearchScope()
HE = Viewing("staff:hejing", reason="内部问责")
LUO = Viewing("staff:luomin")
TITLE = "李敏对客户作保本表述<script>"
LATER = AT + timedelta(hours=4)


async def _bank_talk(database: Database) -> None:
    await archived(
        database,
        said("那个新的理财安全不", by=ZHOU, to="LiMin", minute=1, msgid="m1"),
        said("阿姨您放心，这款基本就是保本的\u2028<b>", minute=2, msgid="m2"),
    )
    await archived(database, said("别的客户的话", by=CHEN, to="x", msgid="x1"), first=3, hour=2)
    await archived(
        database,
        said("群里说的", room=ROOM, to=[ZHOU, CHEN], minute=4, msgid="m4"),
        said("", minute=5, msgid="m5", msgtype="image", image={"sdkfileid": "abc"}),
        said("不在包里", by="wudan", to=CHEN, minute=6, msgid="x2"),
        first=4,
        hour=3,
    )
    async with database.transaction() as session:
        await screen_next(session, screener(), at=LATER)


async def _asked(
    database: Database, msgids: Sequence[str] = ("m1", "m2", "m4", "m5"), by: Viewing = HE
) -> PackFact:
    async with database.transaction() as session:
        return await request(session, ALL, msgids, by, title=TITLE, purpose="内部问责", at=LATER)


async def _built(database: Database) -> bytes:
    pack = await _asked(database)
    async with database.transaction() as session:
        await approve(session, pack.number, LUO, opinion="同意，仅限内部", at=LATER)
    async with database.transaction() as session:
        return await build(session, pack.number, HE, at=LATER)


def _verify(*arguments: str | Path, script: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", str(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _unpacked(data: bytes, directory: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(directory)
    return directory


def _files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_a_stranger_verifies_a_pack_with_the_standard_library_alone(
    database: Database, tmp_path: Path
) -> None:
    await _bank_talk(database)
    data = await _built(database)
    place = _unpacked(data, tmp_path / "pack")
    whole = tmp_path / "pack.zip"
    whole.write_bytes(data)
    for arguments in ((), (whole,), (place,)):
        ran = _verify(*arguments, script=place / "verify.py")
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "核验通过：EV-2026-0001，4 条消息，序号 1 至 5" in ran.stdout
    tested = _verify("--self-test", script=place / "verify.py")
    assert (tested.returncode, tested.stdout) == (0, "自检通过\n")
    async with database.reading() as session:
        [pack] = await packs(session)
    right = _verify(whole, "--sha256", pack.sha256, script=place / "verify.py")
    wrong = _verify(whole, "--sha256", "0" * 64, script=place / "verify.py")
    assert (right.returncode, wrong.returncode) == (0, 3)


async def test_a_pack_holds_what_was_asked_for_and_nothing_of_other_people(
    database: Database,
) -> None:
    await _bank_talk(database)
    files = _files(await _built(database))
    messages = [json.loads(line) for line in files["messages.jsonl"].split(b"\n") if line]
    assert [(one["seq"], one["msgid"]) for one in messages] == [
        (1, "m1"),
        (2, "m2"),
        (4, "m4"),
        (5, "m5"),
    ]
    assert messages[1]["rules"] == ["R-YLD-01"]
    entries = [json.loads(line) for line in files["ledger.jsonl"].split(b"\n") if line]
    assert {
        entry["seq"]: "payload" in entry for entry in entries if entry["act"] == "archive.stored"
    }
    assert [entry["seq"] for entry in entries if "payload" in entry] == [1, 3]
    together = b"".join(files.values())
    assert "别的客户的话".encode() not in together
    assert "不在包里".encode() not in together
    cover = files["cover.html"].decode()
    assert "李敏对客户作保本表述&lt;script&gt;" in cover
    assert "<script>" not in cover
    assert "&lt;b&gt;" in cover
    assert "［图片］" in cover
    assert "staff:luomin" in cover
    assert "2026-11-20 18:02:00" in cover


async def test_any_edit_of_any_file_is_found(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await _bank_talk(database)
    files = _files(await _built(database))
    edited: dict[str, dict[str, bytes]] = {}
    for name, data in files.items():
        edited[f"{name} with a byte more"] = {**files, name: data + b"\n"}
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        edited[f"{name} with a bit flipped"] = {**files, name: flipped}
        edited[f"{name} removed"] = {one: files[one] for one in files if one != name}
    edited["a file more"] = {**files, "extra.txt": b"x"}
    for number, (what, changed) in enumerate(edited.items()):
        place = tmp_path / f"{number}.zip"
        place.write_bytes(zipped(changed, LATER))
        assert verifier.main([str(place)]) == 3, what
        assert capsys.readouterr().out.startswith("核验不通过："), what


def _line(files: dict[str, bytes], name: str, place: int, old: str, new: str) -> dict[str, bytes]:
    lines = files[name].split(b"\n")
    assert old.encode() in lines[place]
    lines[place] = lines[place].replace(old.encode(), new.encode())
    return {**files, name: b"\n".join(lines)}


async def test_a_forger_who_also_mends_the_list_is_found_at_the_message(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await _bank_talk(database)
    files = _files(await _built(database))
    lines = files["messages.jsonl"].split(b"\n")
    digest = json.loads(lines[1])["digest"]
    swapped = b"\n".join([lines[1], lines[0], *lines[2:]])
    forgeries = {
        "第 2 条被改动": _line(files, "messages.jsonl", 1, r"\\u4fdd\\u672c", r"\\u7a33\\u5065"),
        "第 2 条的文字与原文不符": _line(files, "messages.jsonl", 1, "保本的", "稳健的"),
        "封面 cover.html 上第 2 条": {
            **files,
            "cover.html": files["cover.html"].replace("保本的".encode(), "稳健的".encode()),
        },
        "第 2 条被改动：": _line(files, "messages.jsonl", 1, digest, "0" * 64),
        "第 1 条的位置不对": {**files, "messages.jsonl": swapped},
        "有增删": {**files, "messages.jsonl": b"\n".join([lines[0], *lines[2:]])},
        "台账记录 chat:hq#1 的正文被改动": _line(files, "ledger.jsonl", 0, digest, "0" * 64),
        "台账记录 chat:hq#1 被改动": _line(files, "ledger.jsonl", 0, "archive:1-2", "archive:1-9"),
        "之前缺了记录": {
            **files,
            "ledger.jsonl": b"\n".join(
                line for place, line in enumerate(files["ledger.jsonl"].split(b"\n")) if place != 1
            ),
        },
    }
    for number, (saying, forged) in enumerate(forgeries.items()):
        del forged["manifest.json"]
        forged["manifest.json"] = manifest(forged, "EV-2026-0001", [1, 2, 4, 5])
        place = tmp_path / f"{number}.zip"
        place.write_bytes(zipped(forged, LATER))
        assert verifier.main([str(place)]) == 3, saying
        assert saying in capsys.readouterr().out


async def test_a_pack_built_twice_is_the_same_to_the_byte(database: Database) -> None:
    await _bank_talk(database)
    first = await _built(database)
    async with database.transaction() as session:
        await screen_next(session, screener(), at=LATER)
        again = await build(session, "EV-2026-0001", LUO, at=LATER + timedelta(days=2))
    assert again == first
    async with database.reading() as session:
        [pack] = await packs(session)
        entries = await page(session, Wanted(object="evidence:EV-2026-0001"))
    assert (pack.state, pack.built_at, pack.size) == ("built", LATER, len(first))
    assert [entry.act for entry in reversed(entries)] == [
        "evidence.requested",
        "evidence.approved",
        "evidence.built",
        "evidence.built",
    ]
    assert entries[0].payload["sha256"] == pack.sha256


async def test_who_asks_cannot_allow_and_nothing_is_built_before_that(database: Database) -> None:
    await _bank_talk(database)
    pack = await _asked(database)
    with pytest.raises(SameHands):
        async with database.transaction() as session:
            await approve(session, pack.number, HE, opinion="同意", at=LATER)
    with pytest.raises(PackNotApproved):
        async with database.transaction() as session:
            await build(session, pack.number, HE, at=LATER)
    async with database.transaction() as session:
        refused = await refuse(session, pack.number, LUO, opinion="范围过大", at=LATER)
    assert (refused.state, refused.decision) == ("refused", "范围过大")
    with pytest.raises(PackDecided):
        async with database.transaction() as session:
            await approve(session, pack.number, LUO, opinion="", at=LATER)
    with pytest.raises(PackNotApproved):
        async with database.transaction() as session:
            await build(session, pack.number, LUO, at=LATER)
    assert (await _asked(database)).number == "EV-2026-0002"


async def test_what_cannot_become_a_pack_is_refused(database: Database) -> None:
    await _bank_talk(database)
    with pytest.raises(PackEmpty):
        await _asked(database, ["never"])
    with pytest.raises(PackTooLarge):
        await _asked(database, [f"m{n}" for n in range(5_001)])
    with pytest.raises(PackUnknown):
        async with database.transaction() as session:
            await approve(session, "EV-2026-0404", LUO, opinion="", at=LATER)
    async with database.transaction() as session:
        scope = SearchScope(frozenset({"limin"}))
        pack = await request(session, scope, ["m1", "x2"], HE, title="t", purpose="p", at=LATER)
    assert pack.messages == 1


async def test_no_pack_is_built_on_a_message_that_was_tampered_with(database: Database) -> None:
    await _bank_talk(database)
    pack = await _asked(database)
    async with database.transaction() as session:
        await approve(session, pack.number, LUO, opinion="同意", at=LATER)
        await session.execute(text("UPDATE archived_message SET from_id = 'x' WHERE seq = 2"))
    with pytest.raises(PackUnsound) as refused:
        async with database.transaction() as session:
            await build(session, pack.number, HE, at=LATER)
    assert "第 2 条" in str(refused.value)
