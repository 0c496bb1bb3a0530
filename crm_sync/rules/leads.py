"""Whether a customer is a lead, who leads, and why in words: the pure twin of ``leads``."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from config.conditions import Ask, asks
from config.dimensions import Type
from config.lead_policy import Finder
from crm_sync.rules.condition_answers import Answer, plainly
from crm_sync.rules.condition_sentences import bound
from crm_sync.rules.conditions import Verdict, judged
from crm_sync.rules.evidence import typed

STANDS: Final = ("open", "taken")
"""The states of a lead that stands."""
LEVELS: Final[Mapping[str, str]] = {
    "branch": "分行牵头，支行网点配合",
    "subbranch": "支行负责，网点服务",
    "outlet": "网点",
}
_WHOLE: Final = (Type.NUMBER, Type.MONEY, Type.DATE, Type.TEXT, Type.CHOICE)


def named(finder: Finder) -> Iterator[tuple[str, Ask]]:
    """Under which name a lead keeps what each question of its finder saw.

    What a value says is the same for every question about it; what a list or records say depends
    on the question, so its place is part of the name.
    """
    for place, ask in enumerate(asks(finder.when)):
        yield (ask.dim if ask.of.type in _WHOLE else f"{ask.dim}#{place}"), ask


def judge(finder: Finder, facts: Mapping[str, Any], on: date) -> Verdict:
    """What a finder says of a customer with these facts; ages are told as of the day ``on``."""
    kept = iter([facts.get(name) for name, _ in named(finder)])

    def answered(ask: Ask) -> Answer:
        found = plainly(ask, typed(ask, next(kept)), on, {})
        wanted = bound(ask)
        return Answer(found.met, f"{found.says}，{wanted}") if found.met and wanted else found

    return judged(finder.when, answered)


def finds(finder: Finder, facts: Mapping[str, Any], on: date) -> bool:
    """Whether a finder finds a customer with these facts."""
    return judge(finder, facts, on).met


def reasons(finder: Finder, facts: Mapping[str, Any], on: date) -> tuple[str, ...]:
    """Why, a sentence a condition, with the number and its bound."""
    verdict = judge(finder, facts, on)
    return verdict.why or verdict.why_not
