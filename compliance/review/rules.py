"""What a lesson may keep of a sentence, and which rules stop too much. Pure."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from compliance.review.facts import Rate

_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,64}")
_NUMBER: Final = re.compile(r"[0-9０-９](?:[ \-—·]?[0-9０-９Xx]){4,}")
_TITLE: Final = re.compile(
    r"(?:欧阳|上官|司马|诸葛|司徒|东方|慕容|[\u4e00-\u9fff])"
    r"(女士|先生|小姐|阿姨|叔叔|大爷|大妈|奶奶|爷爷|老师|总|姐|哥)(?![\u4e00-\u9fff]{0,1}[结体理])"
)
_DOOR: Final = re.compile(r"[0-9０-９一二三四五六七八九十]{1,5}(?=号楼|栋|单元|弄|号院|室)")


def masked(text: str, names: Collection[str] = ()) -> str:
    """The text without numbers that identify, addresses, names and doors; the rest as it is.

    ``names``: what the persons of the talk are called. Short numbers (rates, terms, hours) stay,
    because rules are about them.
    """
    said = text
    for name in sorted({one.strip() for one in names if len(one.strip()) > 1}, key=len)[::-1]:
        said = said.replace(name, "某某")
    said = _ADDRESS.sub("（邮箱）", said)
    said = _NUMBER.sub("（号码）", said)
    said = _DOOR.sub("某", said)
    return _TITLE.sub(r"某\1", said)


def around(text: str, spans: Sequence[tuple[int, int]], most: int) -> str:
    """At most ``most`` characters of the text, with the first span in the middle."""
    if len(text) <= most:
        return text
    start, end = spans[0] if spans else (0, 0)
    begins = max(0, min((start + end) // 2 - most // 2, len(text) - most))
    return text[begins : begins + most]


def too_strict(rates: Iterable[Rate], *, percent: int, least: int) -> list[Rate]:
    """Rules released more often than ``percent`` of at least ``least`` decisions, by name."""
    return sorted(
        (
            one
            for one in rates
            if one.decided >= least and one.released * 100 > percent * one.decided
        ),
        key=lambda one: one.rule,
    )
