"""The season of a farming record: when money is needed, and whose season comes."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from config import farming_policy
from config.farming_policy import FarmingPolicy
from crm_sync.rules.farming import coming, next_day, season_of


def test_the_month_of_sowing_begins_the_season_and_else_the_market_less_the_cycle() -> None:
    assert season_of(3, 9, 150) == 301
    assert season_of(None, 9, 150) == 404
    assert season_of(None, 1, 60) == 1102
    assert season_of(None, 9, None) is None
    assert season_of(None, None, 100) is None


@pytest.mark.parametrize("lead", [1, 30, 90, 180])
@pytest.mark.parametrize(
    "today", [date(2026, 11, 22), date(2027, 2, 1), date(2028, 2, 28), date(2026, 12, 31)]
)
def test_what_is_coming_is_just_what_begins_within_the_lead(today: date, lead: int) -> None:
    """Every day of the year, judged one by one against the ranges the index is asked for."""
    ranges = coming(today, lead)
    last = today + timedelta(days=lead)
    for offset in range(366):
        day = date(2024, 1, 1) + timedelta(days=offset)
        season = day.month * 100 + day.day
        begins = next_day(season, today)
        asked = any(low <= season <= high for low, high in ranges)
        assert asked == (today <= begins <= last), (season, begins)


def test_seasons_have_names_also_across_the_year() -> None:
    policy = farming_policy.load()
    assert policy.season_name(301) == "春播资金"
    assert policy.season_name(1231) == policy.season_name(101) == "冬储与开春资金"


def test_a_season_that_is_no_day_is_refused() -> None:
    wrong = {"lead_days": 30, "season": [{"name": "春播", "from": "2月", "to": "04-30"}]}
    with pytest.raises(ValidationError, match="月-日"):
        FarmingPolicy.model_validate(wrong)
