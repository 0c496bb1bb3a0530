"""Reads rendered texts: screening, disclosures, account data, links, length. Each once.

A script sent to a hundred thousand customers is one frame with different values in it. When a
draft carries its ``pieces``, the first text of a frame that passes stands for it. Each further
value is read inside that text once: a value of a typed field (``typed_values``) once for its
whole class, free text for every wording of it. Only where something is found is the draft's own
text read whole. Values that touch each other, or have less than a few characters between them,
count as one value, so that nothing is said across two of them unseen.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final, Protocol

from msgspec.structs import replace

from compliance.account_data import plain_holds
from compliance.disclosures import Required
from compliance.facts import PUBLIC_CHANNELS, Channel, Purpose, Words
from compliance.links import foreign_links
from compliance.objections import Objection
from compliance.policy import GatePolicy
from compliance.screening.facts import LEARNED_RULE, Speaker, Verdict
from compliance.typed_values import class_of

NEAR = 4
"""Fewer word characters than this between two values, and they are screened as one."""

REMEMBERED = 50_000
"""How many texts a reader remembers before it starts anew: it may live as long as the process."""

_ENDS_IN_DIGIT: Final = re.compile(r"[0-9][\s\-‐–—.·_]{0,2}\Z")
_JOINING: Final = frozenset("0123456789 \t\u3000-‐–—.·_")
"""What digits may stand behind or before and still be one number with those of a neighbour."""
_BEGINS_WITH_DIGIT: Final = re.compile(r"[\s\-‐–—.·_]{0,2}[0-9]")

Frame = tuple[str | None, ...]
Token = tuple[str, ...]
"""A value as far as it matters: for each piece its class, or what it says."""


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
    passing: set[tuple[int, Token]] = field(default_factory=set)


@dataclass(slots=True)
class _Passed:
    """A frame of which a whole text was read and nothing spoke against it.

    ``layout`` says which pieces are one value; ``passing`` holds the tokens read there since.
    """

    pieces: tuple[tuple[str, str], ...]
    layout: tuple[tuple[int, int], ...]
    reading: Reading
    passing: set[tuple[int, Token]] = field(default_factory=set)


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
        self._shortest = min(self._max_bytes.values(), default=0)
        self._disclosures = policy.elements
        self._texts: dict[tuple[str, str | None, date], Screened] = {}
        self._frames: dict[tuple[Frame, str | None, date], _Known] = {}
        self._open: dict[tuple[Frame, str | None, Purpose, bool], tuple[Required, ...]] = {}
        self._passed: dict[tuple[Any, ...], _Passed] = {}
        self._read_since = 0
        self.screenings = 0

    def read(self, words: Words, channel: Channel, on: date) -> Reading:
        """Everything that speaks against these words on this channel, by the rules of a day."""
        pieces = words.pieces
        if (
            not pieces
            or words.greeting
            or channel is Channel.STAFF_NOTE
            or "".join([text for _, text in pieces]) != words.text
            or len(words.text) * 4 > self._shortest
        ):
            return self._read(words, channel, on)
        key = (
            tuple([None if name else text for name, text in pieces]),
            words.purpose,
            words.product_kind,
            words.product_code is None,
            bool(words.personas),
            words.has_personal_fields,
            words.accepted_rules,
            words.approved_hash == words.template_hash,
            channel,
            on,
        )
        known = self._passed.get(key)
        if known is None:
            reading = self._read(words, channel, on)
            layout = _layout(pieces)
            if not (reading.objections or self._missable(words) or _beside_digits(pieces, layout)):
                self._passed[key] = _Passed(
                    pieces, layout, reading, set(enumerate(_tokens(pieces, layout)))
                )
            return reading
        for place in enumerate(_tokens(pieces, known.layout)):
            if place not in known.passing and not self._passes_in(known, place, words, channel, on):
                return self._read(words, channel, on)
        return known.reading

    def _passes_in(
        self, known: _Passed, place: tuple[int, Token], words: Words, channel: Channel, on: date
    ) -> bool:
        """Whether nothing speaks against the words' value at a place among the known ones."""
        first, last = known.layout[place[0]]
        pieces = (*known.pieces[:first], *words.pieces[first:last], *known.pieces[last:])
        text = "".join([part for _, part in pieces])
        if self._read(replace(words, pieces=pieces, text=text), channel, on).objections:
            return False
        if self._read_since >= REMEMBERED:
            self._read_since = 0
            for one in self._passed.values():
                one.passing.clear()
        self._read_since += 1
        known.passing.add(place)
        return True

    def _missable(self, words: Words) -> bool:
        """Whether a required element stands, if at all, in a value: then every text is looked at."""
        required = self._disclosures.required(
            words.product_kind, words.purpose, personalised=bool(words.personas)
        )
        own = [_plain(text) for name, text in words.pieces if not name]
        return any(not any(element.met_by(part) for part in own) for element in required)

    def _read(self, words: Words, channel: Channel, on: date) -> Reading:
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
        frame, values, tokens = _frame(words)
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
        screened = self._screened(words, frame, values, tokens, on)
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

    def _screened(
        self,
        words: Words,
        frame: Frame,
        values: tuple[str, ...],
        tokens: tuple[Token, ...],
        on: date,
    ) -> Screened:
        if not values:
            return self._whole(words.text, words.product_kind, on)
        key = (frame, words.product_kind, on)
        known = self._frames.get(key)
        if known is None:
            screened = self._whole(words.text, words.product_kind, on)
            if screened.verdict == "pass":
                self._frames[key] = _Known(values, screened, set(enumerate(tokens)))
            return screened
        if all(
            place in known.passing or self._passes(known, place, values[place[0]], key)
            for place in enumerate(tokens)
        ):
            return known.screened
        return self._whole(words.text, words.product_kind, on)

    def _passes(
        self,
        known: _Known,
        place: tuple[int, Token],
        value: str,
        key: tuple[Frame, str | None, date],
    ) -> bool:
        """Whether ``value`` passes at ``place`` with the known values elsewhere."""
        frame, product, on = key
        others = iter((*known.values[: place[0]], value, *known.values[place[0] + 1 :]))
        text = "".join(part if part is not None else next(others) for part in frame)
        if self._whole(text, product, on).verdict != "pass":
            return False
        known.passing.add(place)
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


