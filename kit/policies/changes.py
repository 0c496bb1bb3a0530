"""What differs between two versions of a policy, value by value and line by line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

NAMES: Final = ("name", "code", "id", "key", "family", "day")
CONTEXT: Final = 2


@dataclass(frozen=True, slots=True)
class Change:
    """One value: where it stands, what it was and what it becomes; None where there was none."""

    place: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison; ``gap`` stands for lines that did not change."""

    kind: Literal["keep", "del", "ins", "gap"]
    text: str


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every value that differs, in the order of the new version, then what was taken out."""
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    found = [
        Change(place, before.get(place), value)
        for place, value in after.items()
        if before.get(place) != value
    ]
    return found + [
        Change(place, value, None) for place, value in before.items() if place not in after
    ]


def compared(old: str, new: str) -> list[Line]:
    """Two texts line by line, with two lines around each change."""
    before, after = old.splitlines(), new.splitlines()
    found: list[Line] = []
    groups = SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(CONTEXT)
    for place, group in enumerate(groups):
        if place or group[0][1] > 0:
            found.append(Line("gap", "⋯"))
        for act, a_from, a_to, b_from, b_to in group:
            if act == "equal":
                found += [Line("keep", line) for line in before[a_from:a_to]]
                continue
            found += [Line("del", line) for line in before[a_from:a_to]]
            found += [Line("ins", line) for line in after[b_from:b_to]]
    return found


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if all(not isinstance(one, Mapping | list) for one in value):
            yield place, "、".join(_shown(one) for one in value)
            return
        for number, one in enumerate(value, 1):
            yield from _leaves(one, f"{place}[{_name(one, number)}]")
    else:
        yield place, _shown(value)


def _name(one: Any, number: int) -> str:
    if isinstance(one, Mapping):
        for key in NAMES:
            if isinstance(one.get(key), str):
                return str(one[key])
    return str(number)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)
