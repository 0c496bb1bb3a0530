"""Handles met are remembered, millions of them in little room."""

from hypothesis import given
from hypothesis import strategies as st

from crm_sync.imports.job import Seen


@given(st.lists(st.integers(min_value=0, max_value=100_000)), st.integers(0, 100_000))
def test_exactly_what_was_added_is_seen(numbers: list[int], other: int) -> None:
    seen = Seen()
    for number in numbers:
        seen.add(number)
    assert all(number in seen for number in numbers)
    assert (other in seen) == (other in numbers)


def test_a_key_is_not_the_number_it_looks_like() -> None:
    seen = Seen()
    seen.add("7")
    assert "7" in seen
    assert 7 not in seen


def test_ten_million_numbers_take_two_megabytes() -> None:
    seen = Seen()
    seen.add(10_000_000)
    assert len(seen._bits) < 2_500_000
    assert 9_999_999 not in seen
