"""How one question of a condition is answered for one customer, and in which words.

A raw value is what the databases know: the birth date for everything about age, the text of an
extra column, the set of tags, the rows of holdings (or only how many match, where no more was
kept). ``segments.compile`` asks the same in SQL; a test compares the two.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from config.conditions import Ask
from config.dimensions import STAGE_FROM, Dimension, Type
from config.persona_policy import PersonaPolicy
from config.tier_policy import TierPolicy
from crm_sync.rules import condition_sentences as words
from crm_sync.rules.ages import age
from crm_sync.rules.signals import Heard, Signal, heard
from kit.clock import bank_date

Values = Mapping[str, Any]
"""What is known of one customer, by ``source_of`` a dimension."""

YES: Final = frozenset({"1", "true", "yes", "是", "Y"})
"""Values of an extra column that say no more than that it holds."""
SEPARATORS: Final = ";；,，、/ \t\r\n\u3000"
"""What stands between the single values of an extra column."""
_SPLIT: Final = str.maketrans(dict.fromkeys(SEPARATORS, ";"))
BY_BIRTH: Final = frozenset({"age", "birth_year", "born_on"})
NEGATIVE: Final = frozenset({"not_in", "none", "has_not"})


@dataclass(frozen=True, slots=True)
class Frame:
    """The moment and the policies that a condition is judged by."""

    at: datetime
    personas: PersonaPolicy
    tiers: TierPolicy

    @property
    def on(self) -> date:
        """The day at the bank."""
        return bank_date(self.at)


@dataclass(frozen=True, slots=True)
class Answer:
    """One question, answered: met or not, and the sentence. ``heard`` for traces of interest."""

    met: bool
    says: str
    heard: Heard | None = None


def values_of(text: str) -> tuple[str, ...]:
    """The single values in an extra column that lists several."""
    return tuple(value for value in text.translate(_SPLIT).split(";") if value)


def source_of(asked: Dimension) -> str:
    """Under which name the raw value of a dimension stands among a customer's values."""
    if asked.name in BY_BIRTH:
        return "born_on"
    return f"attribute:{asked.attribute}" if asked.attribute else asked.name


def life_stage(told: str | None, born_on: date | None, on: date) -> str | None:
    """The stage that the bank's file says, else the one that the age gives."""
    if told in STAGE_FROM:
        return told
    if born_on is None:
        return None
    years = age(born_on, on)
    reached = [stage for stage, since in STAGE_FROM.items() if years >= since]
    return reached[-1] if reached else None


def answer(ask: Ask, raw: Any, frame: Frame) -> Answer:
    """Whether the raw value of the dimension is what ``ask`` wants, with the sentence."""
    if ask.dim == "interest":
        return _interest(ask, raw or (), frame)
    return plainly(ask, raw, frame.on, frame.personas.labels)


def plainly(ask: Ask, raw: Any, on: date, labels: Mapping[str, str]) -> Answer:
    """The same for everything but traces of interest, which alone need a policy."""
    asked = ask.of
    if asked.type is Type.RECORDS:
        return _records(ask, raw or (), on)
    if asked.type is Type.SET:
        return _set(ask, _named(asked, labels), raw)
    if asked.type is Type.FLAG:
        return _flag(ask, asked, raw)
    value = raw if raw not in ("", None) else None
    if asked.name == "age":
        years = None if value is None else age(value, on)
        return Answer(_compares(ask, years, on), words.of_age(ask, value, on))
    if asked.name == "birth_year":
        met = _compares(ask, value.year if value is not None else None, on)
        return Answer(met, words.of_birth_year(ask, value, met))
    met = _compares(ask, value, on)
    return Answer(met, words.of_value(ask, asked, value, met))


def _named(asked: Dimension, labels: Mapping[str, str]) -> Dimension:
    """The dimension under the name that the bank gives an extra column of its file."""
    label = labels.get(asked.attribute)
    return replace(asked, title=label) if label else asked


