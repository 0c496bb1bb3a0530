"""The body of a batch: one JSON object with rows, opened like a file with our own columns."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from bot.feed.errors import BatchTooLarge, BodyRefused
from crm_sync.imports.openings import Described
from kit.tabular import (
    Layout,
    Limits,
    Manifest,
    StreamedRows,
    default_mapping,
    open_rows,
)
from kit.tabular.manifest import manifest_of

_TOP: Final = {"rows", "whole", "source_date", "manifest"}
LIST_JOINT: Final = ";"


@dataclass(frozen=True, slots=True)
class Body:
    """What a batch brings. ``whole``: these rows are all there are of this kind."""

    rows: tuple[dict[str, Any], ...] = field(repr=False)
    whole: bool
    manifest: Manifest | None
    source_date: str


def read_body(content: bytes, most_rows: int) -> Body:
    """Read a body. Raises BodyRefused and BatchTooLarge; says nothing of what stood in cells.

    Numbers are kept as they were written: an amount never passes through a float.
    """
    try:
        document = json.loads(
            content.decode("utf-8"),
            parse_int=str,
            parse_float=str,
            parse_constant=_no_constant,
            object_pairs_hook=_unrepeated,
        )
    except (ValueError, RecursionError) as error:
        said = str(error)[:80] if isinstance(error, json.JSONDecodeError) else ""
        raise _refused("内容不是合法的 JSON（UTF-8）", said) from None
    if not isinstance(document, dict) or set(document) - _TOP:
        raise _refused("内容应是一个对象，只能有 rows、whole、source_date、manifest")
    rows = document.get("rows")
    if not isinstance(rows, list) or not rows or not all(isinstance(one, dict) for one in rows):
        raise _refused("rows 应是对象的列表，至少一行")
    if len(rows) > most_rows:
        raise BatchTooLarge(
            "一批的行数超过上限",
            saw=f"{len(rows)} 行，上限 {most_rows}",
            where="GENGYUN_FEED__MAX_ROWS",
            do="分成几批",
        )
    whole, day = document.get("whole", False), document.get("source_date", "")
    if not isinstance(whole, bool):
        raise _refused("whole 应为 true 或 false")
    manifest = _manifest(document.get("manifest"), day)
    if whole and (manifest is None or manifest.rows is None):
        raise _refused("整份推送（whole）要有 manifest，写明 rows")
    return Body(tuple(rows), whole, manifest, manifest.source_date if manifest else day)


def _manifest(said: Any, day: Any) -> Manifest | None:
    """The manifest; ``source_date`` may stand beside it. Raises ManifestRefused."""
    if said is None:
        manifest_of({"rows": 0, "source_date": day}, "manifest")
        return None
    if isinstance(said, dict):
        said = {"source_date": day, **said}
        if isinstance(said.get("rows"), str) and said["rows"].isdecimal():
            said["rows"] = int(said["rows"])  # numbers were kept as they were written
    return manifest_of(said, "manifest")


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _unrepeated(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    "".join(found).encode()  # half a surrogate pair is no name
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refused(what: str, saw: str = "") -> BodyRefused:
    return BodyRefused(what, saw=saw, where="docs/feed.md", do="按例子写；同一个键不能出现两次")


class _Rows:
    """The rows of a body under the columns that any of them has."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self.header = tuple(dict.fromkeys(name for row in rows for name in row))
        self._rows = rows
        self._next = 0

    def fetch(self, count: int) -> Sequence[Sequence[Any]]:
        rows = self._rows[self._next : self._next + count]
        self._next += len(rows)
        return [[_cell(row.get(name)) for name in self.header] for row in rows]

    def close(self) -> None:
        """Nothing is open."""


def _cell(value: Any) -> Any:
    """A list of words as one cell of several; anything else is judged by its type."""
    if isinstance(value, list) and all(
        isinstance(one, str) and LIST_JOINT not in one for one in value
    ):
        return LIST_JOINT.join(value)
    return value


@dataclass(frozen=True, slots=True)
class BatchOpening:
    """A batch as an import sees it. The source of its rows is the system that pushed it."""

    system: str
    batch_id: str
    body: Body = field(repr=False)
    mapping_name: str = ""
    origin: str = "feed"

    @property
    def name(self) -> str:
        """The system and the number of the batch."""
        return f"{self.system}/{self.batch_id}"

    def open(self, layout: Layout, limits: Limits, today: date) -> Described:
        """The rows under our own column names. Raises HeaderRefused for a name nobody knows."""
        chosen = replace(
            default_mapping(layout, source=self.system), source_date=self.body.source_date
        )
        rows = StreamedRows(_Rows(self.body.rows), self.name, limits)
        opened = open_rows(
            rows, self.name, chosen, layout, today=today, limits=limits, folder=Path()
        )
        return Described(opened, chosen, self.body.manifest)
