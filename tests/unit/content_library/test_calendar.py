"""The right content on the right day: lunar days, solar terms and the persona's own week."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.calendar import BankCalendar
from content_library.calendar import CalendarSlot, ContentCalendar, solar_terms
from content_library.errors import CalendarRefused

CALENDAR = ContentCalendar.load(Path(__file__).parents[3] / "samples" / "calendar.toml")
RULE = {"script": "s", "why": "因为"}


@pytest.mark.parametrize(
    ("day", "persona", "script"),
    [
        ((2026, 11, 22), "老年", "festival.xiaoxue"),
        ((2026, 12, 7), "老年", "festival.daxue"),
        ((2026, 12, 22), None, "festival.dongzhi"),
        ((2026, 12, 31), None, "festival.yearend"),
        ((2027, 1, 1), None, "festival.newyear"),
        ((2027, 1, 15), None, "festival.laba"),
        ((2027, 1, 20), "县域", "festival.county.cold"),
        ((2027, 1, 30), "宝妈", "festival.littlenewyear"),
        ((2027, 2, 4), "读书", "festival.lichun"),
        ((2027, 2, 5), None, "festival.eve"),
        ((2027, 2, 6), None, "festival.spring"),
        ((2027, 2, 20), None, "festival.lantern"),
        ((2027, 3, 6), None, "festival.jingzhe"),
        ((2027, 3, 15), None, "festival.rights"),
        ((2027, 3, 21), "长跑", "festival.chunfen"),
        ((2027, 4, 5), None, "festival.qingming"),
        ((2027, 4, 20), "读书", "persona.reading.circle"),
        ((2027, 4, 23), "读书", "festival.readingday"),
        ((2027, 5, 6), "宝妈", "festival.lixia"),
        ((2027, 6, 6), "县域", "festival.mangzhong"),
        ((2027, 6, 9), None, "festival.dragonboat"),
        ((2027, 6, 21), "健身", "festival.xiazhi"),
        ((2027, 7, 23), "90后", "festival.card"),
        ((2027, 8, 8), None, "festival.liqiu"),
        ((2027, 8, 16), None, "festival.zhongyuan"),
        ((2027, 8, 23), "宝妈", "festival.school"),
        ((2027, 9, 15), None, "festival.midautumn"),
        ((2027, 10, 8), "老年", "festival.chongyang"),
        ((2027, 10, 23), "长跑", "festival.shuangjiang"),
        ((2027, 11, 7), "长跑", "persona.running.race"),
    ],
)
def test_the_days_of_the_checked_table_have_their_content(
    day: tuple[int, int, int], persona: str | None, script: str
) -> None:
    """Days from the project's persona calendar, checked by hand there."""
    slots = CALENDAR.for_day(date(*day))
    assert (persona, script) in [(slot.persona, slot.script_code) for slot in slots]


def test_the_winter_solstice_is_that_of_the_year_asked_for() -> None:
    assert solar_terms(2026)["冬至"] == date(2026, 12, 22)
    assert solar_terms(2027)["冬至"] == date(2027, 12, 22)


def test_new_years_eve_follows_the_length_of_the_twelfth_month() -> None:
    for day in (date(2025, 1, 28), date(2026, 2, 16), date(2027, 2, 5), date(2028, 1, 25)):
        assert "festival.eve" in [slot.script_code for slot in CALENDAR.for_day(day)]


def test_a_leap_month_does_not_repeat_a_festival() -> None:
    ghosts = ContentCalendar.of([{**RULE, "lunar": "6-8"}])
    days = [day for day, _ in ghosts.between(date(2025, 1, 1), date(2025, 12, 31))]
    assert days == [date(2025, 7, 2)]


def test_a_festival_goes_before_the_weeks_content() -> None:
    weekly = [
        {**RULE, "weekday": f"周{name}", "persona": p} for name in "一二三四五六日" for p in "甲乙"
    ]
    for persona, left in ((None, {None}), ("甲", {"甲", "乙"})):
        festival = {"script": "f", "why": "节", "solar": "12-22", "persona": persona}
        slots = ContentCalendar.of([*weekly, festival]).for_day(date(2026, 12, 22))
        assert {slot.persona for slot in slots} == left
        assert next(slot for slot in slots if slot.persona == persona).script_code == "f"


