"""The one rule language about customers: parse, say, judge. Pure; the same in SQL stands beside it.

How to use it::

    from crm_sync.rules.conditions import Frame, explain, parse, sentence
    rule = parse({"all": [{"dim": "age", "op": "ge", "value": 60},
                          {"dim": "holding", "op": "has",
                           "where": {"kind": ["deposit"], "due_within": 30}}]})
    sentence(rule)                       # 满 60 岁，且持有存款（30 天内到期）
    frame = Frame(at, personas, tiers)   # the moment and the policies in force
    explain(rule, values, frame).met     # values: segments.values.values_of(session, ids, …)

and for many customers ``crm_sync.segments.compile``:  ``where(session, rule, frame)`` is the
condition over ``customer`` as SQL, to be put into any query. A field of a policy that holds a
condition has the type ``config.conditions.Rule``. Dimensions: ``config/dimensions.py``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from config import conditions as grammar
from config.conditions import (
    All,
    Ask,
    Condition,
    ConditionRefused,
    Either,
    Not,
    as_json,
    asks,
    texts,
)
from config.persona_policy import PersonaPolicy
from crm_sync.errors import RuleForbidden, RuleRefused
from crm_sync.rules.condition_answers import Answer, Frame, Values, answer, source_of
from crm_sync.rules.condition_sentences import sentence

__all__ = [
    "ADULT",
    "All",
    "Answer",
    "Ask",
    "Condition",
    "Either",
    "Frame",
    "Not",
    "Values",
    "Verdict",
    "as_json",
    "asks",
    "checked",
    "explain",
    "needs",
    "parse",
    "sentence",
]
ADULT: Final = 18


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a customer is in; ``why`` are the facts for it, ``why_not`` those against."""

    met: bool
    why: tuple[str, ...]
    why_not: tuple[str, ...]
    answers: tuple[Answer, ...] = ()


def parse(raw: object) -> Condition:
    """A condition from plain values (TOML, JSON). Raises RuleRefused: what, where, what instead."""
    try:
        return grammar.parse(raw)
    except ConditionRefused as error:
        raise RuleRefused(error.what, saw=error.saw, where=error.where, do=error.do) from None


def needs(conditions: Iterable[Condition]) -> frozenset[str]:
    """The names under which ``explain`` looks for values of these conditions."""
    return frozenset(source_of(ask.of) for one in conditions for ask in asks(one))


def explain(condition: Condition, values: Values, frame: Frame) -> Verdict:
    """Judge one customer by ``values`` and say why. A value that is missing is not known."""
    return judged(condition, lambda ask: answer(ask, values.get(source_of(ask.of)), frame))


def judged(condition: Condition, answered: Callable[[Ask], Answer]) -> Verdict:
    """The same with answers from anywhere."""
    met, why, why_not, answers = _judge(condition, answered)
    return Verdict(
        met,
        tuple(dict.fromkeys(why)) if met else (),
        () if met else tuple(dict.fromkeys(why_not)),
        tuple(answers),
    )


_Judged = tuple[bool, list[str], list[str], list[Answer]]


def _judge(condition: Condition, answered: Callable[[Ask], Answer]) -> _Judged:
    """Met; the facts that make it so; the facts that would; every answer."""
    match condition:
        case Ask():
            found = answered(condition)
            return (found.met, [found.says], [found.says], [found])
        case Not(part):
            met, why, why_not, answers = _judge(part, answered)
            return (not met, why_not, [f"已排除：{one}" for one in why], answers)
        case All(parts):
            each = [_judge(one, answered) for one in parts]
            met = all(one[0] for one in each)
            why = [saying for one in each if one[0] for saying in one[1]]
            why_not = [saying for one in each if not one[0] for saying in one[2]]
            return (met, why, why_not, [found for one in each for found in one[3]])
        case Either(parts):
            each = [_judge(one, answered) for one in parts]
            met = any(one[0] for one in each)
            why = [saying for one in each if one[0] for saying in one[1]]
            why_not = [saying for one in each if not one[0] for saying in one[2]]
            return (met, why, why_not, [found for one in each for found in one[3]])


def checked(condition: Condition, policy: PersonaPolicy) -> Condition:
    """The same condition, if it may be asked of people at all. Raises RuleForbidden.

    Refused: words that no tag may say (illness, belief, politics, a broken marriage, a guessed
    income, …) wherever they stand, and asking for minors (personas.md 2 and 5).
    """
    for text in texts(condition):
        family = policy.forbidden_family(text)
        if family is not None:
            raise RuleForbidden(family)
    if _wants_minors(condition):
        raise RuleForbidden("未成年人信息")
    return condition


def _wants_minors(condition: Condition) -> bool:
    """Whether only minors could fulfil it, or it names them as one way in."""
    match condition:
        case All(parts):
            return any(_wants_minors(one) for one in parts)
        case Either(parts):
            return any(_wants_minors(one) for one in parts)
        case Not(part):
            return _wants_adults_only(part)
        case Ask(dim, op, value, _):
            if dim != "age" or op not in ("le", "lt", "eq", "between"):
                return False
            highest = value[1] if op == "between" else value - (op == "lt")
            return bool(highest < ADULT)


def _wants_adults_only(condition: Condition) -> bool:
    """Whether it says no more than “is of age”, so that its contrary means minors."""
    match condition:
        case Ask("age", op, value, _) if op in ("ge", "gt"):
            return bool(value + (op == "gt") <= ADULT)
        case Not(part):
            return _wants_minors(part)
        case All(parts) | Either(parts):
            return len(parts) == 1 and _wants_adults_only(parts[0])
        case _:
            return False
