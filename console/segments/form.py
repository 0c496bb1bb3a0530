"""A condition as the rows of a form, and the rows back as a condition.

A row asks one dimension; the rows are joined by “and”, and a row marked so is an alternative to
the one above it. What is nested more deeply than that is edited as text.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson
from starlette.datastructures import FormData

from config.conditions import OPERATORS, All, Ask, Condition, Either, as_json, parse
from config.dimensions import DIMENSIONS, Dimension, Part, Type, dimension
from crm_sync.errors import RuleRefused
from crm_sync.rules import conditions as language

OPERATOR_NAMES: Final[Mapping[str, str]] = {
    "ge": "不低于", "le": "不超过", "gt": "高于", "lt": "低于", "eq": "等于", "between": "在两者之间",
    "known": "已登记", "unknown": "未登记", "past": "在过去多少天内", "next": "在未来多少天内",
    "in": "是其中之一", "not_in": "都不是", "contains": "含有", "is": "是", "any": "有其中之一",
    "none": "都没有", "has": "有", "has_not": "没有",
}  # fmt: skip
_DATES: Final[Mapping[str, str]] = {"ge": "不早于", "le": "不晚于"}
LISTS: Final = ("in", "not_in", "contains", "any", "none")
PLAIN: Final = ("known", "unknown", "has", "has_not")
MOST_ROWS: Final = 20
Row = dict[str, Any]


def empty() -> Row:
    """A row to begin with."""
    return {"dim": "age", "op": "ge", "value": "60", "value2": "", "or": False, "where": {}}


def rows_of(condition: Condition) -> list[Row] | None:
    """The rows of a condition, or None where it is nested more deeply than rows can say."""
    groups = condition.parts if isinstance(condition, All) else (condition,)
    rows: list[Row] = []
    for group in groups:
        each = group.parts if isinstance(group, Either) else (group,)
        for place, one in enumerate(each):
            if not isinstance(one, Ask):
                return None
            rows.append(_row(one, place > 0))
    return rows


def _row(ask: Ask, alternative: bool) -> Row:
    asked = ask.of
    parts = {part.name: part for part in asked.parts}
    row = empty() | {"dim": ask.dim, "op": ask.op, "value": "", "or": alternative}
    row["where"] = {name: _typed(parts[name], value) for name, value in ask.where}
    if ask.op == "between":
        row["value"], row["value2"] = (_typed(asked, one) for one in ask.value)
    elif ask.value is not None:
        row["value"] = _typed(asked, ask.value, days=ask.op in ("past", "next"))
    return row


def _typed(asked: Dimension | Part, value: Any, *, days: bool = False) -> Any:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return list(value) if asked.choices else "、".join(value)
    if asked.type is Type.MONEY and not days:
        return f"{Decimal(value) / 100:f}"
    return str(value)


def rows_from(form: FormData) -> list[Row]:
    """What was filled in, row by row; judged only when it becomes a condition."""
    found = []
    for number in form.getlist("row")[:MOST_ROWS]:
        prefix = f"r{str(number)[:4]}."
        where = {}
        for key in form:
            name = key.removeprefix(f"{prefix}where.")
            if name != key:
                where[name] = [str(one) for one in form.getlist(key) if str(one).strip()]
        value = [str(one) for one in form.getlist(f"{prefix}value")]
        row = empty() | {
            "dim": str(form.get(f"{prefix}dim", "age")),
            "op": str(form.get(f"{prefix}op", "")),
            "value": value if len(value) > 1 else (value[0] if value else ""),
            "value2": str(form.get(f"{prefix}value2", "")),
            "or": form.get(f"{prefix}or") == "1",
            "where": where,
        }
        found.append(_fitting(row))
    return found


def _fitting(row: Row) -> Row:
    """The operator, where the dimension was changed under it; a name nobody knows is kept."""
    asked = dimension(row["dim"])
    if asked is not None and row["op"] not in OPERATORS[asked.type]:
        row["op"] = OPERATORS[asked.type][0]
        row["value"], row["value2"], row["where"] = "", "", {}
    return row


def condition_of(rows: Sequence[Row], text: str = "") -> Condition:
    """The condition that the rows say, or that ``text`` (JSON) does. Raises RuleRefused."""
    if text.strip():
        try:
            return language.parse(orjson.loads(text))
        except orjson.JSONDecodeError:
            raise RuleRefused(
                "条件不是一个 JSON", saw=text[:40], do="写法见 docs/segments.md"
            ) from None
    groups: list[list[dict[str, Any]]] = []
    for row in rows:
        if row["or"] and groups:
            groups[-1].append(_asked(row))
        else:
            groups.append([_asked(row)])
    parts = [one[0] if len(one) == 1 else {"any": one} for one in groups]
    return language.parse(parts[0] if len(parts) == 1 else {"all": parts})


def _asked(row: Row) -> dict[str, Any]:
    told: dict[str, Any] = {"dim": row["dim"], "op": row["op"]}
    asked = dimension(row["dim"])
    if asked is None:
        return told
    if asked.type is Type.RECORDS:
        known = {part.name: part for part in asked.parts}
        told["where"] = {
            name: _read(known[name], value, listed=known[name].type in (Type.CHOICE, Type.SET))
            for name, value in row["where"].items()
            if name in known and value
        }
    elif row["op"] == "between":
        told["value"] = [_read(asked, row["value"]), _read(asked, row["value2"])]
    elif row["op"] not in PLAIN:
        is_days = row["op"] in ("past", "next")
        told["value"] = _read(asked, row["value"], listed=row["op"] in LISTS, days=is_days)
    return told


def _read(asked: Dimension | Part, value: Any, *, listed: bool = False, days: bool = False) -> Any:
    """Typed text as the value the language wants; what cannot be read is left for it to refuse."""
    many = value if isinstance(value, list) else [value]
    if listed:
        if asked.choices:
            return [one for one in many if one]
        return [one.strip() for text in many for one in _split(text) if one.strip()]
    text = str(many[0] if many else "").strip()
    if asked.type is Type.FLAG:
        return {"1": True, "0": False}.get(text, text)
    if asked.type is Type.DATE and not days:
        return text
    try:
        if asked.type is Type.MONEY and not days:
            return int(Decimal(text) * 100)
        return int(text)
    except (InvalidOperation, ValueError, OverflowError):
        return text


def _split(text: str) -> list[str]:
    for one in "；;,，":
        text = text.replace(one, "、")
    return text.split("、")


def shown(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows with everything their inputs need."""
    return [_shown(number, row) for number, row in enumerate(rows)]


