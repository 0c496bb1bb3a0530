"""Turns the text of one cell into a value of its type, or says why it cannot."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from kit.tabular.amounts import parse_fen, parse_integer, parse_yuan
from kit.tabular.days import parse_date, parse_days, parse_moment
from kit.tabular.fields import PAST, Field, Type
from kit.tabular.refusals import Bad, RowCode

Parser = Callable[[Any], Any]
"""From a cell (text, or what an expression made) to a value, None or a Bad."""

REMEMBERED: Final = 65_536
INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffd\ufffe\uffff\ud800-\udfff]"
)
_FORMULA = re.compile(r"[=＝@＠].|[+＋\-－](?=[^\d\s.])", re.DOTALL)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]*", re.ASCII)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+", re.ASCII)
_FLOATED = re.compile(r"\d+\.0+", re.ASCII)
_PHONE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_PHONE_DRESS = re.compile(r"[\s\-－()（）.]")
_FULL_WIDTH = {ord("０") + digit: ord("0") + digit for digit in range(10)} | {ord("＋"): ord("+")}
FLAGS: Final = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "是", "有", "同意"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "否", "无", "不同意"), False),
}


class Remembering(dict[Any, Any]):
    """A parser that remembers what it parsed; a Bad is parsed again, so that it is noticed."""

    def __init__(self, parse: Parser) -> None:
        super().__init__()
        self.parse = parse
        self.troubled = False

    def __missing__(self, cell: Any) -> Any:
        value = self.parse(cell)
        if type(value) is Bad:
            self.troubled = True
        elif len(self) < REMEMBERED:
            self[cell] = value
        return value


def parser_of(
    field: Field,
    *,
    today: date,
    dates: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
    nulls: Collection[str] = ("",),
) -> Parser:
    """The parser of ``field``: blanks and nulls to None, value map, then its type.

    A date that an expression has made passes as it is; anything else is read as text.
    """
    parse = _typed(field, today, dates)
    empty = frozenset(nulls) | {""}

    def cell_value(cell: Any) -> Any:
        if type(cell) is not str:
            if cell is None or type(cell) is Bad:
                return _missing(field) if cell is None else cell
            if type(cell) is date and field.type is Type.DATE:
                return _in_time(cell, field, today)
            cell = _text_of(cell)
        text = cell.strip()
        if values is not None:
            if text in values:
                text = values[text]
            elif text not in empty and "*" in values:
                text = values["*"]
            elif text not in empty:
                return Bad(RowCode.VALUE_MAP, f"映射的 values 里没有这个值{seen(field, text)}")
        if text in empty:
            return _missing(field)
        return parse(text)

    return cell_value


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, date) else str(value)


def seen(field: Field, text: str) -> str:
    """What stood there, for a reason: never for a personal field, never long."""
    return "" if field.personal else f"（现在是“{INVISIBLE.sub('?', text)[:24]}”）"


def _missing(field: Field) -> Bad | None:
    return Bad(RowCode.REQUIRED, f"{field.title}不能为空") if field.required else None


def _in_time(day: Any, field: Field, today: date) -> Any:
    if field.when == PAST and type(day) is date and day > today:
        return Bad(RowCode.DATE_RANGE, f"{field.title}在导入日 {today} 之后")
    return day


def _typed(field: Field, today: date, dates: Sequence[str]) -> Parser:
    match field.type:
        case Type.TEXT:
            return partial(_text, field)
        case Type.KEY:
            return partial(_key, field)
        case Type.PHONE:
            return _phone
        case Type.LIST:
            return partial(_list, field)
        case Type.CHOICE:
            return partial(_choice, field)
        case Type.FLAG:
            return partial(_flag, field)
        case Type.DATE:
            return lambda text: _shown(field, text, _in_time(parse_date(text, dates), field, today))
        case Type.MOMENT:
            return lambda text: _shown(field, text, parse_moment(text, dates))
        case Type.DAYS:
            return lambda text: parse_days(text, dates)
        case Type.INTEGER:
            return lambda text: _shown(
                field, text, parse_integer(text, field.lowest, field.highest)
            )
        case Type.YUAN:
            return lambda text: _shown(field, text, parse_yuan(text))
        case Type.FEN:
            return lambda text: _shown(field, text, parse_fen(text))


def _shown(field: Field, text: str, value: Any) -> Any:
    if type(value) is Bad:
        return Bad(value.code, value.reason + seen(field, text))
    return value


def _text(field: Field, text: str) -> str | Bad:
    if INVISIBLE.search(text):
        return Bad(RowCode.CHARACTERS, "含有看不见的字符（换行、零宽、方向控制等），请删掉")
    if text[0] in "=＝@＠+＋-－'" and len(text) > 1:
        if text[0] == "'" and text[1] in "=+-@":
            return text[1:]
        if _FORMULA.match(text):
            return Bad(RowCode.CHARACTERS, "以 = + - @ 开头，像表格公式，请改成文字")
    if len(text) > field.longest:
        return Bad(RowCode.TOO_LONG, f"{field.title}最多 {field.longest} 个字，现在 {len(text)} 个")
    return text


def _key(field: Field, text: str) -> str | Bad:
    if not _KEY.fullmatch(text):
        return Bad(RowCode.KEY, f"只能用字母、数字和 -_.:/@{seen(field, text)}")
    if len(text) > field.longest:
        return Bad(RowCode.TOO_LONG, f"{field.title}最多 {field.longest} 位，现在 {len(text)} 位")
    if text[0] in "0123456789" and (_SCIENTIFIC.fullmatch(text) or _FLOATED.fullmatch(text)):
        return Bad(
            RowCode.KEY, f"像被表格软件改成了数字，请把该列设为文本后另存{seen(field, text)}"
        )
    return text


def _phone(text: str) -> str | Bad:
    if _PHONE.fullmatch(text):
        return text
    bare = _PHONE_DRESS.sub("", text.lstrip("'").translate(_FULL_WIDTH))
    for prefix in ("+86", "0086", "86"):
        if len(bare) == 11 + len(prefix):
            bare = bare.removeprefix(prefix)
    if _PHONE.fullmatch(bare):
        return bare
    return Bad(RowCode.PHONE, "不是 11 位手机号（可带 +86、空格和横线）")


def _choice(field: Field, text: str) -> str | int | Bad:
    found = field.choices.get(text)
    if found is None:
        found = field.choices.get(text.lower())
    if found is None:
        allowed = "、".join(dict.fromkeys(str(value) for value in field.choices.values()))
        return Bad(RowCode.CHOICE, f"{field.title}应为 {allowed} 之一{seen(field, text)}")
    return found


def _flag(field: Field, text: str) -> bool | Bad:
    found = FLAGS.get(text.lower())
    if found is None:
        return Bad(RowCode.FLAG, f"{field.title}应写 1 或 0（是、否也可以）{seen(field, text)}")
    return found


def _list(field: Field, text: str) -> tuple[str, ...] | Bad:
    parts = [part.strip() for part in re.split(r"[;；,，、|]", text)]
    found = tuple(dict.fromkeys(part for part in parts if part))
    for part in found:
        value = _text(field, part)
        if isinstance(value, Bad):
            return value
    return found