@given(st.dates(date(2020, 1, 1), date(2060, 12, 31)))
def test_no_persona_gets_two_contents_on_a_day(day: date) -> None:
    personas = [slot.persona for slot in CALENDAR.for_day(day)]
    assert len(personas) == len(set(personas))
    if None in personas:  # what comes every week has its hour in the file, a festival has none
        assert all(slot.at is None for slot in CALENDAR.for_day(day))


def test_the_elders_are_warned_of_fraud_every_month() -> None:
    day = date(2026, 12, 1)
    warned = {
        (found.year, found.month)
        for found, slot in CALENDAR.between(day, day + timedelta(days=364))
        if slot.persona == "老年" and slot.script_code == "persona.elder.call"
    }
    assert len(warned) == 12


def test_on_a_day_off_nothing_is_said_of_the_closing_of_the_exchange() -> None:
    works = BankCalendar().is_working
    closed, open_ = date(2026, 10, 2), date(2026, 10, 9)  # 国庆 and the second Friday after
    friday = {**RULE, "weekday": "周五", "persona": "股市", "on_rest": "skip"}
    stocks = ContentCalendar.of([friday])
    assert stocks.for_day(closed, works) == []
    assert len(stocks.for_day(open_, works)) == 1
    assert "股市" in [slot.persona for slot in CALENDAR.for_day(open_, works)]
    first = date(2026, 1, 1)
    for offset in range(730):
        day = first + timedelta(days=offset)
        if not works(day):
            assert "股市" not in [slot.persona for slot in CALENDAR.for_day(day, works)]


def test_a_festival_that_falls_on_a_day_off_is_said_on_its_day() -> None:
    works = BankCalendar().is_working
    for day in (date(2027, 1, 1), date(2027, 2, 6), date(2026, 9, 25)):
        assert not works(day)
        assert [slot.persona for slot in CALENDAR.for_day(day, works)] == [None]


def test_a_festival_of_the_moon_moves_from_year_to_year_and_stands_on_one_day() -> None:
    for code, days in {
        "festival.midautumn": [date(2026, 9, 25), date(2027, 9, 15), date(2028, 10, 3)],
        "festival.dragonboat": [date(2026, 6, 19), date(2027, 6, 9), date(2028, 5, 28)],
        "festival.spring": [date(2026, 2, 17), date(2027, 2, 6), date(2028, 1, 26)],
    }.items():
        found = [
            day
            for day, slot in CALENDAR.between(date(2026, 1, 1), date(2028, 12, 31))
            if slot.script_code == code
        ]
        assert found == days


def test_a_slot_says_when_and_why() -> None:
    assert CALENDAR.for_day(date(2026, 11, 27)) == [
        CalendarSlot("股市", "persona.stocks.swing", "收盘后的波动陪伴；交易时段不发", time(16))
    ]


@pytest.mark.parametrize(
    "row",
    [
        RULE,
        {**RULE, "solar": "12-22", "term": "冬至"},
        {**RULE, "term": "冬天"},
        {**RULE, "solar": "13-01"},
        {**RULE, "solar": "1-1"},
        {**RULE, "lunar": "13-1"},
        {**RULE, "weekday": "周八"},
        {**RULE, "weekday": "周一", "nth": [6]},
        {**RULE, "solar": "01-01", "nth": [1]},
        {**RULE, "weekday": "周一", "offset": 1},
        {**RULE, "solar": "01-01", "on_rest": "skip"},
        {**RULE, "solar": "01-01", "colour": "red"},
        {"script": "s", "why": "", "solar": "01-01"},
        "冬至",
    ],
)
def test_a_line_that_means_nothing_is_refused_by_its_number(row: object) -> None:
    with pytest.raises(CalendarRefused) as refusal:
        ContentCalendar.of([{**RULE, "solar": "01-01"}, row])
    assert "第 2 条" in refusal.value.what
