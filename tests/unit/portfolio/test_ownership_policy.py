"""The ownership policy says what is wrong with it, in words for whoever changes it."""

from typing import Any

import pytest
from pydantic import ValidationError

from config import ownership_policy, policy_files
from config.ownership_policy import OwnershipPolicy


def changed(path: str, value: Any) -> dict[str, Any]:
    values = policy_files.read("ownership")
    *parts, last = path.split(".")
    here: Any = values
    for part in parts:
        here = here[int(part)] if part.isdecimal() else here[part]
    here[last] = value
    return values


def test_the_shipped_policy_is_sound() -> None:
    policy = ownership_policy.load()
    assert policy.transfer.above_fen == 50_000_000
    assert policy.direct_team.span.name == "30万到50万"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("relations.open", ["persona"], "管户人"),
        ("relations", {"open": ["owner"], "send": ["corporate"]}, "先能打开"),
        ("levels.level.1.from_yuan", 400_000, "重叠"),
        ("transfer.level", "超级经理", "不在层级表里"),
        ("scorecard.by_owner", {"aum": 60, "relation": 60}, "合计应为 100"),
        ("grid.least_areas", 9, "不能大于"),
        ("direct_team.band", "没有", "没有名为"),
        ("recall.reasons", [], "at least 1"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(path: str, value: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        OwnershipPolicy.model_validate(changed(path, value))
