"""The small safe list of functions that a mapping's expressions may call, and no other.

A function gets what its arguments made (text, date, whole number or None) and gives one such
value. It raises ExpressionFailed where a row cannot have a value; the row is then refused.
"""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from kit.tabular.amounts import parse_yuan
from kit.tabular.days import parse_date
from kit.tabular.refusals import Bad

LONGEST_TEXT: Final = 10_000
MOST_MONTHS: Final = 2_400


class ExpressionFailed(Exception):
    """This row has no value of this expression; the text says why, without the row's data."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its number of arguments (``most`` None: any number)."""

    call: Callable[..., Any]
    least: int
    most: int | None


def as_text(value: Any) -> str:
    """Any value of an expression as text; None is the empty text."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def as_number(value: Any) -> int:
    """A whole number, or ExpressionFailed."""
    if isinstance(value, int):
        return value
    text = as_text(value).strip()
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        return sign * int(digits)
    raise ExpressionFailed("需要整数")


def as_date(value: Any, *formats: str) -> date | None:
    """A date, None where there is none, or ExpressionFailed."""
    if value is None or isinstance(value, date):
        return value
    text = as_text(value).strip()
    if not text:
        return None
    found = parse_date(text, formats)
    if isinstance(found, Bad):
        raise ExpressionFailed(found.reason)
    return found


def add_months(value: Any, months: Any) -> date | None:
    """The same day so many months on; the last day of the month where there is no such day."""
    day = as_date(value)
    count = as_number(months)
    if day is None:
        return None
    if abs(count) > MOST_MONTHS:
        raise ExpressionFailed("月数超出范围")
    total = day.year * 12 + day.month - 1 + count
    year, month = divmod(total, 12)
    if not 1 <= year <= 9998:
        raise ExpressionFailed("日期超出范围")
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def add_days(value: Any, days: Any) -> date | None:
    """So many days on."""
    day, count = as_date(value), as_number(days)
    if day is None:
        return None
    try:
        return day + timedelta(days=count)
    except OverflowError:
        raise ExpressionFailed("日期超出范围") from None


def _concat(*values: Any) -> str:
    return _bounded("".join(map(as_text, values)))


def _bounded(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ExpressionFailed("结果太长")
    return text


def _first(*values: Any) -> Any:
    return next((value for value in values if as_text(value).strip()), None)


def _replace(value: Any, old: Any, new: Any) -> str:
    if not as_text(old):
        raise ExpressionFailed("replace 的第二个参数不能为空")
    return _bounded(as_text(value).replace(as_text(old), as_text(new)))


def _part(value: Any, start: Any, length: Any) -> str:
    first, count = as_number(start), as_number(length)
    if first < 1 or count < 0:
        raise ExpressionFailed("part 的起点从 1 数起，长度不能为负")
    return as_text(value)[first - 1 : first - 1 + count]


def _pad(value: Any, width: Any, fill: Any = "0") -> str:
    count, character = as_number(width), as_text(fill)
    if len(character) != 1 or not 0 <= count <= 100:
        raise ExpressionFailed("pad 的宽度为 0 到 100，补一个字符")
    return as_text(value).strip().rjust(count, character)


def _fen(value: Any) -> int | None:
    text = as_text(value).strip()
    if not text:
        return None
    found = parse_yuan(text)
    if isinstance(found, Bad):
        raise ExpressionFailed(found.reason)
    return found


def _when(value: Any, equals: Any, then: Any, otherwise: Any = None) -> Any:
    return then if as_text(value).strip() == as_text(equals) else otherwise


def _date_part(name: str) -> Callable[[Any], int | None]:
    def part(value: Any) -> int | None:
        day = as_date(value)
        return None if day is None else int(getattr(day, name))

    return part


def _date(value: Any, *formats: Any) -> date | None:
    return as_date(value, *map(as_text, formats))


FUNCTIONS: Final[dict[str, Function]] = {
    "concat": Function(_concat, 1, None),
    "upper": Function(lambda value: as_text(value).upper(), 1, 1),
    "lower": Function(lambda value: as_text(value).lower(), 1, 1),
    "trim": Function(lambda value: as_text(value).strip(), 1, 1),
    "replace": Function(_replace, 3, 3),
    "part": Function(_part, 3, 3),
    "pad": Function(_pad, 2, 3),
    "digits": Function(lambda value: "".join(filter(str.isdecimal, as_text(value))), 1, 1),
    "first": Function(_first, 1, None),
    "when": Function(_when, 3, 4),
    "add": Function(lambda left, right: as_number(left) + as_number(right), 2, 2),
    "times": Function(lambda left, right: as_number(left) * as_number(right), 2, 2),
    "yuan_to_fen": Function(_fen, 1, 1),
    "date": Function(_date, 1, 4),
    "add_months": Function(add_months, 2, 2),
    "add_days": Function(add_days, 2, 2),
    "year": Function(_date_part("year"), 1, 1),
    "month": Function(_date_part("month"), 1, 1),
    "day": Function(_date_part("day"), 1, 1),
}
"""``lookup(table, key[, column])`` is bound by the evaluator, which knows the side tables."""
