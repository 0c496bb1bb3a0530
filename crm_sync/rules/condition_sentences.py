"""Conditions in Chinese: what is asked for, and what was found."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from config.conditions import All, Ask, Condition, Either, Not
from config.dimensions import Dimension, Part, Type
from crm_sync.rules.ages import age

WAN: Final = 1_000_000  # 分
YI: Final = 10_000_000_000


def money(fen: int) -> str:
    """An amount as staff read it."""
    for unit, name in ((YI, "亿元"), (WAN, "万元"), (100, "元")):
        if abs(fen) >= unit or unit == 100:
            return f"{fen / unit:.2f}".rstrip("0").rstrip(".") + f" {name}"
    return ""


def sentence(condition: Condition, labels: Mapping[str, str] | None = None) -> str:
    """The whole condition in one line. ``labels``: what extra columns are called."""
    return _sentence(condition, labels or {}, "")


def _sentence(condition: Condition, labels: Mapping[str, str], inside: str) -> str:
    """``inside``: what stands around it, so that “and” within “or” is bracketed, and “or” within “and”."""
    match condition:
        case All(parts):
            line = "，且".join(_sentence(one, labels, "all") for one in parts)
            return f"（{line}）" if inside == "any" and len(parts) > 1 else line
        case Either(parts):
            line = "，或".join(_sentence(one, labels, "any") for one in parts)
            return f"（{line}）" if inside == "all" and len(parts) > 1 else line
        case Not(part):
            return f"不是（{_sentence(part, labels, '')}）"
        case Ask():
            return asking(condition, labels)


def asking(ask: Ask, labels: Mapping[str, str]) -> str:
    """One question as a phrase."""
    asked = ask.of
    name = _name(asked, labels)
    if asked.type is Type.RECORDS:
        return f"{'' if ask.op == 'has' else '没有'}{_records(ask)}"
    if asked.type is Type.FLAG:
        if asked.yes:
            return asked.yes if ask.value else asked.no
        return f"客户资料{'是' if ask.value else '不是'}“{asked.title}”"
    if asked.name == "age":
        return _ages(ask)
    if asked.name == "birth_year" and ask.op in _YEARS:
        return _YEARS[ask.op].format(*(ask.value if ask.op == "between" else (ask.value,)))
    if ask.op in ("known", "unknown"):
        return f"{name}{'已' if ask.op == 'known' else '未'}登记"
    if ask.op in ("past", "next"):
        return f"{name}在{'过去' if ask.op == 'past' else '未来'} {ask.value} 天内"
    if asked.type in (Type.SET, Type.TEXT, Type.CHOICE):
        return _list(ask, asked, name)
    if ask.op == "between":
        return f"{name}在 {_shown(asked, ask.value[0])} 到 {_shown(asked, ask.value[1])}"
    return f"{name}{_COMPARED[ask.op]} {_shown(asked, ask.value)}"


_COMPARED: Final = {"ge": "不低于", "le": "不超过", "gt": "高于", "lt": "低于", "eq": "为"}
_YEARS: Final = {
    "between": "{} 至 {} 年出生",
    "ge": "{} 年及以后出生",
    "le": "{} 年及以前出生",
    "eq": "{} 年出生",
}


def _name(asked: Dimension, labels: Mapping[str, str]) -> str:
    if asked.attribute and asked.type is Type.SET:
        return f"客户资料“{labels.get(asked.attribute, asked.title)}”"
    return asked.phrase


def bound(ask: Ask) -> str:
    """What a number is held against: 不低于 6 万元; empty where there is no single bound."""
    asked = ask.of
    by_birth = asked.name in ("age", "birth_year")  # their own sentences say it
    if by_birth or asked.type not in (Type.NUMBER, Type.MONEY) or ask.op not in _COMPARED:
        return ""
    return f"{_COMPARED[ask.op]} {_shown(asked, ask.value)}"


def _ages(ask: Ask) -> str:
    match ask.op:
        case "ge":
            return f"满 {ask.value} 岁"
        case "gt":
            return f"超过 {ask.value} 岁"
        case "le":
            return f"不超过 {ask.value} 岁"
        case "lt":
            return f"未满 {ask.value} 岁"
        case "between":
            return f"{ask.value[0]} 至 {ask.value[1]} 岁"
        case "eq":
            return f"{ask.value} 岁"
        case _:
            return f"出生日期{'已' if ask.op == 'known' else '未'}登记"


def _list(ask: Ask, asked: Dimension, name: str) -> str:
    named = [_shown(asked, one) for one in ask.value]
    if asked.name == "tag":
        return f"{'没有' if ask.op == 'none' else '客户经理打了'}标签“{'”或“'.join(named)}”"
    listed = "、".join(named)
    if ask.op == "contains":
        return f"{name}含“{'”或“'.join(named)}”"
    if asked.attribute and asked.type is Type.SET:
        return f"{name}里{'没有' if ask.op == 'none' else '有'}{listed}"
    return f"{name}{'不' if ask.op in ('none', 'not_in') else ''}是{'或'.join(named)}"


def _records(ask: Ask) -> str:
    asked, parts = ask.of, {part.name: part for part in ask.of.parts}
    first = asked.parts[0]
    wanted = dict(ask.where)
    head = _part(first, wanted[first.name]) if first.name in wanted else ""
    if asked.name == "interest":
        head = f"{head or '任何方面'}的群、活动或点击线索"
    elif not head:
        head = {"holding": "任何产品", "event": "客户事件"}.get(asked.name, asked.title)
    more = [_part(parts[name], value) for name, value in ask.where if name != first.name]
    return f"{asked.reads}{head}" + (f"（{'，'.join(more)}）" if more else "")


def _part(part: Part, value: Any) -> str:
    if part.type is Type.MONEY:
        return part.reads.format(money(value))
    if isinstance(value, tuple):
        joined = "或" if part.choices else "、"
        return part.reads.format(joined.join(part.choices.get(one, one) for one in value))
    return part.reads.format(value)


def _shown(asked: Dimension, value: Any) -> str:
    if asked.type is Type.MONEY:
        return money(value)
    return asked.shown.format(asked.choices.get(str(value), value))


def of_age(ask: Ask, born_on: date | None, on: date) -> str:
    """How old somebody is beside what was asked."""
    if born_on is None:
        return "出生日期未登记，无法判断年龄"
    years = age(born_on, on)
    says = f"{born_on.year} 年出生，{years} 岁"
    low, high = _bounds(ask)
    if low is not None and years < low:
        return f"{says}，未满 {low} 岁"
    if high is not None and years > high:
        return f"{says}，超过 {high} 岁"
    bounds = [f"满 {low} 岁"] if low is not None else []
    bounds += [f"不超过 {high} 岁"] if high is not None else []
    return "，".join([says, "、".join(bounds)]) if bounds else says


def of_birth_year(ask: Ask, born_on: date | None, met: bool) -> str:
    """The birth date beside the years that were asked for."""
    if born_on is None:
        return "出生日期未登记，无法判断出生年"
    low, high = _bounds(ask)
    span = f"{low if low is not None else ''}–{high if high is not None else ''} 年"
    return f"{born_on.year} 年出生，{'属' if met else '不属'} {span}"


def _bounds(ask: Ask) -> tuple[int | None, int | None]:
    match ask.op:
        case "between":
            return ask.value[0], ask.value[1]
        case "ge" | "gt":
            return ask.value + (ask.op == "gt"), None
        case "le" | "lt":
            return None, ask.value - (ask.op == "lt")
        case "eq":
            return ask.value, ask.value
        case _:
            return None, None


def of_value(ask: Ask, asked: Dimension, value: Any, met: bool) -> str:
    """One value beside what was asked."""
    if value is None:
        return f"{asked.phrase}：未登记"
    says = f"{asked.phrase}：{_shown(asked, value)}"
    if met or ask.op in ("in", "not_in", "known", "unknown"):
        return says
    return f"{says}，不合“{asking(ask, {})}”"


def of_known(asked: Dimension, known: bool) -> str:
    """Whether there is anything at all."""
    return f"{asked.phrase}：{'有' if known else '没有'}"


def of_set(ask: Ask, asked: Dimension, shared: list[str], told: bool) -> str:
    """Which of the values asked for are there."""
    if asked.attribute:
        if shared:
            # Because “养老金代发（1）” says less to a person than “养老金代发”.
            plain = [one for one in shared if one not in ("1", "true", "是", "Y")]
            return f"客户资料：{asked.title}" + (f"（{'、'.join(plain)}）" if plain else "")
        return f"客户资料：{asked.title}不符" if told else f"客户资料未登记：{asked.title}"
    if asked.name == "tag":
        if shared:
            return f"客户经理打了标签“{'”“'.join(shared)}”"
        return f"没有标签“{'”“'.join(ask.value)}”"
    named = "、".join(_shown(asked, one) for one in (shared or ask.value))
    return f"{asked.phrase}：{named}" if shared else f"{asked.phrase}里没有{named}"


def of_attribute_flag(asked: Dimension, is_so: bool, told: bool) -> str:
    """Whether the bank's file says yes."""
    if is_so:
        return f"客户资料：{asked.title}"
    return f"客户资料：{asked.title}不符" if told else f"客户资料未登记：{asked.title}"


def of_records(ask: Ask, found: int) -> str:
    """How many records match."""
    return f"{_records(ask)} {found} 笔" if found else f"没有{_records(ask)}"


def of_no_interest(ask: Ask) -> str:
    """That nothing counts."""
    named = dict(ask.where).get("interest", ())
    return f"没有{'、'.join(named)}{'方面' if named else ''}的群、活动或点击线索"