def _shown(number: int, row: Row) -> dict[str, Any]:
    asked = dimension(row["dim"]) or DIMENSIONS["age"]
    names = {**OPERATOR_NAMES, **(_DATES if asked.type is Type.DATE else {})}
    return {
        "n": number,
        "or": row["or"],
        "dim": row["dim"],
        "title": asked.title,
        "free": asked.name not in DIMENSIONS,
        "op": row["op"],
        "ops": [(op, names[op]) for op in OPERATORS[asked.type]],
        "inputs": _inputs(number, row, asked),
    }


def _inputs(number: int, row: Row, asked: Dimension) -> list[dict[str, Any]]:
    if asked.type is Type.RECORDS:
        return [
            _input(
                f"r{number}.where.{part.name}", part, row["where"].get(part.name, ""), part.title
            )
            for part in asked.parts
        ]
    if row["op"] in PLAIN:
        return []
    if row["op"] in ("past", "next"):
        return [_field(f"r{number}.value", "number", row["value"], "天")]
    found = [_input(f"r{number}.value", asked, row["value"], "值")]
    if row["op"] == "between":
        found.append(_input(f"r{number}.value2", asked, row["value2"], "到"))
    return found


def _input(name: str, asked: Dimension | Part, value: Any, label: str) -> dict[str, Any]:
    if asked.type is Type.FLAG:
        return _field(name, "select", value, label, [("1", "是"), ("0", "否")])
    if asked.choices:
        return _field(name, "many", value, label, list(asked.choices.items()))
    kinds = {Type.DATE: "date", Type.NUMBER: "number", Type.MONEY: "text"}
    note = {Type.MONEY: "元", Type.SET: "几个值用顿号隔开", Type.TEXT: "几个值用顿号隔开"}
    title = label.replace("（分）", "")
    plain = value[0] if isinstance(value, list) and len(value) == 1 else value
    text = "、".join(plain) if isinstance(plain, list) else plain
    return _field(name, kinds.get(asked.type, "text"), text, title, note=note.get(asked.type, ""))


def _field(
    name: str,
    kind: str,
    value: Any,
    label: str,
    options: Sequence[tuple[str, str]] = (),
    note: str = "",
) -> dict[str, Any]:
    chosen = value if isinstance(value, list) else [value]
    return {
        "name": name,
        "kind": kind,
        "value": "" if isinstance(value, list) else value,
        "chosen": chosen,
        "label": label,
        "options": list(options),
        "note": note,
    }


def families() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every dimension by family, for the list to choose from."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in DIMENSIONS.values():
        found.setdefault(one.family, []).append((one.name, one.title))
    return list(found.items())


def as_text(condition: Condition) -> str:
    """The condition as JSON for people who edit it as text."""
    told = as_json(parse(condition))
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
