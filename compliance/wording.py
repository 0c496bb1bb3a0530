"""Reads rendered texts: screening, disclosures, account data, links, length. Each once.

A script sent to a hundred thousand customers is one frame with different values in it. When a
draft carries its ``pieces``, the first whole text of a frame that passes stands for it, and each
further value is screened inside that text once; only where something is found is the draft's
own text screened whole. Values that touch each other, or have less than a few characters
between them, count as one value, so that nothing is said across two of them unseen.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final, Protocol

from compliance.account_data import plain_holds
from compliance.disclosures import Required
from compliance.facts import PUBLIC_CHANNELS, Channel, Purpose, Words
from compliance.links import foreign_links
from compliance.objections import Objection
from compliance.policy import GatePolicy
from compliance.screening.facts import LEARNED_RULE, Speaker, Verdict

NEAR = 4
"""Fewer word characters than this between two values, and they are screened as one."""

REMEMBERED = 50_000
"""How many texts a reader remembers before it starts anew: it may live as long as the process."""

Frame = tuple[str | None, ...]


class Screens(Protocol):
    """What the gate asks of a Screener."""

    def screen(
        self, text: str, *, speaker: Speaker, product: str | None = None, on: date | None = None
    ) -> Verdict:
        """Judge one text by the rules in force ``on`` a day."""
        ...


@dataclass(frozen=True, slots=True)
class Screened:
    """What screening said of one text: the outcome and, where not a plain pass, the rules."""

    verdict: str
    rules: tuple[str, ...]
    families: tuple[str, ...]
    rulebook: str

    @classmethod
    def of(cls, verdict: Verdict, speak_of: str) -> "Screened":
        """The hits of the severity that decided."""
        deciding = [hit for hit in verdict.hits if hit.severity == speak_of]
        rules = tuple(dict.fromkeys(hit.rule for hit in deciding))
        return cls(verdict.verdict, rules, verdict.families, verdict.rulebook)


@dataclass(frozen=True, slots=True)
class Reading:
    """What speaks against a text, and the names of what is missing or was found."""

    objections: tuple[Objection, ...]
    screened: Screened | None
    details: tuple[tuple[Objection, str], ...] = ()


@dataclass(slots=True)
class _Known:
    """A frame that has passed once, with the values that then stood in it."""

    values: tuple[str, ...]
    screened: Screened
    passing: set[tuple[int, str]] = field(default_factory=set)


_SEVERITY: Final = {"pass": 0, "review": 1, "block": 2}
OUR_PAGES: Final = re.compile(r"https?://[^\s/]+/o/[^\s，。；]*")
"""Our own pages for customers, whose host was looked at before."""


def _of_product(words: Words) -> bool:
    return words.product_code is not None or words.product_kind is not None


class Reader:
    """Judges texts under one policy; remembers what it has read for as long as it lives."""

    def __init__(self, policy: GatePolicy, screener: Screens) -> None:
        self._screener = screener
        self._hosts = policy.hosts
        self._app_hosts = frozenset(policy.outreach.links.app_hosts)
        self._max_bytes = policy.outreach.text.max_bytes
        self._disclosures = policy.elements
        self._texts: dict[tuple[str, str | None, date], Screened] = {}
        self._frames: dict[tuple[Frame, str | None, date], _Known] = {}
        self._open: dict[tuple[Frame, str | None, Purpose, bool], tuple[Required, ...]] = {}
        self.screenings = 0

    def read(self, words: Words, channel: Channel, on: date) -> Reading:
        """Everything that speaks against these words on this channel, by the rules of a day."""
        text = words.text
        if not text.strip():
            return Reading((Objection.EMPTY,), None)
        found: list[Objection] = []
        details: list[tuple[Objection, str]] = []
        limit = self._max_bytes.get(channel.value)
        if limit is not None and len(text) * 4 > limit:
            size = len(text.encode("utf-8", "surrogatepass"))
            if size > limit:
                found.append(Objection.TOO_LONG)
                details.append((Objection.TOO_LONG, f"{size} 字节，上限 {limit} 字节"))
        frame, values = _frame(words)
        plain = _plain(words.text) if not values else "".join(map(_plain, _parts(words)))
        if plain_holds(plain):
            found.append(Objection.ACCOUNT_IN_TEXT)
        if channel is Channel.STAFF_NOTE:
            return Reading(tuple(found), None, tuple(details))
        if words.has_personal_fields and channel in PUBLIC_CHANNELS:
            found.append(Objection.PERSONAL_IN_PUBLIC)
        links = foreign_links(plain, self._hosts)
        if not links and words.purpose is Purpose.MARKETING and _of_product(words):
            links = tuple(
                f"{host}（产品链接要打开手机银行）"
                for host in foreign_links(OUR_PAGES.sub("", plain), self._app_hosts)
            )
        if links:
            found.append(Objection.FOREIGN_LINK)
            details.append((Objection.FOREIGN_LINK, "、".join(links)))
        missing = self._missing(words, plain, frame)
        if missing:
            found.append(Objection.DISCLOSURE_MISSING)
            details.append((Objection.DISCLOSURE_MISSING, "、".join(missing)))
        screened = self._screened(words, frame, values, on)
        if words.greeting:  # by itself: a calm text behind it softens no promise before it
            own = self._whole(words.greeting, words.product_kind, on)
            screened = max(screened, own, key=lambda one: _SEVERITY[one.verdict])
        if screened.verdict == "block":
            found.append(Objection.SCREENED_BLOCK)
            details.append((Objection.SCREENED_BLOCK, "、".join(screened.rules)))
        elif screened.verdict == "review" and not _accepted(words).issuperset(screened.rules):
            found.append(Objection.SCREENED_REVIEW)
            details.append((Objection.SCREENED_REVIEW, "、".join(screened.rules)))
        return Reading(tuple(found), screened, tuple(details))

    def _missing(self, words: Words, plain: str, frame: Frame) -> list[str]:
        """Names of absent elements; those the script's own words meet are looked for once."""
        key = (frame, words.product_kind, words.purpose, bool(words.personas))
        open_ones = self._open.get(key)
        if open_ones is None:
            required = self._disclosures.required(
                words.product_kind, words.purpose, personalised=bool(words.personas)
            )
            own = [_plain(part) for part in frame if part is not None]
            open_ones = tuple(
                element for element in required if not any(element.met_by(part) for part in own)
            )
            self._open[key] = open_ones
        return [element.name for element in open_ones if element.missing_from(plain)]

    def _screened(self, words: Words, frame: Frame, values: tuple[str, ...], on: date) -> Screened:
        if not values:
            return self._whole(words.text, words.product_kind, on)
        key = (frame, words.product_kind, on)
        known = self._frames.get(key)
        if known is None:
            screened = self._whole(words.text, words.product_kind, on)
            if screened.verdict == "pass":
                self._frames[key] = _Known(values, screened)
            return screened
        if all(
            value == known.values[place] or self._passes(known, place, value, key)
            for place, value in enumerate(values)
        ):
            return known.screened
        return self._whole(words.text, words.product_kind, on)

    def _passes(
        self, known: _Known, place: int, value: str, key: tuple[Frame, str | None, date]
    ) -> bool:
        """Whether ``value`` passes at ``place`` with the known values elsewhere."""
        if (place, value) in known.passing:
            return True
        frame, product, on = key
        others = iter((*known.values[:place], value, *known.values[place + 1 :]))
        text = "".join(part if part is not None else next(others) for part in frame)
        if self._whole(text, product, on).verdict != "pass":
            return False
        known.passing.add((place, value))
        return True

    def _whole(self, text: str, product: str | None, on: date) -> Screened:
        key = (text, product, on)
        screened = self._texts.get(key)
        if screened is None:
            verdict = self._screener.screen(text, speaker="content", product=product, on=on)
            self.screenings += 1
            screened = Screened.of(verdict, verdict.verdict)
            if len(self._texts) >= REMEMBERED:
                self._texts.clear()
                self._frames.clear()
            self._texts[key] = screened
        return screened


