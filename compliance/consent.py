"""Which of two decisions of a customer holds, and what a suppression silences."""

from collections.abc import Iterable

from compliance.errors import ConsentRefused
from compliance.facts import ConsentFact, ConsentPurpose, Purpose, Scope


def checked(fact: ConsentFact) -> ConsentFact:
    """The fact itself; ConsentRefused where purpose, source or moment cannot be used."""
    if fact.purpose not in set(ConsentPurpose):
        raise ConsentRefused(
            "没有这种同意事项",
            saw=fact.purpose,
            do="写成 " + "、".join(ConsentPurpose) + " 之一",
            customer_id=fact.customer_id,
        )
    if not fact.source.strip():
        raise ConsentRefused(
            "同意必须写明来源",
            do="写明渠道与凭证，例如“手机银行授权页”",
            customer_id=fact.customer_id,
        )
    if fact.at.tzinfo is None:
        raise ConsentRefused(
            "同意的时间缺少时区", saw=fact.at.isoformat(), customer_id=fact.customer_id
        )
    return fact


def later(one: ConsentFact, other: ConsentFact) -> ConsentFact:
    """The decision that holds: the newer; at the same moment the refusal, to be safe."""
    return max(one, other, key=lambda fact: (fact.at, not fact.given))


def holding(facts: Iterable[ConsentFact]) -> dict[tuple[int, str], ConsentFact]:
    """What holds for each customer and purpose after all ``facts``, in whatever order."""
    now: dict[tuple[int, str], ConsentFact] = {}
    for fact in facts:
        key = (fact.customer_id, fact.purpose)
        now[key] = later(now[key], fact) if key in now else fact
    return now


def scope_of(name: str) -> Scope:
    """The scope called ``name``; ConsentRefused for another word."""
    try:
        return Scope(name)
    except ValueError:
        raise ConsentRefused(
            "没有这种勿扰范围", saw=name, do="写成 " + "、".join(Scope) + " 之一"
        ) from None


SILENCED = {
    Scope.MARKETING: frozenset({Purpose.MARKETING, Purpose.CARE}),
    Scope.ALL: frozenset(Purpose),
    Scope.PERSONALISED: frozenset[Purpose](),
}
"""Purposes that a scope silences: after an opt-out only service may be sent (rules.md 7)."""
