"""Ages at the edges, and the bounds that select them agree with them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_sync.rules.ages import age, earliest_birth, is_elder, latest_birth

days = st.dates(date(1900, 1, 1), date(2030, 12, 31))
todays = st.dates(date(2024, 1, 1), date(2036, 12, 31))


@pytest.mark.parametrize(
    ("born_on", "on", "years"),
    [
        (date(1966, 11, 23), date(2026, 11, 22), 59),
        (date(1966, 11, 22), date(2026, 11, 22), 60),
        (date(1958, 3, 2), date(2026, 11, 22), 68),
        (date(1960, 2, 29), date(2025, 2, 28), 64),
        (date(1960, 2, 29), date(2025, 3, 1), 65),
        (date(1960, 2, 29), date(2028, 2, 29), 68),
    ],
)
def test_years_complete_on_the_birthday(born_on: date, on: date, years: int) -> None:
    assert age(born_on, on) == years


def test_special_care_begins_at_sixty_five_and_never_for_an_unknown_birth_date() -> None:
    on = date(2026, 11, 22)
    assert is_elder(date(1961, 11, 22), on)
    assert not is_elder(date(1961, 11, 23), on)
    assert not is_elder(None, on)


@given(born_on=days, on=todays, years=st.integers(0, 110))
def test_the_birth_dates_selected_are_exactly_those_of_the_age(
    born_on: date, on: date, years: int
) -> None:
    assert (age(born_on, on) >= years) == (born_on <= latest_birth(years, on))
    assert (age(born_on, on) <= years) == (born_on >= earliest_birth(years, on))


@given(born_on=days, on=todays)
def test_nobody_grows_younger(born_on: date, on: date) -> None:
    assert age(born_on, on + timedelta(days=1)) - age(born_on, on) in (0, 1)
