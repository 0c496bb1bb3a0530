"""Sensitive words of the chat itself (聊天敏感词, official page 95097).

WeCom checks them on the member's client and reports no hit to us. An app sees and edits only the
rules that it made.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from wecom import limits
from wecom.answers import Answer
from wecom.client import Caller
from wecom.errors import LimitExceeded, Rejected

BLOCK, WARN = 1, 2
PHONE, MAIL, RED_PACKET = 1, 2, 3
MAX_RULES: Final = 100


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a rule binds."""

    staff_ids: tuple[str, ...] = ()
    departments: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        limits.at_most("规则适用成员", self.staff_ids, 1000)
        limits.at_most("规则适用部门", self.departments, 1000)

    def __bool__(self) -> bool:
        return bool(self.staff_ids or self.departments)

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if self.staff_ids:
            body["user_list"] = list(self.staff_ids)
        if self.departments:
            body["department_list"] = list(self.departments)
        return body


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: up to 300 words of 1 to 32 characters, and kinds of content (PHONE …)."""

    name: str
    words: tuple[str, ...] = field(repr=False)
    action: int
    scope: Scope
    semantics: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        limits.not_empty("规则名", self.name)
        limits.at_most_chars("规则名", self.name, 20)
        limits.at_most("敏感词", self.words, 300)
        for word in self.words:
            if not 1 <= len(word) <= 32:
                raise LimitExceeded("敏感词", len(word), 32, "字")
        if not self.words and not self.semantics:
            raise Rejected("敏感词", "words and semantics must not both be empty")
        limits.in_range("拦截方式", self.action, BLOCK, WARN)


@dataclass(frozen=True, slots=True)
class FoundRule:
    """A rule as WeCom has it."""

    rule_id: str
    name: str
    words: tuple[str, ...] = field(repr=False)
    semantics: tuple[int, ...]
    action: int | None
    scope: Scope


@dataclass(frozen=True, slots=True)
class ListedRule:
    rule_id: str
    name: str
    created_at: datetime | None


async def add(client: Caller, rule: Rule) -> str:
    """Make a rule and return its id. Repeating meets its own name (41077, Refused)."""
    limits.not_empty("规则适用范围", rule.scope.staff_ids or rule.scope.departments)
    path = "externalcontact/add_intercept_rule"
    body: dict[str, Any] = {
        "rule_name": rule.name,
        "word_list": list(rule.words),
        "intercept_type": rule.action,
        "applicable_range": rule.scope.as_json(),
    }
    if rule.semantics:
        body["semantics_list"] = list(rule.semantics)
    return Answer(path, await client.call(path, body, idempotent=False)).need("rule_id")


async def list_all(client: Caller) -> tuple[ListedRule, ...]:
    path = "externalcontact/get_intercept_rule_list"
    answer = Answer(path, await client.call(path, idempotent=True))
    return tuple(
        ListedRule(one.need("rule_id"), one.text("rule_name"), one.moment("create_time"))
        for one in answer.objects("rule_list")
    )


async def get(client: Caller, rule_id: str) -> FoundRule:
    """Return one rule; RelationGone (41071) when it was deleted."""
    path = "externalcontact/get_intercept_rule"
    answer = Answer(path, await client.call(path, {"rule_id": rule_id}, idempotent=True))
    rule = answer.need_child("rule")
    scope = rule.child("applicable_range")
    return FoundRule(
        rule_id=rule.need("rule_id"),  # a number in the page's sample, a string elsewhere
        name=rule.text("rule_name"),
        words=rule.strings("word_list"),
        # At the top in the page of 2026, inside extra_rule in that of 2023.
        semantics=rule.integers("semantics_list")
        or rule.child("extra_rule").integers("semantics_list"),
        action=rule.integer("intercept_type"),
        scope=Scope(scope.strings("user_list"), scope.integers("department_list")),
    )


async def update(
    client: Caller,
    rule_id: str,
    rule: Rule,
    *,
    add_scope: Scope | None = None,
    remove_scope: Scope | None = None,
) -> None:
    """Overwrite name, words, kinds and action, and change the scope by what is added and removed.

    WeCom takes an empty list of words as "unchanged" and one of kinds as "none".
    """
    body: dict[str, Any] = {
        "rule_id": rule_id,
        "rule_name": rule.name,
        "word_list": list(rule.words),
        "extra_rule": {"semantics_list": list(rule.semantics)},
        "intercept_type": rule.action,
    }
    if add_scope:
        body["add_applicable_range"] = add_scope.as_json()
    if remove_scope:
        body["remove_applicable_range"] = remove_scope.as_json()
    await client.call("externalcontact/update_intercept_rule", body, idempotent=True)


async def delete(client: Caller, rule_id: str) -> None:
    await client.call("externalcontact/del_intercept_rule", {"rule_id": rule_id}, idempotent=True)
