"""The bank's calendar from a file: day, kind, name, source."""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from compliance.calendar import HolidayRow
from compliance.errors import HolidayRefused
from compliance.holidays import holiday_row, import_holidays
from wiring.parts import Parts

_NAMES: Final = {"日期": "day", "类别": "kind", "名称": "name", "来源": "source"}
_NEEDED: Final = ("day", "kind", "source")


def _rows(lines: Any, file_name: str) -> Iterator[HolidayRow]:
    """The days of a file, in order. Raises HolidayRefused naming the column or line at fault."""
    header = [_NAMES.get(name.strip(), name.strip()) for name in next(lines, [])]
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise HolidayRefused(
            f"节假日文件缺列：{'、'.join(missing)}",
            saw="、".join(header)[:80] or "空文件",
            where=f"{file_name} 第 1 行",
            do="第一行写列名 day,kind,name,source（日期,类别,名称,来源）",
        )
    for line in lines:
        if not any(cell.strip() for cell in line):
            continue
        try:
            yield holiday_row(dict(zip(header, line, strict=False)))
        except HolidayRefused as refusal:
            raise HolidayRefused(
                refusal.what,
                saw=refusal.saw,
                where=f"{file_name} 第 {lines.line_num} 行",
                do=refusal.do,
            ) from None


async def bring_holidays(parts: Parts, path: Path, *, by: str, at: datetime) -> int:
    """Import holidays and moved working days; the calendar holds at once. How many days.

    The file is CSV, UTF-8 (a BOM is fine), with the columns day, kind, name, source (日期, 类别,
    名称, 来源). One line that cannot be used, and nothing lands. Raises HolidayRefused with the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(csv.reader(file, strict=True), path.name))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HolidayRefused(
            "节假日文件读不了",
            saw=type(error).__name__,
            do="存成 UTF-8 的 CSV，列名 day,kind,name,source",
        ) from None
    async with parts.databases.bank.transaction() as session:
        number = await import_holidays(session, rows, by, at)
    await parts.refresh()
    return number
