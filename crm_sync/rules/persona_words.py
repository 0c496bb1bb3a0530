"""A persona's rule as sentences for people, from the same values that judge customers."""

from collections.abc import Mapping
from typing import Final

from config.persona_policy import Condition, Persona, PersonaPolicy
from crm_sync.rules.personas import GENDERS, KINDS

_YES: Final = frozenset({"yes", "1", "是", "Y", "true"})


def conditions(persona: Persona, policy: PersonaPolicy) -> list[str]:
    """One sentence a condition: any of them makes a customer a member."""
    return [_sentence(one, policy.labels) for one in persona.when]


def exclusions(persona: Persona, policy: PersonaPolicy) -> list[str]:
    """One sentence a condition that keeps a customer out."""
    return [_sentence(one, policy.labels) for one in persona.unless]


def in_short(persona: Persona, policy: PersonaPolicy) -> str:
    """The whole rule in one line."""
    line = "；或".join(conditions(persona, policy))
    kept_out = "；".join(exclusions(persona, policy))
    return f"{line}。不含：{kept_out}" if kept_out else line


def _sentence(one: Condition, labels: Mapping[str, str]) -> str:
    return "，且".join(part for part in _parts(one, labels) if part)


def _parts(one: Condition, labels: Mapping[str, str]) -> list[str]:
    return [
        _ages(one),
        _birth_years(one),
        f"性别为{GENDERS[one.gender]}" if one.gender else "",
        _attribute(one, labels),
        _holding(one),
        f"客户经理打了标签“{'”或“'.join(one.tags)}”" if one.tags else "",
        f"有{'、'.join(one.interests)}方面的群、活动或点击线索" if one.interests else "",
    ]


def _ages(one: Condition) -> str:
    low, high = one.age_min, one.age_max
    if low is not None and high is not None:
        return f"{low} 至 {high} 岁"
    if low is not None:
        return f"满 {low} 岁"
    return f"不超过 {high} 岁" if high is not None else ""


def _birth_years(one: Condition) -> str:
    low, high = one.born_from, one.born_to
    if low is not None and high is not None:
        return f"{low} 至 {high} 年出生"
    if low is not None:
        return f"{low} 年及以后出生"
    return f"{high} 年及以前出生" if high is not None else ""


def _attribute(one: Condition, labels: Mapping[str, str]) -> str:
    wanted = one.attribute
    if wanted is None:
        return ""
    label = labels.get(wanted.key, wanted.key)
    if _YES.issuperset(wanted.any):
        return f"客户资料是“{label}”"
    return f"客户资料“{label}”里有{'、'.join(wanted.any)}"


def _holding(one: Condition) -> str:
    wanted = one.holds
    if wanted is None:
        return ""
    risk = f"（R{wanted.risk_min} 及以上）" if wanted.risk_min else ""
    return f"持有{'或'.join(KINDS[kind] for kind in wanted.kinds)}{risk}"
