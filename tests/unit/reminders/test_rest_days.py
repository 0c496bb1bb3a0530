"""A step that falls on a day off is taken when somebody is there, and never too late."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from compliance.calendar import BankCalendar, HolidayRow
from config.reminder_policy import Step, Trigger
from reminders.rules import watched_days

WORKS = BankCalendar().is_working
BEFORE = Step(days_left=7, action="care", scene="s", rest="before")
AFTER = Step(days_after=3, action="message", scene="s", rest="after")


def trigger(*steps: Step, select: str = "events") -> Trigger:
    return Trigger.model_validate(
        {
            "name": "t",
            "title": "测试",
            "select": select,
            "purpose": "care",
            "priority": 1,
            "source": "",
            "step": [one.model_dump() for one in steps],
        }
    )


def watched(
    step: Step, today: date, works: Callable[[date], bool] = WORKS, select: str = "newcomers"
) -> list[date]:
    return sorted(on for _, on in watched_days(trigger(step, select=select), today, works))


def test_on_friday_the_weekends_steps_are_taken_and_on_the_weekend_none() -> None:
    friday = date(2026, 11, 27)
    assert watched(BEFORE, friday) == [friday + timedelta(days=days) for days in (7, 8, 9)]
    assert watched(BEFORE, date(2026, 11, 28)) == watched(BEFORE, date(2026, 11, 29)) == []
    assert watched(BEFORE, date(2026, 11, 30)) == [date(2026, 12, 7)]


def test_on_monday_what_the_weekend_left_is_made_up_for() -> None:
    monday = date(2026, 11, 30)
    assert watched(AFTER, monday) == [monday - timedelta(days=days) for days in (5, 4, 3)]
    assert watched(AFTER, date(2026, 11, 29)) == []
    assert watched(AFTER, date(2026, 12, 1)) == [date(2026, 11, 28)]


def test_a_long_holiday_is_bridged_and_a_moved_saturday_is_a_working_day() -> None:
    """国庆 2026: off from 1 to 7 October, worked on Saturday the 10th and Sunday 20 September."""
    eve = date(2026, 9, 30)
    assert watched(BEFORE, eve) == [eve + timedelta(days=days) for days in range(7, 15)]
    saturday = date(2026, 10, 10)
    assert watched(BEFORE, saturday) == [saturday + timedelta(days=days) for days in (7, 8)]
    assert watched(BEFORE, date(2026, 10, 9)) == [date(2026, 10, 16)]


def test_a_holiday_that_is_moved_by_an_import_moves_the_step() -> None:
    wednesday = date(2026, 11, 25)
    told = BankCalendar([HolidayRow(wednesday, "holiday", "临时停业", "本行公告")]).is_working
    assert watched(BEFORE, wednesday, told) == []
    assert watched(BEFORE, date(2026, 11, 24), told) == [date(2026, 12, 1), date(2026, 12, 2)]


def test_of_two_steps_that_come_to_watch_one_day_the_nearer_speaks() -> None:
    near = Step(days_left=1, action="care", scene="near", rest="before")
    far = Step(days_left=3, action="care", scene="far", rest="before")
    # Friday stands in for Saturday (far: Tuesday) and Sunday (near: Monday; far: Wednesday)
    found = {
        on: step.scene for step, on in watched_days(trigger(near, far), date(2026, 11, 27), WORKS)
    }
    assert found == {
        date(2026, 11, 28): "near",
        date(2026, 11, 29): "near",
        date(2026, 11, 30): "near",
        date(2026, 12, 1): "far",
        date(2026, 12, 2): "far",
    }


@given(st.dates(date(2026, 1, 1), date(2026, 11, 30)), st.sampled_from([BEFORE, AFTER]))
def test_every_day_is_watched_exactly_once_whatever_the_calendar(on: date, step: Step) -> None:
    days = [on + timedelta(days=offset) for offset in range(-30, 30)]
    assert [today for today in days if on in watched(step, today)].__len__() == 1


def test_without_a_rule_the_calendar_makes_no_difference() -> None:
    plain = Step(days_left=7, action="care", scene="s")
    assert watched(plain, date(2026, 11, 28)) == [date(2026, 12, 5)]


@pytest.mark.parametrize(
    ("select", "step"),
    [
        ("birthdays", {"action": "message", "scene": "s", "rest": "after"}),
        ("holdings", {"action": "message", "scene": "s", "rest": "after"}),
        ("newcomers", {"action": "message", "scene": "s", "rest": "before"}),
        ("events", {"days_left": 7, "action": "care", "scene": "s", "rest": "after"}),
    ],
)
def test_a_word_that_would_come_on_a_wrong_day_is_refused_in_the_policy(
    select: str, step: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        Trigger.model_validate(
            {
                "name": "t",
                "title": "测试",
                "select": select,
                "purpose": "care",
                "priority": 1,
                "source": "",
                "step": [step],
            }
        )
