"""What counts as regular, at the edges of the policy's limits."""

from datetime import date, timedelta

import pytest

from config.reminder_policy import Limits
from reminders.turns import regular

LIMITS = Limits(times=3, gap_days=5, amount_percent=30)
START = date(2026, 1, 31)


@pytest.mark.mission("E5")
@pytest.mark.parametrize(
    ("days", "amounts", "found"),
    [
        ((0, 30, 60), (100, 100, 100), True),
        ((0, 30, 65), (100, 100, 100), True),  # distances 5 apart
        ((0, 30, 66), (100, 100, 100), False),
        ((0, 30, 60), (100, 70, 100), True),  # 30 % below the greatest
        ((0, 30, 60), (100, 69, 100), False),
        ((0, 30), (100, 100), False),
        ((0, 7, 14, 21), (1, 100, 100, 100), True),  # the last three count
        ((0, 7, 14, 21), (100, 100, 100, 1), False),
        ((), (), False),
    ],
)
def test_three_like_transfers_at_like_distances_are_regular(
    days: tuple[int, ...], amounts: tuple[int, ...], found: bool
) -> None:
    moves = [
        (START + timedelta(days=day), amount) for day, amount in zip(days, amounts, strict=True)
    ]
    assert regular(moves, LIMITS) is found
    assert regular(moves[::-1], LIMITS) is found
