"""What an approver of a policy is shown: every value that changes, and where it stands."""

import pytest

from config import policy_files
from config.policy_catalogue import KINDS, TIERS
from kit.policies.changes import Change, changes, compared
from kit.policies.errors import PolicyRefused, PolicyUnknown
from kit.policies.reading import kind_of, values_of


def test_every_value_that_differs_is_named_by_its_place() -> None:
    old = {"a": 1, "band": [{"name": "x", "from": 5}, {"name": "y", "from": 6}], "on": True}
    new = {
        "a": 1,
        "band": [{"name": "y", "from": 7}, {"name": "x", "from": 5}],
        "words": ["甲", "乙"],
    }
    assert changes(old, new) == [
        Change("band[y].from", "6", "7"),
        Change("words", None, "甲、乙"),
        Change("on", "是", None),
    ]


def test_the_same_policy_has_no_changes() -> None:
    for kind in KINDS:
        shipped = kind.read(policy_files.read(kind.name))
        assert changes(shipped.model_dump(), shipped.model_dump()) == []


def test_lines_far_from_a_change_are_left_out() -> None:
    old = "\n".join(f"line {number}" for number in range(40))
    new = old.replace("line 20", "line twenty")
    lines = compared(old, new)
    assert [line.text for line in lines if line.kind == "del"] == ["line 20"]
    assert [line.text for line in lines if line.kind == "ins"] == ["line twenty"]
    assert lines[0].kind == "gap"
    assert len(lines) == 7
    assert compared(old, old) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("profile = ", "end of document"),
        ('profile = "x"\nmeasure = "point"\n[profiles.x]\ntiers = [{ name = "a", from_yuan = 0 }]\nextra = 1\n', "没有这一项"),
        ('profile = "x"\nmeasure = "daily"\n[profiles.x]\ntiers = [{ name = "a", from_yuan = 0 }]\n', "measure"),
        ('profile = "y"\nmeasure = "point"\n[profiles.x]\ntiers = [{ name = "a", from_yuan = 0 }]\n', "没有名为“y”的层级方案"),
        ('profile = "x"\nmeasure = "point"\n[profiles.x]\ntiers = [{ name = "a", from_yuan = 5 }]\n', "层级应从 0 元开始"),
        ("x" * 200_001, "200001"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_used_is_refused_with_the_place(text: str, told: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        values_of(TIERS, text)
    assert told in refused.value.saw


def test_there_is_no_policy_of_another_name() -> None:
    with pytest.raises(PolicyUnknown):
        kind_of("no-such")