def _accepted(words: Words) -> frozenset[str]:
    """The rules of review level that a person has already answered for these words.

    The learned rule weighs the whole sentence. Of a script whose approved text is unchanged a
    person has weighed it; an amount or a date more or less does not ask them again. Whatever
    has a phrase of its own (a promise, an account, a link in a value) is found by its rule.
    """
    if words.approved_hash is not None and words.approved_hash == words.template_hash:
        return words.accepted_rules | {LEARNED_RULE}
    return words.accepted_rules


def _frame(words: Words) -> tuple[Frame, tuple[str, ...]]:
    """The script's own words with None where a value stands, and the values in order."""
    pieces = words.pieces
    if not pieces or "".join(_parts(words)) != words.text:
        return (words.text,), ()
    frame: list[str | None] = []
    values: list[str] = []
    for name, text in pieces:
        if name:
            if frame and frame[-1] is None:
                values[-1] += text
            else:
                frame.append(None)
                values.append(text)
        elif len(frame) > 0 and frame[-1] is None and _word_characters(text) < NEAR:
            values[-1] += text  # too short to keep two values apart
        else:
            frame.append(text)
    return tuple(frame), tuple(values)


def _parts(words: Words) -> list[str]:
    return [text for _, text in words.pieces]


@lru_cache(maxsize=65_536)
def _plain(text: str) -> str:
    """The text in NFKC; by its pieces, because these recur and the whole texts do not."""
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=4096)
def _word_characters(text: str) -> int:
    return sum(character.isalnum() for character in text)
