"""Finds what may never stand in a message: card, account, identity and phone numbers, balances.

Balances, full queries and deals stay in the bank's own app (mission C4). A card's last four
digits and a product's figures may be named.
"""

import re
import unicodedata

_SEPARATORS = re.compile(r"(?<=[0-9])[\s\-‐–—.·_]{1,2}(?=[0-9])")
_LONG = re.compile(r"[0-9]{11,}")
_IDENTITY = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])")
_MOBILE = re.compile(r"(?:86)?1[3-9][0-9]{9}")
_NAMED_ACCOUNT = re.compile(r"(?:账号|卡号|账户号?|户号|存单号?|折号)[为是：:\s]{0,3}[0-9]{8,}")
_BALANCE = re.compile(
    r"(?:余额|总资产|资产总额|资产合计|账户资产|持仓(?:金额|市值)?|持有(?:金额|市值)|本金"
    r"|您(?:的|名下的?)?(?:存款|定期|活期|理财|基金|资产|账户)(?:本金|金额|共|合计|里有|有)?)"
    r"[为是有约共计：:\s]{0,3}(?:人民币|¥)?\s*[0-9][0-9,.]*\s*(?:元|万|亿)"
)
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"


def holds_account_data(text: str) -> bool:
    """Whether the text holds an account, card, identity or mobile number, or a balance."""
    return plain_holds(unicodedata.normalize("NFKC", text))


def plain_holds(plain: str) -> bool:
    """As ``holds_account_data`` for a text that is in NFKC already."""
    if _BALANCE.search(plain):
        return True
    joined = _SEPARATORS.sub("", plain)
    if not _LONG.search(joined):
        return bool(_NAMED_ACCOUNT.search(joined))
    return bool(
        _NAMED_ACCOUNT.search(joined)
        or any(_is_identity(found) for found in _IDENTITY.findall(joined))
        or any(_is_number_of_a_person(run) for run in _LONG.findall(joined))
    )


def _is_number_of_a_person(run: str) -> bool:
    if _MOBILE.fullmatch(run):
        return True
    return 15 <= len(run) <= 19 and _luhn(run)


def _luhn(run: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(run)):
        value = int(digit)
        if position % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _is_identity(number: str) -> bool:
    total = sum(
        int(digit) * weight for digit, weight in zip(number, _IDENTITY_WEIGHTS, strict=False)
    )
    return _IDENTITY_CHECKS[total % 11] == number[-1].upper()
