"""The grammar of conditions about customers: what a policy or a saved segment may say.

A condition is ``{"all": […]}``, ``{"any": […]}``, ``{"not": …}`` or a question to one dimension,
``{"dim": "age", "op": "ge", "value": 60}``; a record is asked for by its parts,
``{"dim": "holding", "op": "has", "where": {"kind": ["fund"], "risk_from": 4}}``. It stands here,
under everything, because policies hold conditions; its meaning is ``crm_sync.rules.conditions``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetPydanticSchema, PlainSerializer
from pydantic_core import core_schema

from config.dimensions import ATTRIBUTE, DIMENSIONS, Dimension, Part, Type, dimension

DEEPEST: Final = 6
MOST: Final = 60
"""How deep conditions may nest, and how many questions one may ask."""
LONGEST: Final = 80
_NUMBER: Final = ("ge", "le", "gt", "lt", "eq", "between", "known", "unknown")
OPERATORS: Final[Mapping[Type, tuple[str, ...]]] = {
    Type.NUMBER: _NUMBER,
    Type.MONEY: _NUMBER,
    Type.DATE: ("ge", "le", "between", "past", "next", "known", "unknown"),
    Type.TEXT: ("in", "not_in", "contains", "known", "unknown"),
    Type.CHOICE: ("in", "not_in", "known", "unknown"),
    Type.FLAG: ("is",),
    Type.SET: ("any", "none", "known", "unknown"),
    Type.RECORDS: ("has", "has_not"),
}
_PLAIN: Final = ("known", "unknown", "has", "has_not")
_LISTS: Final = ("in", "not_in", "contains", "any", "none")


class ConditionRefused(ValueError):
    """A condition that says nothing, or something nobody knows. ``where`` is its place in it."""

    def __init__(self, what: str, *, saw: str = "", where: str = "", do: str = "") -> None:
        super().__init__(what + (f"：{saw}" if saw else "") + (f"（{do}）" if do else ""))
        self.what, self.saw, self.where, self.do = what, saw, where, do


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to one dimension. ``where``: of a record, its parts and what they must be."""

    dim: str
    op: str
    value: Any = None
    where: tuple[tuple[str, Any], ...] = ()

    @property
    def of(self) -> Dimension:
        """The dimension that is asked."""
        found = dimension(self.dim)
        assert found is not None  # noqa: S101 — parsed
        return found


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of them holds at least."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: "Condition"


Condition = Ask | All | Either | Not


@dataclass(slots=True)
class _Reading:
    asked: int = 0
    path: list[str] = field(default_factory=list)

    @property
    def where(self) -> str:
        return ".".join(self.path) or "条件"


def parse(raw: object) -> Condition:
    """A condition from plain values. Raises ConditionRefused naming the place."""
    if isinstance(raw, Ask | All | Either | Not):
        raw = as_json(raw)
    return _read(raw, _Reading(), 0)


def _read(raw: object, reading: _Reading, depth: int) -> Condition:
    if not isinstance(raw, Mapping) or not raw:
        raise ConditionRefused(
            "条件要写成一项，例如 {dim, op, value}、{all: […]}、{any: […]} 或 {not: …}",
            saw=str(raw)[:40], where=reading.where,
        )  # fmt: skip
    if depth > DEEPEST:
        raise ConditionRefused(f"条件最多套 {DEEPEST} 层", where=reading.where)
    for name, kind in (("all", All), ("any", Either)):
        if name in raw:
            _only(raw, {name}, reading)
            return kind(_several(raw[name], name, reading, depth))
    if "not" in raw:
        _only(raw, {"not"}, reading)
        reading.path.append("not")
        inner = _read(raw["not"], reading, depth + 1)
        reading.path.pop()
        return Not(inner)
    return _ask(raw, reading)


def _several(raw: object, name: str, reading: _Reading, depth: int) -> tuple[Condition, ...]:
    if not isinstance(raw, list | tuple) or not raw:
        raise ConditionRefused(f"{name} 里至少要有一条条件", where=reading.where)
    found = []
    for place, one in enumerate(raw):
        reading.path.append(f"{name}[{place}]")
        found.append(_read(one, reading, depth + 1))
        reading.path.pop()
    return tuple(found)


def _only(raw: Mapping[Any, Any], allowed: set[str], reading: _Reading) -> None:
    more = sorted(str(one) for one in raw if one not in allowed)
    if more:
        raise ConditionRefused("条件里有不认识的项", saw="、".join(more)[:40], where=reading.where)


def _ask(raw: Mapping[Any, Any], reading: _Reading) -> Ask:
    _only(raw, {"dim", "op", "value", "where"}, reading)
    reading.asked += 1
    if reading.asked > MOST:
        raise ConditionRefused(f"一条规则最多问 {MOST} 项", where=reading.where)
    name, op = str(raw.get("dim", "")), str(raw.get("op", ""))
    asked = dimension(name)
    if asked is None:
        raise ConditionRefused(
            "没有这个维度", saw=name[:40], where=reading.where,
            do=f"可用：{'、'.join(DIMENSIONS)}，或 {ATTRIBUTE}附加列名",
        )  # fmt: skip
    if op not in OPERATORS[asked.type]:
        raise ConditionRefused(
            f"“{asked.title}”不能这样比较", saw=op[:20], where=reading.where,
            do=f"可用：{'、'.join(OPERATORS[asked.type])}",
        )  # fmt: skip
    where = raw.get("where")
    if asked.type is Type.RECORDS:
        return Ask(name, op, None, _parts(asked, where or {}, reading))
    if where:
        raise ConditionRefused(f"“{asked.title}”没有分项，不写 where", where=reading.where)
    if op in _PLAIN:
        return Ask(name, op)
    return Ask(name, op, _value(asked, op, raw.get("value"), reading))


