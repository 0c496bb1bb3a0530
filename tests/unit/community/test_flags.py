"""What is not as it should be with a group is said, and only where it is known."""

import pytest

from community.facts import Flag, Surroundings
from community.rules import flags


def _flags(around: Surroundings, **changes: object) -> tuple[Flag, ...]:
    group: dict[str, object] = {
        "chat_id": "wr-1",
        "owner": "limin",
        "status": 0,
        "staff_members": 1,
        "registered": True,
        "around": around,
    }
    return flags(**{**group, **changes})  # type: ignore[arg-type]


SEEN = Surroundings(staff=frozenset({"limin"}), archived=frozenset({"wr-1"}))


def test_a_group_as_it_should_be_has_no_flag() -> None:
    assert _flags(SEEN) == ()


def test_what_nobody_told_us_raises_no_flag() -> None:
    assert _flags(Surroundings(), owner="stranger") == ()


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"owner": "stranger"}, "owner_unknown"),
        ({"status": 1}, "owner_left"),
        ({"staff_members": 0}, "no_staff"),
        ({"chat_id": "wr-2"}, "not_archived"),
        ({"registered": False}, "unregistered"),
    ],
)
def test_a_group_the_bank_does_not_see_into_is_flagged(
    change: dict[str, object], flag: Flag
) -> None:
    assert _flags(SEEN, **change) == (flag,)
