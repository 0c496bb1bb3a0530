"""A product's alert is of the day on which its threshold is crossed, measured to the basis point."""

from datetime import date, timedelta

import pytest

from config.reminder_policy import Limits
from reminders.alerts import fall_of, gap_of, lowest_benchmark

START = date(2026, 1, 1)


def _values(*values: tuple[int, int]) -> list[tuple[date, int]]:
    return [(START + timedelta(days=day), value) for day, value in values]


@pytest.mark.mission("E9")
def test_a_fall_is_measured_from_the_highest_of_the_window() -> None:
    limits = Limits(window_days=30)
    assert fall_of(_values((0, 12_000), (31, 10_000), (35, 9_800)), limits) == 200
    assert fall_of(_values((5, 12_000), (31, 10_000), (35, 9_800)), limits) == 1833
    assert fall_of(_values((0, 10_000)), limits) == 0
    assert fall_of([], limits) is None


@pytest.mark.mission("E9")
def test_a_yield_is_held_against_the_lowest_benchmark_over_a_whole_window() -> None:
    limits = Limits(window_days=73)  # a fifth of a year: 0.2 % in it is 1 % a year
    assert gap_of(_values((0, 10_000), (73, 10_020)), limits, "2.20%-2.70%") == 120
    assert gap_of(_values((0, 10_000), (73, 10_100)), limits, "2.20%-2.70%") == -280
    assert gap_of(_values((1, 10_000), (73, 10_020)), limits, "2.20%-2.70%") is None
    assert gap_of(_values((0, 10_000), (73, 10_020)), limits, "中证综合债指数") is None


@pytest.mark.parametrize(
    ("printed", "lowest"),
    [("2.20%-2.70%", 220), ("年化 3%", 300), ("", None), ("—", None), ("2.7%～2.2 %", 220)],
)
def test_a_benchmark_is_read_as_it_is_printed(printed: str, lowest: int | None) -> None:
    assert lowest_benchmark(printed) == lowest