def _parts(asked: Dimension, raw: object, reading: _Reading) -> tuple[tuple[str, Any], ...]:
    if not isinstance(raw, Mapping):
        raise ConditionRefused("where 要写成 {分项: 值}", saw=str(raw)[:40], where=reading.where)
    known = {part.name: part for part in asked.parts}
    found: dict[str, Any] = {}
    for name, value in raw.items():
        part = known.get(str(name))
        if part is None:
            raise ConditionRefused(
                f"“{asked.title}”没有这个分项", saw=str(name)[:40], where=reading.where,
                do=f"可用：{'、'.join(known)}",
            )  # fmt: skip
        if part.type in (Type.CHOICE, Type.SET):
            found[part.name] = _texts(part, value, reading)
        else:
            found[part.name] = _whole(part, value, 0, part.highest, reading)
    return tuple((part.name, found[part.name]) for part in asked.parts if part.name in found)


def _value(asked: Dimension, op: str, value: object, reading: _Reading) -> Any:
    if op in _LISTS:
        return _texts(asked, value, reading)
    if asked.type is Type.FLAG:
        if not isinstance(value, bool):
            raise ConditionRefused(
                f"“{asked.title}”只能是 true 或 false", saw=str(value)[:20], where=reading.where
            )
        return value
    if op in ("past", "next"):
        return _whole(asked, value, 0, 36_500, reading)
    one: Callable[..., Any] = _day if asked.type is Type.DATE else _number
    if op != "between":
        return one(asked, value, reading)
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ConditionRefused("between 要写成 [从, 到]", saw=str(value)[:40], where=reading.where)
    low, high = one(asked, value[0], reading), one(asked, value[1], reading)
    if low > high:
        raise ConditionRefused("范围写反了", saw=f"{low} 大于 {high}", where=reading.where)
    return (low, high)


def _texts(asked: Dimension | Part, value: object, reading: _Reading) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not listed:
        raise ConditionRefused(
            f"“{asked.title}”要写出至少一个值", saw=str(value)[:40], where=reading.where
        )
    for one in listed:
        if not isinstance(one, str) or not one.strip() or len(one) > LONGEST or "\0" in one:
            raise ConditionRefused(
                f"“{asked.title}”的值要是 1 至 {LONGEST} 个字",
                saw=str(one)[:40],
                where=reading.where,
            )
        if asked.choices and one not in asked.choices:
            raise ConditionRefused(
                f"“{asked.title}”没有这个选项", saw=one[:40], where=reading.where,
                do="可用：" + "、".join(f"{k}（{v}）" for k, v in asked.choices.items()),
            )  # fmt: skip
    return tuple(dict.fromkeys(listed))


def _number(asked: Dimension, value: object, reading: _Reading) -> int:
    return _whole(asked, value, asked.lowest, asked.highest, reading)


def _whole(asked: Dimension | Part, value: object, low: int, high: int, reading: _Reading) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConditionRefused(
            f"“{asked.title}”要是 {low} 到 {high} 的整数", saw=str(value)[:40], where=reading.where
        )
    return value


def _day(asked: Dimension, value: object, reading: _Reading) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ConditionRefused(
            f"“{asked.title}”要写成日期", saw=str(value)[:20], where=reading.where,
            do="例如 2026-11-22",
        ) from None  # fmt: skip


def as_json(condition: Condition) -> dict[str, Any]:
    """The condition as plain values, ready to be stored; ``parse`` gives it back."""
    match condition:
        case All(parts):
            return {"all": [as_json(one) for one in parts]}
        case Either(parts):
            return {"any": [as_json(one) for one in parts]}
        case Not(part):
            return {"not": as_json(part)}
        case Ask(dim, op, value, where):
            told: dict[str, Any] = {"dim": dim, "op": op}
            if value is not None:
                told["value"] = _plain(value)
            if where:
                told["where"] = {name: _plain(one) for name, one in where}
            return told


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def asks(condition: Condition) -> Iterator[Ask]:
    """Every question in it, in order."""
    match condition:
        case All(parts) | Either(parts):
            for one in parts:
                yield from asks(one)
        case Not(part):
            yield from asks(part)
        case Ask():
            yield condition


def texts(condition: Condition) -> Iterator[str]:
    """Every free word in it: values, parts, names of extra columns. Not what a list offers."""
    for ask in asks(condition):
        asked = ask.of
        if asked.name.startswith(ATTRIBUTE):
            yield asked.name
        offered = {part.name for part in asked.parts if part.choices}
        values = [] if asked.choices else [ask.value]
        values += [value for name, value in ask.where if name not in offered]
        for value in values:
            if isinstance(value, tuple):
                yield from (one for one in value if isinstance(one, str))


Rule = Annotated[
    Condition,
    GetPydanticSchema(lambda _source, _handler: core_schema.any_schema()),
    BeforeValidator(parse),
    PlainSerializer(as_json),
]
"""A condition as a field of a policy: read from TOML, refused in Chinese, written back as data."""
