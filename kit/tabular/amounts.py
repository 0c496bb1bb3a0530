"""Money and whole numbers from text, by decimals and never by floats."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from kit.tabular.refusals import Bad, RowCode

_PLAIN = re.compile(r"(\d{1,14})(?:\.(\d{1,2}))?", re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}(?:\.0+)?", re.ASCII)
MOST_FEN: Final = 10**16


def parse_yuan(text: str) -> int | Bad:
    """``text`` in 元 as whole 分; ``1,234.5``, ``¥12`` and ``12.3400`` are understood."""
    plain = _PLAIN.fullmatch(text)
    if plain:
        return int(plain[1]) * 100 + int((plain[2] or "0").ljust(2, "0"))
    amount = _decimal(text)
    if isinstance(amount, Bad):
        return amount
    fen = amount * 100
    if fen != fen.to_integral_value():
        return Bad(RowCode.PRECISION, "金额最多两位小数（单位元）")
    return _judged(fen)


def parse_fen(text: str) -> int | Bad:
    """``text`` in 分 as a whole number."""
    amount = _decimal(text)
    if isinstance(amount, Bad):
        return amount
    if amount != amount.to_integral_value():
        return Bad(RowCode.PRECISION, "以分为单位的金额应为整数；单位是元时请用 …_yuan 列")
    return _judged(amount)


def _decimal(text: str) -> Decimal | Bad:
    bare = text.removeprefix("¥").removeprefix("￥").strip()
    if _GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    if len(bare) <= 40 and _DECIMAL.fullmatch(bare):
        try:
            return Decimal(bare)
        except InvalidOperation:
            return Bad(RowCode.NUMBER, "不是金额")
    if re.fullmatch(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d+", bare):
        return Bad(RowCode.NUMBER, "被表格软件写成了科学计数法，请把该列设为文本后另存")
    return Bad(RowCode.NUMBER, "不是数字，应写成 1234.56")


def _judged(fen: Decimal) -> int | Bad:
    if fen < 0:
        return Bad(RowCode.NEGATIVE, "金额不能为负；贷款余额也写正数")
    if fen >= MOST_FEN:
        return Bad(RowCode.PRECISION, "金额超出范围（100 万亿元）")
    return int(fen)


def parse_integer(text: str, lowest: int | None, highest: int | None) -> int | Bad:
    """A whole number within its bounds."""
    if not _WHOLE.fullmatch(text):
        return Bad(RowCode.NUMBER, "不是整数")
    number = int(text.partition(".")[0])
    if (lowest is not None and number < lowest) or (highest is not None and number > highest):
        return Bad(RowCode.NUMBER, f"应在 {lowest} 到 {highest} 之间")
    return number
