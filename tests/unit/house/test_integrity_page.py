"""The program that docs/integrity.md gives to a stranger finds what it says it finds."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kit.ledger.entries import GENESIS, canonical, entry_hash, moment_text, payload_digest
from tests.unit.house.sources import ROOT

Check = Callable[[list[str]], str]
AT = datetime(2026, 11, 20, 2, 45, tzinfo=UTC)


@pytest.fixture
def check() -> Check:
    text = (ROOT / "docs" / "integrity.md").read_text(encoding="utf-8")
    [program] = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    known: dict[str, Any] = {"__name__": "a stranger's file"}
    exec(program, known)  # noqa: S102 — our own page, as its reader runs it
    found: Check = known["check"]
    return found


def chain(number: int) -> list[dict[str, Any]]:
    """As a pack holds it: the first entry without its payload, the others with."""
    entries: list[dict[str, Any]] = []
    prev = GENESIS
    for seq in range(1, number + 1):
        payload, salt = {"messages": [[seq, "周阿姨您好"]]}, bytes([seq]) * 16
        said = {
            "stream": "chat:hq",
            "seq": seq,
            "actor": "system:archive",
            "act": "archive.stored",
            "object": f"page:{seq}",
            "unit": "hq",
            "reason": "",
            "request_id": "",
            "prev": prev,
            "payload_digest": payload_digest(salt, canonical(payload)),
        }
        prev = entry_hash(at=AT, **said)  # type: ignore[arg-type]
        entry = {**said, "at": moment_text(AT), "hash": prev}
        entries.append(entry if seq == 1 else {**entry, "salt": salt.hex(), "payload": payload})
    return entries


def lines(entries: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(entry, ensure_ascii=False) for entry in entries]


def test_a_sound_chain_ends_in_its_head(check: Check) -> None:
    entries = chain(5)
    assert check(lines(entries)) == entries[-1]["hash"]


@pytest.mark.parametrize("field", ["actor", "act", "object", "unit", "reason", "at", "payload_digest"])  # fmt: skip
def test_a_changed_field_is_named(check: Check, field: str) -> None:
    entries = chain(5)
    entries[2][field] = "x"
    with pytest.raises(SystemExit, match=r"chat:hq#3"):
        check(lines(entries))


def test_a_changed_payload_is_named(check: Check) -> None:
    entries = chain(5)
    entries[3]["payload"] = {"messages": [[4, "换成别的话"]]}
    with pytest.raises(SystemExit, match=r"chat:hq#4 的正文"):
        check(lines(entries))


def test_a_removed_or_moved_entry_is_named(check: Check) -> None:
    entries = chain(5)
    with pytest.raises(SystemExit, match=r"chat:hq#4"):
        check(lines([*entries[:2], *entries[3:]]))
    with pytest.raises(SystemExit, match=r"chat:hq#3"):
        check(lines([entries[0], entries[2], entries[1], *entries[3:]]))


def test_a_rewritten_tail_has_another_head_than_the_one_kept_outside(check: Check) -> None:
    kept, entries = chain(5)[-1]["hash"], chain(5)
    prev = entries[2]["prev"]
    for entry in entries[2:]:
        entry["prev"] = prev
        entry["reason"] = "改过"
        said = {
            name: entry[name] for name in entry if name not in ("at", "hash", "salt", "payload")
        }
        prev = entry["hash"] = entry_hash(at=AT, **said)
    assert check(lines(entries)) != kept
