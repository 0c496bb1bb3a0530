"""The bank's own calendar: imported from the notice, silenced and resumed at a stroke."""

from datetime import UTC, date, datetime

import pytest

from compliance.errors import HolidayRefused
from compliance.holidays import bank_calendar, end_silence, holidays, import_holidays, silence
from compliance.policy import GatePolicy
from kit.db import Database
from kit.ledger.reading import Wanted, page

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
POLICY = GatePolicy.load()
BY = "staff:ops"


async def test_an_imported_notice_decides_and_may_be_corrected(database: Database) -> None:
    rows: list[dict[str, object]] = [
        {"day": "2027-02-12", "kind": "放假", "name": "春节", "source": "国办发明电〔2026〕x 号"},
        {"day": date(2027, 2, 20), "kind": "调休上班", "name": "春节调休", "source": "同上"},
    ]
    async with database.transaction() as session:
        assert await import_holidays(session, rows, BY, AT) == 2
        calendar = await bank_calendar(session, POLICY)
        assert not calendar.is_working(date(2027, 2, 12))
        assert calendar.is_working(date(2027, 2, 20))
        corrected = [{**rows[0], "kind": "workday"}]
        await import_holidays(session, corrected, BY, AT)
        assert (await bank_calendar(session, POLICY)).is_working(date(2027, 2, 12))
        assert len(await holidays(session)) == 2


async def test_silence_covers_holidays_without_unmaking_them(database: Database) -> None:
    holiday = date(2027, 5, 3)
    async with database.transaction() as session:
        await import_holidays(
            session, [{"day": holiday, "kind": "holiday", "source": "通知"}], BY, AT
        )
        days = await silence(
            session, date(2027, 5, 2), date(2027, 5, 4), reason="总行通知", by=BY, at=AT
        )
        assert days == 3
        calendar = await bank_calendar(session, POLICY)
        assert calendar.quiet(holiday)
        assert not calendar.is_working(holiday)
        assert calendar.is_working(date(2027, 5, 4))
        assert (
            await end_silence(
                session, date(2027, 5, 1), date(2027, 5, 31), reason="解除", by=BY, at=AT
            )
            == 3
        )
        calendar = await bank_calendar(session, POLICY)
        assert calendar.quiet(holiday) is None
        assert not calendar.is_working(holiday)
        acts = [entry.act for entry in await page(session, Wanted(kind="setup"))]
    assert acts == ["calendar.resumed", "calendar.silenced", "calendar.imported"]


@pytest.mark.parametrize(
    "row",
    [
        {"day": "2027/2/6", "kind": "holiday", "source": "x"},
        {"day": "2027-02-06", "kind": "rest", "source": "x"},
        {"day": "2027-02-06", "kind": "holiday", "source": " "},
    ],
)
async def test_a_row_nobody_can_trace_is_refused_and_nothing_lands(
    database: Database, row: dict[str, object]
) -> None:
    good: dict[str, object] = {"day": "2027-02-07", "kind": "holiday", "source": "x"}
    async with database.transaction() as session:
        with pytest.raises(HolidayRefused):
            await import_holidays(session, [good, row], BY, AT)
        assert await holidays(session) == []


async def test_silence_without_end_or_reason_is_refused(database: Database) -> None:
    async with database.transaction() as session:
        for first, last, reason in (
            (date(2027, 1, 2), date(2027, 1, 1), "x"),
            (date(2027, 1, 1), date(2028, 1, 2), "x"),
            (date(2027, 1, 1), date(2027, 1, 1), " "),
        ):
            with pytest.raises(HolidayRefused):
                await silence(session, first, last, reason=reason, by=BY, at=AT)
        assert await holidays(session) == []
