"""The bank's calendar from a file: day, kind, name, source."""

import csv
from datetime import datetime
from pathlib import Path

from compliance.errors import HolidayRefused
from compliance.holidays import holiday_row, import_holidays
from wiring.parts import Parts


async def bring_holidays(parts: Parts, path: Path, *, by: str, at: datetime) -> int:
    """Import holidays and moved working days; the calendar holds at once. How many days.

    The file is CSV, UTF-8 (a BOM is fine), with the columns day, kind, name, source. Raises
    HolidayRefused with the line that cannot be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [holiday_row(dict(line)) for line in csv.DictReader(file, strict=True)]
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
