"""What is to be done so that WeCom has what we want. Pure; rules that are not ours are not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wecom.intercept import FoundRule, Rule, Scope

Kind = Literal["add", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Step:
    """One change in WeCom. ``why`` says in Chinese what differs; ``rule`` None for a deletion."""

    kind: Kind
    name: str
    rule: Rule | None
    rule_id: str = ""
    add_scope: Scope | None = None
    remove_scope: Scope | None = None
    why: str = ""


def steps(wanted: Sequence[Rule], found: Sequence[FoundRule], prefix: str) -> list[Step]:
    """Deletions, then updates, then additions, so that WeCom's ceiling of rules is kept.

    ``found``: what WeCom has of this app; only rules whose name starts with ``prefix`` are ours.
    WeCom keeps names apart (41077).
    """
    ours = {one.name: one for one in found if one.name.startswith(f"{prefix}·")}
    names = {rule.name for rule in wanted}
    gone = [one for name, one in ours.items() if name not in names]
    deletions = [Step("delete", one.name, None, one.rule_id, why="策略里没有这条") for one in gone]
    updates = [
        step for rule in wanted if rule.name in ours and (step := _update(rule, ours[rule.name]))
    ]
    additions = [
        Step("add", rule.name, rule, why=f"{len(rule.words)} 个词")
        for rule in wanted
        if rule.name not in ours
    ]
    return deletions + updates + additions


def _update(rule: Rule, one: FoundRule) -> Step | None:
    words = set(rule.words) ^ set(one.words)
    more = Scope(
        tuple(sorted(set(rule.scope.staff_ids) - set(one.scope.staff_ids))),
        tuple(sorted(set(rule.scope.departments) - set(one.scope.departments))),
    )
    less = Scope(
        tuple(sorted(set(one.scope.staff_ids) - set(rule.scope.staff_ids))),
        tuple(sorted(set(one.scope.departments) - set(rule.scope.departments))),
    )
    why = [
        said
        for said, differs in (
            (f"{len(words)} 个词不同", bool(words)),
            ("拦截方式不同", rule.action != one.action),
            ("号码类别不同", set(rule.semantics) != set(one.semantics)),
            ("适用范围不同", bool(more or less)),
        )
        if differs
    ]
    if not why:
        return None
    return Step("update", rule.name, rule, one.rule_id, more or None, less or None, "、".join(why))
