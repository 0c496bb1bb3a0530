"""The twenty-four solar terms agree with the sun: its longitude, reckoned independently.

The days come from the pinned calendar library. Here they are compared with the apparent
longitude of the sun by the low-accuracy series of astronomy (Meeus, Astronomical Algorithms,
chapter 25; good to 0.01 degrees, a quarter of an hour). Moments within half an hour of a
Beijing midnight are left open, because the series cannot tell on which side they lie.
"""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from content_library.calendar import TERMS, solar_terms
from kit.clock import BANK_TIME

J2000: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)
ORDER: Final = (
    "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至", "小暑", "大暑", "立秋", "处暑", "白露",
    "秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至", "小寒", "大寒", "立春", "雨水", "惊蛰",
)  # fmt: skip
"""From longitude 0 on, fifteen degrees apart."""
UNSURE: Final = timedelta(minutes=30)


def longitude(at: datetime) -> float:
    """The sun's apparent longitude in degrees at a moment (dynamical time minus UTC: 70 s)."""
    t = ((at - J2000).total_seconds() + 70) / 86_400 / 36_525
    mean = 280.46646 + 36_000.76983 * t + 0.0003032 * t * t
    m = math.radians(357.52911 + 35_999.05029 * t - 0.0001537 * t * t)
    centre = (
        (1.914602 - 0.004817 * t - 0.000014 * t * t) * math.sin(m)
        + (0.019993 - 0.000101 * t) * math.sin(2 * m)
        + 0.000289 * math.sin(3 * m)
    )
    node = math.radians(125.04 - 1_934.136 * t)
    return (mean + centre - 0.00569 - 0.00478 * math.sin(node)) % 360


def moment_of(degrees: float, near: date) -> datetime:
    """When the sun stands at ``degrees``, within three days of ``near``."""
    low = datetime(near.year, near.month, near.day, tzinfo=BANK_TIME) - timedelta(days=3)
    high = low + timedelta(days=7)
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        if (longitude(middle.astimezone(UTC)) - degrees + 180) % 360 - 180 < 0:
            low = middle
        else:
            high = middle
    return low


def test_all_twenty_four_are_named() -> None:
    assert set(ORDER) == TERMS == set(solar_terms(2026))


@pytest.mark.parametrize("year", range(2020, 2061))
def test_every_term_falls_on_the_day_on_which_the_sun_stands_there(year: int) -> None:
    for place, name in enumerate(ORDER):
        day = solar_terms(year)[name]
        assert day.year == year
        at = moment_of(place * 15.0, day)
        midnight = datetime(at.year, at.month, at.day, tzinfo=BANK_TIME)
        if UNSURE < at - midnight < timedelta(days=1) - UNSURE:
            assert at.date() == day, f"{name} {at:%Y-%m-%d %H:%M}"
        else:
            assert abs(at.date() - day) <= timedelta(days=1)
