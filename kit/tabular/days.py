"""Dates and moments from text: year first without asking, any other order only as declared."""

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final

from kit.clock import BANK_TIME
from kit.tabular.fields import EARLIEST, LATEST
from kit.tabular.refusals import Bad, RowCode

_YEAR_FIRST = re.compile(
    r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?"
    r"(?:[T ]00:00(?::00(?:\.0+)?)?)?",
    re.ASCII,
)
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_SERIAL = re.compile(r"[1-9]\d{4}(?:\.0+)?", re.ASCII)
_OTHER_ORDER = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", re.ASCII)
NEVER: Final = 9999
"""The year that core systems write for “no end”: read as no date."""


def parse_date(text: str, formats: Sequence[str] = ()) -> date | Bad | None:
    """The day that ``text`` names.

    Understands 2026-11-22, 2026/11/22, 2026.11.22, 2026年11月22日, 20261122 (midnight after
    any of them is allowed) and the declared ``formats`` (strptime). 9999-12-31 is None. Raises
    nothing: an unreadable text is a Bad without the text in it.
    """
    if len(text) == 10 and text[4] == "-" and text[0] in "12":
        with suppress(ValueError):
            day = date.fromisoformat(text)
            if EARLIEST <= day <= LATEST:
                return day
    for pattern in formats:
        try:
            parsed = time.strptime(text, pattern)
        except ValueError:
            continue
        return _day(parsed.tm_year, parsed.tm_mon, parsed.tm_mday)
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        month = found[2] or found[3] or found[4] or found[5]
        return _day(int(found[1]), int(month), int(found[6]))
    found = None if formats else _EIGHT.fullmatch(text)
    if found:
        return _day(int(found[1]), int(found[2]), int(found[3]))
    return Bad(RowCode.DATE, _why_not(text, formats))


def _day(year: int, month: int, day: int) -> date | Bad | None:
    if year == NEVER:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return Bad(RowCode.DATE, "没有这一天，请核对年月日")
    if not EARLIEST <= found <= LATEST:
        return Bad(RowCode.DATE_RANGE, f"日期应在 {EARLIEST} 到 {LATEST} 之间")
    return found


def _why_not(text: str, formats: Sequence[str]) -> str:
    if _SERIAL.fullmatch(text):
        return "像表格软件的日期序号，请把该列设为日期格式后另存，写成 2026-11-22"
    if _OTHER_ORDER.fullmatch(text):
        return "日月次序无法确定，请写成 2026-11-22，或在映射里用 dates 声明格式"
    declared = f"（映射声明的格式：{'、'.join(formats)}）" if formats else ""
    return f"读不出日期，请写成 2026-11-22{declared}"


def parse_moment(text: str, formats: Sequence[str] = ()) -> datetime | Bad | None:
    """The moment that ``text`` names, in UTC; without an offset it is the bank's wall clock."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        day = parse_date(text, formats)
        if not isinstance(day, date):
            return day
        found = datetime(day.year, day.month, day.day, tzinfo=BANK_TIME)
    if found.year == NEVER:
        return None
    if not EARLIEST.year < found.year <= LATEST.year:
        return Bad(RowCode.DATE_RANGE, f"日期应在 {EARLIEST} 到 {LATEST} 之间")
    return (found if found.tzinfo else found.replace(tzinfo=BANK_TIME)).astimezone(UTC)


def parse_days(text: str, formats: Sequence[str] = ()) -> tuple[tuple[date, date], ...] | Bad:
    """Several days or ranges ``a~b``, separated by ``;``, as (first, last) pairs, in order."""
    found: set[tuple[date, date]] = set()
    for part in re.split(r"[;；]", text):
        if not part.strip():
            continue
        ends = [parse_date(end.strip(), formats) for end in re.split(r"[~～]", part)]
        if len(ends) > 2 or not all(isinstance(end, date) for end in ends):
            return Bad(RowCode.DATE, "应为日期或“起~止”，多个用分号隔开，如 2026-12-01~2026-12-03")
        first, last = ends[0], ends[-1]
        assert isinstance(first, date)  # noqa: S101 — judged above
        assert isinstance(last, date)  # noqa: S101
        if last < first:
            return Bad(RowCode.DATE_RANGE, "起始日晚于截止日")
        found.add((first, last))
    return tuple(sorted(found))
