"""No pattern leans on what Python 3.11 before 3.11.5 gets wrong: a possessive or atomic group.

Debian 12 ships 3.11.2, on which such a group that backtracks inside does not match (gh-106052);
single characters and classes are sound.
"""

import importlib
import re
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

from tests.unit.house.sources import sources

SINGLE = {_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY}


def _patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every compiled pattern that stands in a module of ours."""
    for source in sources():
        if source.module == "migrations.env" or source.module.startswith("migrations."):
            continue
        module = importlib.import_module(source.module)
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{source.module}.{name}", value


def _risky(parsed: Any) -> bool:
    for op, argument in parsed:
        if op is _constants.ATOMIC_GROUP:
            return True
        if op is _constants.POSSESSIVE_REPEAT:
            inner = argument[2]
            if len(inner) != 1 or inner[0][0] not in SINGLE:
                return True
        if any(_risky(part) for part in _inside(argument)):
            return True
    return False


def _inside(argument: Any) -> Iterator[Any]:
    """The sub-patterns of a node's argument, however they are packed."""
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, list | tuple):
        for part in argument:
            yield from _inside(part)


def test_no_pattern_has_a_possessive_or_atomic_group() -> None:
    found = list(_patterns())
    assert len(found) > 40
    risky = [
        name for name, pattern in found if _risky(_parser.parse(pattern.pattern, pattern.flags))
    ]
    assert not risky, risky


def test_the_test_knows_one_when_it_sees_it() -> None:
    assert _risky(_parser.parse(r"(?:a|ab)*+c", 0))
    assert _risky(_parser.parse(r"x(?:(?>a+)b)?", 0))
    assert not _risky(_parser.parse(r"[a-z]++\s*+(?:b{1,3}+c)*", 0))
