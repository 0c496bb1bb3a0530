#!/usr/bin/env python3
"""核验证据包：只用 Python 标准库，不联网，不需要出具方的系统。

    python verify.py                     核验本文件所在的文件夹（已解压）
    python verify.py 证据包.zip           核验一个压缩包
    python verify.py 证据包.zip --sha256 …  同时与另行送达的压缩包摘要比对
    python verify.py --self-test          先核验本程序自己

核验四件事：
1. 清单 manifest.json 的摘要，以及每个文件的 SHA-256；不多一个文件，也不少一个。
2. ledger.jsonl 里每一条记录的摘要，以及相邻两条之间的链接。
3. 每一页消息的摘要列表与它的台账记录相符。
4. messages.jsonl 里每一条消息的原文重算摘要，与入库时写进台账的一致；封面上的文字与它相同。

退出码：0 通过，3 不通过，2 用法或文件有误。
程序只能证明包内各部分彼此一致。要证明它与出具方当时的台账一致，请把打印出的链尾摘要与出具方
另行保存的存证比对。
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Files = dict[str, bytes]

FORMAT = 1
NAMES = frozenset(
    {"manifest.json", "messages.jsonl", "ledger.jsonl", "cover.html", "cover.css", "verify.py"}
)
PAGE_ACT = "archive.stored"
COVER_ROW = re.compile(
    r'<tr(?: class="hit")?><td>(\d+)</td><td>[^<]*</td><td class="id">([^<]*)</td>'
    r'<td class="id">[^<]*</td><td class="said">([^<]*)</td>'
)
ENTRY_FIELDS = (
    "stream", "seq", "at", "actor", "act", "object",
    "unit", "reason", "request_id", "prev", "payload_digest",
)  # fmt: skip


class Broken(Exception):
    """The pack does not prove itself; the message says where."""


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON object that is hashed."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def message_digest(message: Record) -> str:
    """SHA-256(salt ‖ canonical fields), the fields holding the SHA-256 of the raw JSON."""
    fields = {
        "v": FORMAT,
        "seq": message["seq"],
        "msgid": message["msgid"],
        "action": message["action"],
        "msgtype": message["msgtype"],
        "from": message["from"],
        "room": message["room"],
        "sent_at": message["sent_at"],
        "body": sha256(message["body"].encode("utf-8")),
    }
    return sha256(bytes.fromhex(message["salt"]) + canonical(fields))


def entry_hash(entry: Record) -> str:
    """SHA-256 over the canonical fields of a ledger entry, the one before it among them."""
    return sha256(canonical({"v": FORMAT, **{name: entry[name] for name in ENTRY_FIELDS}}))


def payload_digest(entry: Record) -> str:
    """SHA-256(salt ‖ payload) of an entry whose payload is in the pack."""
    return sha256(bytes.fromhex(entry["salt"]) + canonical(entry["payload"]))


def manifest_digest(manifest: Record) -> str:
    """SHA-256 over the manifest without its own digest."""
    return sha256(canonical({name: manifest[name] for name in manifest if name != "digest"}))


def lines(data: bytes, name: str) -> list[Record]:
    """The JSON objects of a file with one a line."""
    found: list[Record] = []
    # Split at \n alone: texts may hold other characters that count as line ends elsewhere.
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), 1):
        try:
            found.append(json.loads(line))
        except ValueError:
            raise Broken(f"{name} 第 {number} 行不是完整的记录") from None
    return found


def read_pack(place: str) -> Files:
    """All files of a zip or a folder, by name."""
    path = Path(place)
    if path.is_dir():
        return {
            one.relative_to(path).as_posix(): one.read_bytes()
            for one in sorted(path.rglob("*"))
            if one.is_file() and "__pycache__" not in one.parts
        }
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if len(names) != len(set(names)):
            raise Broken("压缩包里有同名文件")
        return {name: archive.read(name) for name in names}


def check_files(files: Files) -> Record:
    """Manifest and files agree; returns the manifest."""
    if "manifest.json" not in files:
        raise Broken("没有清单 manifest.json")
    try:
        manifest: Record = json.loads(files["manifest.json"])
    except ValueError:
        raise Broken("清单 manifest.json 不是完整的 JSON") from None
    if manifest.get("format") != FORMAT:
        raise Broken(f"清单的格式是 {manifest.get('format')}，本程序只认 {FORMAT}")
    if files["manifest.json"] != canonical(manifest):
        raise Broken("清单 manifest.json 的写法被改动")
    if manifest_digest(manifest) != manifest.get("digest"):
        raise Broken("清单 manifest.json 被改动：摘要不符")
    expected = set(manifest["files"]) | {"manifest.json"}
    for name in sorted(expected - set(files)):
        raise Broken(f"缺少文件 {name}")
    for name in sorted(set(files) - expected):
        raise Broken(f"多出文件 {name}")
    if expected != NAMES:
        raise Broken("清单列出的文件与格式不符")
    for name, about in sorted(manifest["files"].items()):
        if sha256(files[name]) != about["sha256"] or len(files[name]) != about["size"]:
            raise Broken(f"文件 {name} 被改动：摘要不符")
    return manifest


def check_chain(entries: list[Record]) -> dict[int, dict[int, str]]:
    """Every entry hashes to what it says and follows the one before; returns pages by number."""
    pages: dict[int, dict[int, str]] = {}
    before: Record | None = None
    for entry in entries:
        place = f"{entry['stream']}#{entry['seq']}"
        if entry_hash(entry) != entry["hash"]:
            raise Broken(f"台账记录 {place} 被改动：摘要不符")
        if before is not None:
            if entry["stream"] != before["stream"] or entry["seq"] != before["seq"] + 1:
                raise Broken(f"台账记录 {place} 之前缺了记录，或顺序被调换")
            if entry["prev"] != before["hash"]:
                raise Broken(f"台账记录 {place} 与上一条接不上")
        before = entry
        if "payload" in entry:
            if payload_digest(entry) != entry["payload_digest"]:
                raise Broken(f"台账记录 {place} 的正文被改动")
            if entry["act"] != PAGE_ACT:
                raise Broken(f"台账记录 {place} 不是消息入库记录")
            listed = entry["payload"]["messages"]
            pages[entry["seq"]] = dict(listed)
            if len(pages[entry["seq"]]) != len(listed):
                raise Broken(f"台账记录 {place} 里同一序号出现两次")
    return pages


def check_messages(
    messages: list[Record], pages: dict[int, dict[int, str]], manifest: Record
) -> None:
    """Every message has the digest that its page's entry lists."""
    before = 0
    for message in messages:
        seq = message["seq"]
        if seq <= before:
            raise Broken(f"第 {seq} 条的位置不对：重复或被调换")
        before = seq
        listed = pages.get(message["page"])
        if listed is None or seq not in listed:
            raise Broken(f"第 {seq} 条不在台账的入库记录里：后来加入")
        digest = message_digest(message)
        if digest != message["digest"] or digest != listed[seq]:
            raise Broken(
                f"第 {seq} 条被改动：重算的摘要是 {digest[:16]}…，台账里是 {listed[seq][:16]}…"
            )
        check_reading(message)
    if [message["seq"] for message in messages] != manifest["messages"]:
        raise Broken("消息与清单列出的序号不符：有增删")


