"""How numbers, money, names and moments read on a page (ux: numbers, money, dates). Pure.

Money is integer 分, a rate is a ratio (0.629), a moment is aware. Every page shows Beijing time
whatever the browser thinks. What is not known is “—”, never 0 and never blank.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from unicodedata import category

from kit.clock import BANK_TIME, bank_date

NOTHING = "—"
LONG_NUMBER = re.compile(r"[0-9]{11,}[0-9Xx]?")
MINUS = "−"
_WAN_FEN = 1_000_000
_YI_FEN = 10_000_000_000
_WEEKDAYS = "一二三四五六日"
_BANDS = (0, 5, 20, 50, 100, 300, 600)

Number = Decimal | int | float

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Mn", "Me"})
"""Kinds of characters (Unicode) that are never shown in a masked name."""

MOST_STARS = 8


def _rounded(value: Number, places: int) -> str:
    step = Decimal(1).scaleb(-places)
    exact = Decimal(str(value)).quantize(step, ROUND_HALF_UP)
    return f"{exact:,f}".replace("-", MINUS) if exact else f"{abs(exact):,f}"


def count(value: int | None) -> str:
    """``128640`` -> “128,640”."""
    return NOTHING if value is None else f"{value:,}".replace("-", MINUS)


def money(fen: int | None) -> str:
    """Staff screens: 亿元 from 1 亿, 万元 from 1 万, else 元; two decimals."""
    if fen is None:
        return NOTHING
    size = abs(fen)
    if size >= _YI_FEN:
        return f"{_rounded(Decimal(fen) / _YI_FEN, 2)} 亿元"
    if size >= _WAN_FEN:
        return f"{_rounded(Decimal(fen) / _WAN_FEN, 2)} 万元"
    return f"{_rounded(Decimal(fen) / 100, 2)} 元"


def in_wan(fen: int | None) -> str:
    """For a column whose head says 万元: “20.00”."""
    return NOTHING if fen is None else _rounded(Decimal(fen) / _WAN_FEN, 2)


def in_yi(fen: int | None) -> str:
    """For a column whose head says 亿元: “62.4”."""
    return NOTHING if fen is None else _rounded(Decimal(fen) / _YI_FEN, 1)


def asset_band(fen: int | None) -> str:
    """The band, in 万元, that stands for total assets until they are revealed: “50–100”."""
    if fen is None:
        return NOTHING
    wan = max(fen, 0) / _WAN_FEN
    for low, high in pairwise(_BANDS):
        if wan < high:
            return f"{low}–{high}"
    return f"{_BANDS[-1]} 以上"


def percent(ratio: Number | None) -> str:
    """``0.629`` -> “62.9%”."""
    return NOTHING if ratio is None else f"{percent_number(ratio)}%"


def percent_number(ratio: Number | None) -> str:
    """``0.629`` -> “62.9”, where the unit stands apart."""
    return NOTHING if ratio is None else _rounded(Decimal(str(ratio)) * 100, 1)


def points(difference: Number | None) -> str:
    """A difference of two rates: ``0.006`` -> “+0.6 点”."""
    if difference is None:
        return NOTHING
    text = _rounded(Decimal(str(difference)) * 100, 1)
    return f"{'+' if difference > 0 else ''}{text} 点"


def width(ratio: Number | None) -> float:
    """A bar's width in percent for SVG, 0 to 100."""
    if ratio is None:
        return 0.0
    return round(min(max(float(ratio), 0.0), 1.0) * 100, 2)


def masked_numbers(text: str) -> str:
    """A text with the middle of every long number as stars, each character in its place.

    Eleven digits or more are a phone, a card or an identity number; amounts and dates are shorter.
    """
    return LONG_NUMBER.sub(
        lambda found: found[0][:3] + "*" * (len(found[0]) - 7) + found[0][-4:], text
    )


def masked_name(name: str | None) -> str:
    """周桂兰 -> 周*兰, 孙丽 -> 孙*; a long name keeps its first and last character.

    Characters that show nothing or turn the line round (controls, marks of direction, accents
    that stand alone) are left out first, and no name is longer than a few stars.
    """
    shown = "".join(one for one in name or "" if category(one) not in UNSEEN).strip()
    if not shown:
        return NOTHING
    if len(shown) <= 2:
        return f"{shown[0]}*"
    return f"{shown[0]}{'*' * min(len(shown) - 2, MOST_STARS)}{shown[-1]}"