def _frame(words: Words) -> tuple[Frame, tuple[str, ...], tuple[Token, ...]]:
    """The script's own words with None where a value stands, the values in order, their tokens."""
    pieces = words.pieces
    if not pieces or "".join(_parts(words)) != words.text:
        return (words.text,), (), ()
    layout = _layout(pieces)
    frame: list[str | None] = []
    after = 0
    for first, last in layout:
        frame += [text for _, text in pieces[after:first]]
        frame.append(None)
        after = last
    frame += [text for _, text in pieces[after:]]
    values = tuple("".join([text for _, text in pieces[first:last]]) for first, last in layout)
    return tuple(frame), values, _tokens(pieces, layout)


def _layout(pieces: tuple[tuple[str, str], ...]) -> tuple[tuple[int, int], ...]:
    """Which runs of pieces are one value: fields, and words too short to keep two apart."""
    runs: list[list[int]] = []
    for at, (name, text) in enumerate(pieces):
        touches = bool(runs) and runs[-1][1] == at
        if name and not touches:
            runs.append([at, at + 1])
        elif touches and (name or _word_characters(text) < NEAR):
            runs[-1][1] = at + 1
    return tuple((first, last) for first, last in runs)


def _tokens(
    pieces: tuple[tuple[str, str], ...], layout: tuple[tuple[int, int], ...]
) -> tuple[Token, ...]:
    """Each value by the classes of its pieces; a piece that digits touch by what it says."""
    return tuple([tuple([_token(pieces, at) for at in range(*run)]) for run in layout])


def _token(pieces: tuple[tuple[str, str], ...], at: int) -> str:
    name, text = pieces[at]
    if not name:
        return text
    known = class_of(name, text)
    if known is None:
        return text
    before = pieces[at - 1][1] if at else ""
    after = pieces[at + 1][1] if at + 1 < len(pieces) else ""
    if before[-1:] in _JOINING and _ENDS_IN_DIGIT.search(before):
        return text
    if after[:1] in _JOINING and _BEGINS_WITH_DIGIT.match(after):
        return text
    return known


def _beside_digits(
    pieces: tuple[tuple[str, str], ...], layout: tuple[tuple[int, int], ...]
) -> bool:
    """Whether own digits touch a value: together they may be a number that neither is alone."""
    return any(
        (first > 0 and _ENDS_IN_DIGIT.search(pieces[first - 1][1]))
        or (last < len(pieces) and _BEGINS_WITH_DIGIT.match(pieces[last][1]))
        for first, last in layout
    )


def _parts(words: Words) -> list[str]:
    return [text for _, text in words.pieces]


@lru_cache(maxsize=65_536)
def _plain(text: str) -> str:
    """The text in NFKC; by its pieces, because these recur and the whole texts do not."""
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=4096)
def _word_characters(text: str) -> int:
    return sum(character.isalnum() for character in text)
