"""聊天敏感词: rules on words that members send (api.md 7.1)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from simulator.wecom.endpoints.attachments import Part
from simulator.wecom.endpoints.kit import Call, bare, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.intercepts import InterceptRule
from simulator.wecom.strictness import Ask, Nothing

Word = Annotated[str, Field(min_length=1, max_length=32)]
Words = Annotated[list[Word], Field(max_length=300)]
Semantics = list[Literal[1, 2, 3]]
RANGE_CAP, TOTAL_CAP = 1_000, 10_000


class Range(Part):
    """applicable_range."""

    user_list: list[str] = Field(default_factory=list)
    department_list: list[int] = Field(default_factory=list)


class ExtraRule(Part):
    """extra_rule of update."""

    semantics_list: Semantics | None = None


class AddRule(Ask):
    """add_intercept_rule [95097]."""

    over: ClassVar[dict[str, int]] = {"word_list": 41068, "rule_name": 40058}
    wrong: ClassVar[dict[str, int]] = {"word_list": 41083, "semantics_list": 41084}
    rule_name: Annotated[str, Field(min_length=1, max_length=20)]
    word_list: Words = Field(default_factory=list)
    semantics_list: Semantics = Field(default_factory=list)
    intercept_type: Literal[1, 2]
    applicable_range: Range


class UpdateRule(Ask):
    """update_intercept_rule."""

    missing: ClassVar[dict[str, int]] = {"rule_id": 41070}
    wrong: ClassVar[dict[str, int]] = {"rule_id": 41070, "word_list": 41083, "extra_rule": 41084}
    over: ClassVar[dict[str, int]] = {"word_list": 41068, "rule_name": 40058}
    rule_id: str
    rule_name: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    word_list: Words = Field(default_factory=list)
    extra_rule: ExtraRule | None = None
    intercept_type: Literal[1, 2] | None = None
    add_applicable_range: Range | None = None
    remove_applicable_range: Range | None = None


class OneRule(Ask):
    """get_intercept_rule, del_intercept_rule."""

    missing: ClassVar[dict[str, int]] = {"rule_id": 41070}
    wrong: ClassVar[dict[str, int]] = {"rule_id": 41070}
    rule_id: str


def add_rule(call: Call, ask: AddRule) -> Json:
    """A new rule; 100 per corp."""
    world = call.world
    rules = world.intercepts
    if len(rules) >= world.modes.intercept_rule_cap:
        raise Refused(41069, "too many rules")
    if not ask.word_list and not ask.semantics_list:
        raise Refused(40063, "word_list and semantics_list both empty")
    wanted = ask.applicable_range
    if not wanted.user_list and not wanted.department_list:
        raise Refused(40063, "applicable_range empty")
    if max(len(wanted.user_list), len(wanted.department_list)) > RANGE_CAP:
        raise Refused(41076, "range of the rule over the limit")
    _name_is_free(call, ask.rule_name, None)
    _check_range(call, wanted)
    rule = InterceptRule(
        world.ids.number("intercept_rule"),
        call.app.agent_id,
        ask.rule_name,
        list(ask.word_list),
        list(ask.semantics_list),
        ask.intercept_type,
        list(wanted.user_list),
        list(wanted.department_list),
        call.now,
    )
    rules[rule.rule_id] = rule
    return {"rule_id": rule.rule_id}


def list_rules(call: Call, ask: Nothing) -> Json:
    """Rules that this app made."""
    return {
        "rule_list": [
            {"rule_id": rule.rule_id, "rule_name": rule.name, "create_time": rule.created_at}
            for rule in call.world.intercepts.values()
            if rule.agent_id == call.app.agent_id
        ]
    }


def get_rule(call: Call, ask: OneRule) -> Json:
    """One rule. The official sample prints rule_id as a number here and as a string in add."""
    rule = _found(call, ask.rule_id)
    return {
        "rule": {
            "rule_id": rule.number,
            "rule_name": rule.name,
            "word_list": rule.words,
            "semantics_list": rule.semantics,
            "intercept_type": rule.kind,
            "applicable_range": {"user_list": rule.users, "department_list": rule.departments},
        }
    }


def update_rule(call: Call, ask: UpdateRule) -> Json:
    """Change a rule: an empty word_list keeps the words, empty semantics clear them."""
    rule = _found(call, ask.rule_id)
    if ask.rule_name is not None:
        _name_is_free(call, ask.rule_name, rule)
        rule.name = ask.rule_name
    if ask.word_list:
        rule.words = list(ask.word_list)
    if ask.extra_rule is not None and ask.extra_rule.semantics_list is not None:
        rule.semantics = list(ask.extra_rule.semantics_list)
    if ask.intercept_type is not None:
        rule.kind = ask.intercept_type
    more, less = ask.add_applicable_range or Range(), ask.remove_applicable_range or Range()
    _check_range(call, more)
    users = [u for u in (*rule.users, *more.user_list) if u not in less.user_list]
    rooms = [d for d in (*rule.departments, *more.department_list) if d not in less.department_list]
    if len(users) > TOTAL_CAP:
        raise Refused(41076, "range of the rule over the limit")
    rule.users, rule.departments = list(dict.fromkeys(users)), list(dict.fromkeys(rooms))
    return {}


def delete_rule(call: Call, ask: OneRule) -> Json:
    """The rule is gone."""
    del call.world.intercepts[_found(call, ask.rule_id).rule_id]
    return {}


def _found(call: Call, rule_id: str) -> InterceptRule:
    # get prints a number and add a string for the same rule, so both forms are taken back.
    rule = call.world.intercepts.get(rule_id) or call.world.intercepts.get(f"rule{rule_id}")
    if rule is None or rule.agent_id != call.app.agent_id:
        raise Refused(41070, "invalid rule_id")
    return rule


def _name_is_free(call: Call, name: str, own: InterceptRule | None) -> None:
    if any(rule.name == name and rule is not own for rule in call.world.intercepts.values()):
        raise Refused(41077, "rule name not unique")


def _check_range(call: Call, wanted: Range) -> None:
    for userid in wanted.user_list:
        call.world.visible_member(call.app, userid)
    for department in wanted.department_list:
        if department not in call.world.directory.departments:
            raise Refused(60003, "department not found")


ENDPOINTS = (
    post("externalcontact/add_intercept_rule", AddRule, add_rule, "customer"),
    bare("externalcontact/get_intercept_rule_list", list_rules, "customer"),
    post("externalcontact/get_intercept_rule", OneRule, get_rule, "customer"),
    post("externalcontact/update_intercept_rule", UpdateRule, update_rule, "customer"),
    post("externalcontact/del_intercept_rule", OneRule, delete_rule, "customer"),
)
