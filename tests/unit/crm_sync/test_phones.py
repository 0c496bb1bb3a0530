"""Phones in remarks: found however they are spaced, never made out of longer numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_sync.rules.phones import mobile, mobiles_in, mobiles_of

numbers = st.builds(
    lambda head, tail: f"1{head}{tail:09d}", st.integers(3, 9), st.integers(0, 10**9 - 1)
)
separators = st.sampled_from(["", " ", "-", "－", "\u2014", "\u3000"])
words = st.text(
    st.characters(blacklist_categories=["Nd", "No", "Nl"], blacklist_characters="+-"), max_size=8
)


@pytest.mark.parametrize(
    ("remark", "found"),
    [
        ("周阿姨13812340001", ("13812340001",)),
        ("周阿姨 138-1234-0001 三年定期", ("13812340001",)),
        ("+86 138 1234 0001", ("13812340001",)),
        ("１３８１２３４０００１", ("13812340001",)),
        ("13812340001/13912340002", ("13812340001", "13912340002")),
        ("6222021381234000112", ()),
        ("12812340001", ()),
        ("张三", ()),
    ],
)
def test_numbers_in_a_remark(remark: str, found: tuple[str, ...]) -> None:
    assert mobiles_in(remark) == found


@given(number=numbers, gap=separators, before=words, after=words)
def test_a_number_is_found_within_any_words(number: str, gap: str, before: str, after: str) -> None:
    spaced = f"{number[:3]}{gap}{number[3:7]}{gap}{number[7:]}"
    assert mobile(spaced) == number
    assert number in mobiles_in(f"{before} {spaced} {after}")


@given(number=numbers, digit=st.integers(0, 9))
def test_a_number_inside_a_longer_one_is_not_a_phone(number: str, digit: int) -> None:
    assert mobiles_in(f"{number}{digit}") == ()
    assert mobile(f"{digit}{number}") is None


def test_the_field_made_for_phones_comes_first_and_nothing_comes_twice() -> None:
    found = mobiles_of("老李 13912340002", ["13812340001", "", "13912340002", "021-5555"])
    assert found == ("13812340001", "13912340002")
