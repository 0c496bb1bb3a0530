"""Which licences of a member of staff hold on a day: what the staff file claims, unless over."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

_ENDING: Final = re.compile(r"(?:销售|代销|投资顾问|从业|执业)*(?:资格证书|资格证|资格|证书|证)$")


def licence_of(kind: str) -> str:
    """The licence that a certificate of this name stands for: 基金从业资格 is 基金."""
    return _ENDING.sub("", kind.strip())[:20]


def in_force(claimed: Collection[str], ends: Mapping[str, date], today: date) -> frozenset[str]:
    """The claimed licences that hold: those whose certificates are all over are not among them.

    ``ends``: the last good day by licence, of those with a certificate on record.
    """
    return frozenset(one for one in claimed if one not in ends or today <= ends[one])
