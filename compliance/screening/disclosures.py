"""必备要素: which elements a product text must show and does not."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from compliance.screening.errors import RulebookBroken
from compliance.screening.folding import clean
from compliance.screening.patterns import Compiler, Pattern
from compliance.screening.rulebook import DEFAULT_PATH, PRODUCTS

_FILE = "disclosures.toml"


@dataclass(frozen=True, slots=True)
class Element:
    """Something a text about a product must say, with words that say it."""

    name: str
    say: str  # a sentence that satisfies the element
    source: str
    products: frozenset[str]
    when: tuple[Pattern, ...]  # the element is due only where one of these occurs; empty: always
    shown_by: tuple[Pattern, ...]


def load_elements(path: Path) -> tuple[Element, ...]:
    """The elements of a file. Raises RulebookBroken where the file cannot be used."""
    compiler = Compiler({})
    try:
        entries = tomllib.loads(path.read_text("utf-8"))["element"]
        return tuple(
            Element(
                name=entry["name"],
                say=entry["say"],
                source=entry["source"],
                products=frozenset(entry["products"]),
                when=tuple(compiler.compile(one, anchored=False) for one in entry.get("when", ())),
                shown_by=tuple(compiler.compile(one, anchored=False) for one in entry["any"]),
            )
            for entry in entries
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise RulebookBroken("必备要素文件不能用", saw=repr(error), where=str(path)) from error


@cache
def _elements() -> tuple[Element, ...]:
    return load_elements(DEFAULT_PATH / _FILE)


def missing_disclosures(text: str, *, product: str) -> tuple[Element, ...]:
    """Elements that a rendered text about `product` lacks, in the order of the catalogue.

    Raises ValueError for a product that the catalogue does not know.
    """
    if product not in PRODUCTS:
        raise ValueError(f"unknown product {product!r}; one of {', '.join(sorted(PRODUCTS))}")
    folded = clean(text).text
    return tuple(
        element
        for element in _elements()
        if product in element.products
        and (not element.when or _any(element.when, folded))
        and not _any(element.shown_by, folded)
    )


def _any(patterns: tuple[Pattern, ...], text: str) -> bool:
    return any(pattern.regex.search(text) for pattern in patterns)