def _compares(ask: Ask, value: Any, on: date) -> bool:
    """The operators of one value. An unknown one is nothing, so it is none of a list too."""
    if ask.op == "unknown":
        return value is None
    if ask.op == "not_in":
        return value not in ask.value
    return value is not None and _KNOWN[ask.op](value, ask.value, on)


_KNOWN: Final[Mapping[str, Callable[[Any, Any, date], bool]]] = {
    "known": lambda value, wanted, on: True,
    "eq": lambda value, wanted, on: bool(value == wanted),
    "ge": lambda value, wanted, on: bool(value >= wanted),
    "le": lambda value, wanted, on: bool(value <= wanted),
    "gt": lambda value, wanted, on: bool(value > wanted),
    "lt": lambda value, wanted, on: bool(value < wanted),
    "between": lambda value, wanted, on: bool(wanted[0] <= value <= wanted[1]),
    "past": lambda value, wanted, on: on - timedelta(days=wanted) <= value <= on,
    "next": lambda value, wanted, on: on <= value <= on + timedelta(days=wanted),
    "in": lambda value, wanted, on: value in wanted,
    "contains": lambda value, wanted, on: any(one in value for one in wanted),
}


def _set(ask: Ask, asked: Dimension, raw: Any) -> Answer:
    present: Iterable[str] = raw or ()
    if isinstance(raw, str):
        present = values_of(raw)
    listed = list(dict.fromkeys(present))
    if ask.op in ("known", "unknown"):
        return Answer((ask.op == "known") == bool(listed), words.of_known(asked, bool(listed)))
    shared = [one for one in (listed if asked.attribute else sorted(listed)) if one in ask.value]
    return Answer((ask.op == "any") == bool(shared), words.of_set(ask, asked, shared, bool(listed)))


def _flag(ask: Ask, asked: Dimension, raw: Any) -> Answer:
    if asked.attribute:
        told = values_of(raw or "")
        is_so = any(one in YES for one in told)
        return Answer(is_so is ask.value, words.of_attribute_flag(asked, is_so, bool(told)))
    return Answer(bool(raw) is ask.value, asked.yes if raw else asked.no)


def _records(ask: Ask, raw: Any, on: date) -> Answer:
    found = raw if isinstance(raw, int) else sum(matches(ask, row, on) for row in raw)
    return Answer((ask.op == "has") == bool(found), words.of_records(ask, found))


def matches(ask: Ask, row: Mapping[str, Any], on: date) -> bool:
    """Whether a record has every part that is asked for."""
    return all(_part(name, wanted, row, on) for name, wanted in ask.where)


def _part(name: str, wanted: Any, row: Mapping[str, Any], on: date) -> bool:
    column, test = _PARTS[name]
    value = row.get(column)
    return value is not None and test(value, wanted, on)


_PARTS: Final[Mapping[str, tuple[str, Callable[[Any, Any, date], bool]]]] = {
    "kind": ("kind", _KNOWN["in"]),
    "product": ("product", _KNOWN["in"]),
    "risk_from": ("risk", _KNOWN["ge"]),
    "risk_to": ("risk", _KNOWN["le"]),
    "amount_from": ("amount_fen", _KNOWN["ge"]),
    "due_within": ("matures_on", _KNOWN["next"]),
    "opened_within": ("opened_on", _KNOWN["past"]),
    "past_days": ("on", _KNOWN["past"]),
    "next_days": ("on", _KNOWN["next"]),
}


def _interest(ask: Ask, raw: Iterable[Signal], frame: Frame) -> Answer:
    """Where several interests are named, they count together; without any, all do."""
    where = dict(ask.where)
    named = where.get("interest")
    found = heard(
        [one for one in raw if named is None or one.interest in named],
        frame.personas,
        frame.at,
        sources=where.get("source"),
        least=where.get("confidence_from"),
    )
    says = "；".join(found.sayings) if found else words.of_no_interest(ask)
    return Answer((ask.op == "has") == (found is not None), says, found)
