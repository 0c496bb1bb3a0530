"""The archive's shelf: every archived message with its sequence number (api.md 9, 13)."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TalkRecord:
    """One record; ``message`` is the plain JSON, ``key_version`` the publickey_ver of its day."""

    seq: int
    msgid: str
    at: float
    key_version: int
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file of the archive, encrypted as it is served."""

    fileid: str
    authkey: str
    sealed: bytes
    at: float


class TalkShelf:
    """Records in order of ``seq``; numbers only rise, with holes when asked for."""

    def __init__(self) -> None:
        self.records: list[TalkRecord] = []
        self.public_keys: dict[int, str] = {}
        self.media: dict[str, ArchivedFile] = {}
        self._next = 1

    @property
    def key_version(self) -> int:
        """The newest publickey_ver, 0 while no key is set."""
        return max(self.public_keys, default=0)

    def skip(self, numbers: int) -> None:
        """Leave a hole of ``numbers`` in the sequence."""
        self._next += numbers

    def put(
        self, msgid: str, at: float, message: dict[str, Any], key_version: int | None = None
    ) -> TalkRecord:
        """Keep a message under the next number."""
        version = self.key_version if key_version is None else key_version
        record = TalkRecord(self._next, msgid, at, version, message)
        self.records.append(record)
        self._next += 1
        return record

    def after(self, seq: int, oldest: float, limit: int) -> list[TalkRecord]:
        """Up to ``limit`` records above ``seq`` that are not older than ``oldest``."""
        found: list[TalkRecord] = []
        for index in range(bisect_right(self.records, seq, key=lambda r: r.seq), len(self.records)):
            record = self.records[index]
            if record.at >= oldest:
                found.append(record)
                if len(found) == limit:
                    break
        return found
