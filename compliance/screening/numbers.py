"""Numbers that identify a person: identity cards, bank cards, phones, however they are split.

Positions are those of the folded text. A number counts only with its check digit, date or
prefix right, so that order numbers, ISBNs and product codes stay untouched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import pairwise

Number = tuple[int, int, str]  # start, end, and the digits without what stands between them
_HAN_DIGITS = dict(
    zip(
        "〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两o", "001234567891234567891" + "20", strict=True
    )
)
_PLAIN = str.maketrans(_HAN_DIGITS)
_DIGIT = "[0-9" + "".join(_HAN_DIGITS) + "]"
_GAP = "[^\u3400-\u9fff0-9a-z]{0,3}"
_RUN = re.compile(f"{_DIGIT}(?:{_GAP}{_DIGIT}){{10,60}}x?")
_PIECE = re.compile(f"{_DIGIT}+x?")
_MASKED = re.compile("[*＊●×•]{2,}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10x98765432"
_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
        "91",
    ]
)
# Because such numbers are long and may pass a checksum by chance, their names excuse them.
_OTHER_NUMBER = re.compile(
    "(?:订单|单号|快递|运单|物流|isbn|登记编码|登记编号|流水|批次|批号|合同|凭证|工单|受理|条码|条形码|备案|序列|发票|编号|编码|保单|批文|文号|取件|票号)"
    "[^0-9。!?\\n]{0,10}$"
)


def is_identity_number(number: str) -> bool:
    """18 characters with region, birth date and check digit of GB 11643."""
    if len(number) != 18 or not number[:17].isdigit() or number[:2] not in _PROVINCES:
        return False
    if not _is_date(number[6:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return number[17] == _CHECK[total % 11]


def is_card_number(number: str) -> bool:
    """16 to 19 digits of a usual issuer prefix that satisfy the Luhn check."""
    if not 16 <= len(number) <= 19 or not number.isdigit() or number[0] not in "34569":
        return False
    if len(set(number)) < 3:
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_mobile_number(number: str) -> bool:
    """A mainland mobile number, with or without 86."""
    if len(number) == 13 and number.startswith("86"):
        number = number[2:]
    return len(number) == 11 and number[0] == "1" and number[1] in "3456789"


def _is_date(digits: str) -> bool:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if not 1900 <= year <= 2035:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _plain(piece: str) -> str:
    return piece.translate(_PLAIN)


def numbers(text: str) -> Iterator[Number]:
    """Candidate numbers: unbroken pieces, then whole runs whose separators are all alike."""
    for run in _RUN.finditer(text):
        pieces = list(_PIECE.finditer(text, *run.span()))
        long_pieces = [piece for piece in pieces if len(piece.group()) >= 11]
        for piece in long_pieces:
            yield piece.start(), piece.end(), _plain(piece.group())
        if long_pieces or _MASKED.search(run.group()):
            continue
        gaps = {text[a.end() : b.start()] for a, b in pairwise(pieces)}
        if len(gaps) <= 2:
            yield run.start(), run.end(), _plain("".join(piece.group() for piece in pieces))


_MANY_DIGITS = re.compile(f"(?:{_DIGIT}{_GAP}){{11}}")


def many_digits(text: str) -> bool:
    """Whether `text` (folded) may hold a person's number at all: eleven digits close together."""
    return _MANY_DIGITS.search(text) is not None


def checked(
    text: str, found: Iterable[Number], check: Callable[[str], bool]
) -> list[tuple[int, int]]:
    """Where a number of `text` (folded) passes `check` and is not called something else."""
    return [
        (start, end)
        for start, end, number in found
        if check(number) and not _OTHER_NUMBER.search(text, max(0, start - 24), start)
    ]