def masked_phone(phone: str | None) -> str:
    """138****2071; anything shorter than 8 digits is hidden altogether."""
    digits = "".join(one for one in phone or "" if one.isdigit())
    if not digits:
        return NOTHING
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 8 else "****"


def masked_number(customer_no: str | None) -> str:
    """A customer number: ****3821."""
    if not customer_no:
        return NOTHING
    return f"****{customer_no[-4:]}" if len(customer_no) > 4 else "****"


def _day_of(value: date | datetime) -> date:
    return bank_date(value) if isinstance(value, datetime) else value


def day(value: date | datetime | None) -> str:
    """The phone's day: 11月20日 周五."""
    if value is None:
        return NOTHING
    one = _day_of(value)
    return f"{one.month}月{one.day}日 周{_WEEKDAYS[one.weekday()]}"


def short_day(value: date | datetime | None, today: date | None = None) -> str:
    """11月20日, with the year where it is not this year's."""
    if value is None:
        return NOTHING
    one = _day_of(value)
    year = f"{one.year}年" if today is not None and one.year != today.year else ""
    return f"{year}{one.month}月{one.day}日"


def iso_day(value: date | datetime | None) -> str:
    """The console's day: 2026-11-20."""
    return NOTHING if value is None else _day_of(value).isoformat()


def clock(value: datetime | None) -> str:
    """10:42, Beijing time."""
    return NOTHING if value is None else value.astimezone(BANK_TIME).strftime("%H:%M")


def stamp(value: datetime | None) -> str:
    """The console's moment: 11-20 10:42."""
    return NOTHING if value is None else value.astimezone(BANK_TIME).strftime("%m-%d %H:%M")


def long_stamp(value: datetime | None) -> str:
    """2026-11-20 10:42."""
    return NOTHING if value is None else value.astimezone(BANK_TIME).strftime("%Y-%m-%d %H:%M")


def exact_stamp(value: datetime | None) -> str:
    """Evidence, to the second: 2026-11-20 11:06:32."""
    return NOTHING if value is None else value.astimezone(BANK_TIME).strftime("%Y-%m-%d %H:%M:%S")


def relative_day(value: date | datetime | None, today: date) -> str:
    """今天, 昨天, 3 天后, 12 天前: calendar days in Beijing, never 24-hour spans."""
    if value is None:
        return NOTHING
    distance = (_day_of(value) - today).days
    named = {0: "今天", 1: "明天", -1: "昨天"}.get(distance)
    if named:
        return named
    return f"{distance} 天后" if distance > 0 else f"{-distance} 天前"


def moment(value: datetime | None, today: date) -> str:
    """今天 10:44, 昨天 19:38, 11-18 16:05, and with the year where it is another's."""
    if value is None:
        return NOTHING
    one = bank_date(value)
    if (one - today).days in (0, 1, -1):
        return f"{relative_day(one, today)} {clock(value)}"
    return stamp(value) if one.year == today.year else long_stamp(value)


def waited(since: datetime | None, now: datetime) -> str:
    """How long something has been waiting: 40 分钟, 18 小时, 3 天."""
    if since is None:
        return NOTHING
    minutes = max(int((now - since).total_seconds() // 60), 0)
    if minutes < 60:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // (24 * 60)} 天"


def duration(milliseconds: int | None) -> str:
    """84 毫秒, 1.9 秒, 4 分 12 秒."""
    if milliseconds is None:
        return NOTHING
    if milliseconds < 1000:
        return f"{milliseconds} 毫秒"
    seconds = Decimal(milliseconds) / 1000
    if seconds < 60:
        return f"{_rounded(seconds, 1)} 秒"
    return f"{int(seconds // 60)} 分 {int(seconds % 60)} 秒"


def digest(value: str | None) -> str:
    """A hash for the eye: 9f3c 51d0 … a21b."""
    if not value:
        return NOTHING
    return f"{value[:4]} {value[4:8]} … {value[-4:]}" if len(value) > 12 else value


FILTERS: dict[str, Callable[..., object]] = {
    function.__name__: function
    for function in (
        asset_band, clock, count, day, digest, duration, exact_stamp, in_wan, in_yi, iso_day,
        long_stamp, masked_name, masked_number, masked_phone, moment, money, percent,
        percent_number, points, relative_day, short_day, stamp, waited, width,
    )
}  # fmt: skip