def check_reading(message: Record) -> None:
    """What is printed for people comes from the raw JSON."""
    body = json.loads(message["body"])
    if message["msgtype"] == "text":
        said = body.get("text", {}).get("content")
        plain = said if isinstance(said, str) else ""
        if plain.strip() and message["text"] != plain:
            raise Broken(f"第 {message['seq']} 条的文字与原文不符")


def check_cover(cover: str, messages: list[Record]) -> None:
    """The table on the cover says what the messages say."""
    rows = COVER_ROW.findall(cover)
    if [int(seq) for seq, _, _ in rows] != [message["seq"] for message in messages]:
        raise Broken("封面 cover.html 的消息与 messages.jsonl 不符：有增删")
    for (seq, sender, said), message in zip(rows, messages):  # noqa: B905 — Python 3.9 has no strict
        # What has no words stands on the cover by its kind, in brackets.
        wordless = not message["text"] and html.unescape(said).startswith("［")
        same = html.unescape(said) == message["text"] or wordless
        if not same or html.unescape(sender) != message["from"]:
            raise Broken(f"封面 cover.html 上第 {seq} 条与 messages.jsonl 不符")


def check(files: Files) -> Record:
    """Check a whole pack; returns what was checked. Raises Broken."""
    manifest = check_files(files)
    entries = lines(files["ledger.jsonl"], "ledger.jsonl")
    messages = lines(files["messages.jsonl"], "messages.jsonl")
    if not entries or not messages:
        raise Broken("包里没有消息或没有台账记录")
    check_messages(messages, check_chain(entries), manifest)
    check_cover(files["cover.html"].decode("utf-8"), messages)
    return {
        "pack": manifest["pack"],
        "messages": len(messages),
        "entries": len(entries),
        "first": messages[0]["seq"],
        "last": messages[-1]["seq"],
        "digest": manifest["digest"],
        "head": f"{entries[-1]['stream']}#{entries[-1]['seq']} {entries[-1]['hash']}",
    }


