"""When a customer may be disturbed, to the second, and on which days nothing is sold."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from compliance.calendar import BankCalendar, HolidayRow, solar_term
from compliance.errors import CalendarUnknown
from compliance.facts import Channel, Words
from compliance.objections import Objection
from kit.clock import bank_moment
from tests.unit.compliance.gate.given import (
    CALENDAR,
    MORNING,
    POLICY,
    against,
    care,
    draft,
    recipient,
    service,
    words,
)

TUESDAY, SATURDAY = date(2026, 11, 24), date(2026, 11, 28)
NATIONAL_DAY, MADE_UP_SATURDAY = date(2026, 10, 1), date(2026, 10, 10)


def is_closed(
    given: Words, day: date, clock: time, *, age: int = 45, channel: Channel = Channel.SIDEBAR
) -> bool:
    """Whether the gate finds the hour wrong; nothing else may speak against the draft."""
    who = recipient(age=age, last_care_on=day, risk_assessed_on=day)
    found = against(
        draft(recipients=(who,), words=given, channel=channel), at=bank_moment(day, clock)
    )
    assert found <= {Objection.OUT_OF_HOURS}
    return bool(found)


@pytest.mark.parametrize(
    ("given", "day", "age", "opens", "closes"),
    [
        (words(), TUESDAY, 45, time(9), time(20)),
        (words(), SATURDAY, 45, time(10), time(18)),
        (words(), NATIONAL_DAY, 45, time(10), time(18)),
        (words(), MADE_UP_SATURDAY, 45, time(9), time(20)),
        (words(), TUESDAY, 60, time(9), time(18)),
        (words(), SATURDAY, 60, time(10), time(18)),
        (care(), TUESDAY, 45, time(9), time(20)),
        (service(), TUESDAY, 45, time(8), time(21)),
        (service(), SATURDAY, 45, time(8), time(21)),
        (service(), TUESDAY, 60, time(9), time(18)),
        (service(), TUESDAY, 59, time(8), time(21)),
    ],
)
def test_a_window_opens_and_closes_to_the_second(
    given: Words, day: date, age: int, opens: time, closes: time
) -> None:
    second = timedelta(seconds=1)
    first = datetime.combine(day, opens)
    end = datetime.combine(day, closes)
    assert is_closed(given, day, (first - second).time(), age=age)
    assert not is_closed(given, day, opens, age=age)
    assert not is_closed(given, day, (end - second).time(), age=age)
    assert is_closed(given, day, closes, age=age)


def test_the_clock_is_the_banks_wherever_the_moment_comes_from() -> None:
    utc = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # 20:00 at the bank
    assert against(draft(), at=utc) == {Objection.OUT_OF_HOURS}
    assert against(draft(), at=utc - timedelta(seconds=1)) == set()


def test_hours_bind_what_reaches_the_customer_and_not_the_managers_list() -> None:
    assert is_closed(words(), TUESDAY, time(6, 30))
    assert not is_closed(words(), TUESDAY, time(6, 30), channel=Channel.TODO)


def test_an_answer_is_given_at_any_hour() -> None:
    night = bank_moment(TUESDAY, time(23))
    assert against(draft(words=service()), at=night) == {Objection.OUT_OF_HOURS}
    assert against(draft(words=service(), solicited=True), at=night) == set()


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 2, 16), None),  # 除夕
        (date(2026, 2, 17), "春节"),
        (date(2026, 2, 19), "春节"),
        (date(2026, 2, 20), None),
        (date(2027, 2, 6), "春节"),
        (date(2027, 2, 9), None),
        (date(2026, 4, 5), "清明"),
        (date(2027, 4, 5), "清明"),
        (date(2026, 12, 13), "国家公祭日"),
    ],
)
def test_on_quiet_days_nothing_is_sold_but_service_goes_on(day: date, name: str | None) -> None:
    assert CALENDAR.quiet(day) == name
    noon = bank_moment(day, time(12))
    who = recipient(last_care_on=day, risk_assessed_on=day)
    for channel in (Channel.SIDEBAR, Channel.TODO):
        found = against(draft(recipients=(who,), channel=channel), at=noon)
        assert found == ({Objection.QUIET_DAY} if name else set())
    assert against(draft(recipients=(who,), words=service()), at=noon) == set()


def test_a_disaster_silences_marketing_by_one_row() -> None:
    row = HolidayRow(TUESDAY, "quiet", "抗震救灾", "总行通知")
    calendar = BankCalendar([row], quiet=POLICY.outreach.quiet)
    assert against(draft(), calendar=calendar) == {Objection.QUIET_DAY}
    assert against(draft(), at=MORNING + timedelta(days=1), calendar=calendar) == set()
    assert calendar.is_working(TUESDAY)


def test_a_year_nobody_has_announced_is_not_guessed() -> None:
    assert CALENDAR.knows(2026)
    assert not CALENDAR.knows(2027)
    with pytest.raises(CalendarUnknown):
        CALENDAR.require(2027)
    spring, after = CALENDAR.day(date(2027, 2, 6)), CALENDAR.day(date(2027, 2, 9))
    assert (spring.working, spring.name, spring.source) == (False, "春节", "law")
    assert (after.working, after.source) == (True, "weekday")
    assert not CALENDAR.is_working(date(2027, 2, 13))  # a Saturday; moved days are unknown


def test_readiness_warns_before_the_unknown_year_begins() -> None:
    assert CALENDAR.readiness(datetime(2026, 10, 1, tzinfo=UTC)) == ()
    [warning] = CALENDAR.readiness(datetime(2026, 11, 22, tzinfo=UTC))
    assert (warning.year, warning.code) == (2027, "E-4103")
    assert "gengyun import holidays" in warning.saying


def test_an_imported_notice_makes_the_year_known_and_half_of_one_does_not() -> None:
    statutory = [
        *(date(2027, 1, 1 + n) for n in range(1)),
        *(date(2027, 2, 5) + timedelta(days=n) for n in range(8)),
        date(2027, 4, 5),
        *(date(2027, 5, 1) + timedelta(days=n) for n in range(5)),
        date(2027, 6, 9),
        date(2027, 9, 15),
        *(date(2027, 10, 1) + timedelta(days=n) for n in range(7)),
    ]
    rows = [HolidayRow(day, "holiday", "假日", "国办通知") for day in statutory]
    rows.append(HolidayRow(date(2027, 2, 20), "workday", "春节调休", "国办通知"))
    whole = BankCalendar(rows)
    assert whole.knows(2027)
    assert whole.readiness(datetime(2026, 11, 22, tzinfo=UTC)) == ()
    assert whole.is_working(date(2027, 2, 20))
    assert not whole.is_working(date(2027, 2, 12))
    assert whole.day(date(2027, 3, 2)).source == "imported"
    assert not BankCalendar(rows[:5]).knows(2027)


def test_the_next_working_day_skips_a_holiday() -> None:
    assert CALENDAR.next_working(date(2026, 10, 1)) == date(2026, 10, 8)
    assert CALENDAR.next_working(TUESDAY) == TUESDAY


def test_solar_terms_agree_with_the_checked_table() -> None:
    """Days from the project's table of 2026-11-22 to 2027-11-07, checked by hand there."""
    checked = {
        "小雪": (2026, 11, 22), "大雪": (2026, 12, 7), "冬至": (2026, 12, 22),
        "小寒": (2027, 1, 5), "大寒": (2027, 1, 20), "立春": (2027, 2, 4),
        "惊蛰": (2027, 3, 6), "春分": (2027, 3, 21), "清明": (2027, 4, 5),
        "谷雨": (2027, 4, 20), "立夏": (2027, 5, 6), "小满": (2027, 5, 21),
        "芒种": (2027, 6, 6), "夏至": (2027, 6, 21), "小暑": (2027, 7, 7),
        "大暑": (2027, 7, 23), "立秋": (2027, 8, 8), "处暑": (2027, 8, 23),
        "白露": (2027, 9, 8), "秋分": (2027, 9, 23), "寒露": (2027, 10, 8),
        "霜降": (2027, 10, 23), "立冬": (2027, 11, 7),
    }  # fmt: skip
    for name, (year, month, day) in checked.items():
        assert solar_term(year, name) == date(year, month, day), name
