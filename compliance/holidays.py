"""The holiday table: imported notices of the State Council, and days of silence at a stroke."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.calendar import BankCalendar, HolidayRow
from compliance.errors import HolidayRefused
from compliance.models import Holiday
from compliance.policy import GatePolicy
from kit.db import upsert
from kit.ledger import Entry, append

KINDS = {
    "holiday": "holiday",
    "workday": "workday",
    "quiet": "quiet",
    "放假": "holiday",
    "上班": "workday",
    "调休上班": "workday",
    "静默": "quiet",
}


def holiday_row(values: Mapping[str, object]) -> HolidayRow:
    """A row of a holiday file (day, kind, name, source). Raises HolidayRefused with the reason."""
    raw = values.get("day")
    try:
        day = raw if isinstance(raw, date) else date.fromisoformat(str(raw).strip())
    except ValueError:
        raise HolidayRefused("日期写不清", saw=str(raw)[:40], do="写成 2027-02-06 这样") from None
    kind = KINDS.get(str(values.get("kind", "")).strip())
    if kind is None:
        raise HolidayRefused(
            "类别不认识",
            saw=str(values.get("kind"))[:40],
            do="写 holiday（放假）、workday（调休上班）或 quiet（静默）",
            day=day,
        )
    source = str(values.get("source") or "").strip()
    if not source:
        raise HolidayRefused("没有写来源", do="写通知的名称或文号，日后可查", day=day)
    return HolidayRow(day, kind, str(values.get("name") or "").strip()[:40], source[:200])


async def import_holidays(
    session: AsyncSession, rows: Iterable[HolidayRow | Mapping[str, object]], by: str, at: datetime
) -> int:
    """Land holidays, moved working days and quiet days; a day named again is replaced.

    Returns how many days were landed. Raises HolidayRefused and lands nothing where one row
    cannot be used.
    """
    landed = {
        (row.day, row.kind == "quiet"): row
        for row in (one if isinstance(one, HolidayRow) else holiday_row(one) for one in rows)
    }
    await _land(session, list(landed.values()))
    if landed:
        await append(session, [_entry("calendar.imported", by, landed.values())], at=at)
    return len(landed)


async def _land(session: AsyncSession, rows: Sequence[HolidayRow]) -> None:
    """Put rows in the table; a day that was a holiday and is a workday now changes its kind."""
    opposite = {"holiday": "workday", "workday": "holiday"}
    for kind, other in opposite.items():
        days = [row.day for row in rows if row.kind == kind]
        await session.execute(
            delete(Holiday).where(col(Holiday.day).in_(days), col(Holiday.kind) == other)
        )
    await upsert(
        session,
        Holiday,
        [
            {"day": row.day, "kind": row.kind, "name": row.name, "source": row.source}
            for row in rows
        ],
        key=["day", "kind"],
        update=["name", "source"],
    )


async def silence(
    session: AsyncSession, first: date, last: date, *, reason: str, by: str, at: datetime
) -> int:
    """一键静默: no marketing from ``first`` to ``last``, both included; effective at once.

    Returns the number of days, 366 at most. Holidays among them stay holidays.
    """
    count = (last - first).days + 1
    if not 1 <= count <= 366:
        raise HolidayRefused("静默期应为 1 到 366 天", saw=f"{first} 至 {last}")
    if not reason.strip():
        raise HolidayRefused("静默必须写明理由", do="例如“总行通知〔2026〕12 号”")
    rows = [
        HolidayRow(first + timedelta(days=offset), "quiet", "临时静默", reason.strip()[:200])
        for offset in range(count)
    ]
    await _land(session, rows)
    await append(session, [_entry("calendar.silenced", by, rows, reason)], at=at)
    return count


async def end_silence(
    session: AsyncSession, first: date, last: date, *, reason: str, by: str, at: datetime
) -> int:
    """Take back the quiet days from ``first`` to ``last``; returns how many there were.

    Raises HolidayRefused without a reason, because whoever may sell again must be told why.
    """
    if not reason.strip():
        raise HolidayRefused("解除静默必须写明理由", do="例如“总行通知解除，〔2026〕15 号”")
    gone = await session.execute(
        delete(Holiday)
        .where(col(Holiday.day).between(first, last), col(Holiday.kind) == "quiet")
        .returning(col(Holiday.day))
    )
    days = sorted(gone.scalars())
    if days:
        rows = [HolidayRow(day, "quiet") for day in days]
        await append(session, [_entry("calendar.resumed", by, rows, reason)], at=at)
    return len(days)


async def holidays(session: AsyncSession) -> list[HolidayRow]:
    """Every row of the table, by day."""
    rows = (
        await session.execute(select(Holiday).order_by(col(Holiday.day), col(Holiday.kind)))
    ).scalars()
    return [HolidayRow(row.day, row.kind, row.name, row.source) for row in rows]


async def bank_calendar(session: AsyncSession, policy: GatePolicy) -> BankCalendar:
    """The calendar in force now: the policy's quiet days, the library, and the table over them."""
    return BankCalendar(await holidays(session), quiet=policy.outreach.quiet)


def _entry(act: str, by: str, rows: Iterable[HolidayRow], reason: str = "") -> Entry:
    listed: Sequence[HolidayRow] = sorted(rows, key=lambda row: row.day)
    return Entry(
        kind="setup",
        act=act,
        actor=by,
        object=f"calendar:{listed[0].day.isoformat()}",
        reason=reason[:400],
        payload={"days": [[row.day.isoformat(), row.kind, row.name, row.source] for row in listed]},
    )