# ------------------------------------------------------------------ vectors
VECTOR_MESSAGE = {
    "seq": 7,
    "msgid": "7001_1700000000007_external",
    "page": 1,
    "action": "send",
    "msgtype": "text",
    "from": "limin",
    "room": "",
    "sent_at": "2026-11-20T02:44:18.000000Z",
    "salt": "000102030405060708090a0b0c0d0e0f",
    "body": '{"msgtype":"text","text":{"content":"周阿姨您好"}}',
    "text": "周阿姨您好",
}
VECTOR_MESSAGE_DIGEST = "c220d0a1d8bcae180095cc97bb01bb2470c34de55c7a570e0e2bc7819f09a9a9"
VECTOR_ENTRY = {
    "stream": "chat:hq",
    "seq": 1,
    "at": "2026-11-20T02:45:00.000000Z",
    "actor": "system:archive",
    "act": PAGE_ACT,
    "object": "archive:7-7",
    "unit": "hq",
    "reason": "",
    "request_id": "",
    "prev": "0" * 64,
    "salt": "0f0e0d0c0b0a09080706050403020100",
    "payload": {"v": 1, "messages": [[7, VECTOR_MESSAGE_DIGEST]]},
}
VECTOR_PAYLOAD_DIGEST = "7192e52a17fe506e369c7fd9ac1e2b50da47e4166ff64d11c38a2c87b157be50"
VECTOR_ENTRY_HASH = "dc222354e4e95b2bebb55feede9f215787a6aa96782abea3aefffe8a79884f79"


def vector_pack() -> Files:
    """The smallest sound pack."""
    entry = {**VECTOR_ENTRY, "payload_digest": VECTOR_PAYLOAD_DIGEST, "hash": VECTOR_ENTRY_HASH}
    files = {
        "messages.jsonl": canonical({**VECTOR_MESSAGE, "digest": VECTOR_MESSAGE_DIGEST}) + b"\n",
        "ledger.jsonl": canonical(entry) + b"\n",
        "cover.html": (
            '<tr><td>7</td><td></td><td class="id">limin</td><td class="id"></td>'
            '<td class="said">周阿姨您好</td></tr>'
        ).encode(),
        "cover.css": b"p {}",
        "verify.py": b"#",
    }
    return sealed(files, "EV-0000-0000", [7])


def sealed(files: Files, pack: str, numbers: list[int]) -> Files:
    """Files with the manifest that fits them."""
    manifest: Record = {
        "format": FORMAT,
        "pack": pack,
        "messages": numbers,
        "files": {
            name: {"sha256": sha256(data), "size": len(data)} for name, data in files.items()
        },
    }
    manifest["digest"] = manifest_digest(manifest)
    return {**files, "manifest.json": canonical(manifest)}


def self_test() -> None:
    """Run the vectors, and see that every edit of a sound pack is found."""
    if message_digest(VECTOR_MESSAGE) != VECTOR_MESSAGE_DIGEST:
        raise Broken("自检：消息摘要算得不对")
    if payload_digest(VECTOR_ENTRY) != VECTOR_PAYLOAD_DIGEST:
        raise Broken("自检：正文摘要算得不对")
    if entry_hash({**VECTOR_ENTRY, "payload_digest": VECTOR_PAYLOAD_DIGEST}) != VECTOR_ENTRY_HASH:
        raise Broken("自检：台账记录摘要算得不对")
    check(vector_pack())
    for name in sorted(NAMES):
        files = vector_pack()
        for edited in (files[name] + b" ", files[name][:-1], files[name].replace(b"o", b"0", 1)):
            if edited != files[name]:
                expect_broken({**files, name: edited}, name)
        expect_broken({one: files[one] for one in files if one != name}, name)
    files = vector_pack()
    for name, old, new in (
        ("messages.jsonl", "周阿姨您好".encode(), "周阿姨再见".encode()),
        ("messages.jsonl", b'"seq":7', b'"seq":8'),
        ("ledger.jsonl", b'"reason":""', b'"reason":"x"'),
        ("cover.html", "周阿姨".encode(), "王阿姨".encode()),
        ("ledger.jsonl", VECTOR_MESSAGE_DIGEST.encode(), b"0" * 64),
    ):
        changed = {**files, name: files[name].replace(old, new)}
        del changed["manifest.json"]
        expect_broken(sealed(changed, "EV-0000-0000", [7]), name)


def expect_broken(files: Files, name: str) -> None:
    try:
        check(files)
    except (Broken, KeyError, ValueError):
        return
    raise Broken(f"自检：改动 {name} 没有被发现")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="核验证据包")
    parser.add_argument("pack", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--sha256", default="", help="另行送达的压缩包摘要")
    parser.add_argument("--self-test", action="store_true", help="核验本程序自己")
    options = parser.parse_args(arguments)
    try:
        if options.self_test:
            self_test()
            say("自检通过")
            return 0
        if options.sha256:
            if not Path(options.pack).is_file():
                say("给了 --sha256，就要给出压缩包文件")
                return 2
            if sha256(Path(options.pack).read_bytes()) != options.sha256.lower():
                raise Broken("压缩包的摘要与另行送达的不符")
        found = check(read_pack(options.pack))
    except Broken as broken:
        say(f"核验不通过：{broken}")
        return 3
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as broken:
        say(f"核验不通过：记录的写法不对（{type(broken).__name__}）")
        return 3
    except OSError as error:
        say(f"打不开：{error.filename or options.pack}")
        return 2
    say(
        f"核验通过：{found['pack']}，{found['messages']} 条消息，序号 {found['first']} 至 {found['last']}"
    )
    say(f"台账链段：{found['entries']} 条，链尾 {found['head']}")
    say(f"清单摘要：{found['digest']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
