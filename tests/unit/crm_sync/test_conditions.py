"""Conditions are read strictly, said in Chinese, and never sort people by what is forbidden."""

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from config import persona_policy, tier_policy
from config.conditions import Rule
from crm_sync.errors import RuleForbidden, RuleRefused
from crm_sync.rules.conditions import Frame, as_json, checked, explain, needs, parse, sentence

POLICY = persona_policy.load()
AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
FRAME = Frame(AT, POLICY, tier_policy.load())


def _ask(dim: str, op: str, value: Any = None, **where: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"dim": dim, "op": op}
    return told | ({"where": where} if where else {} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (_ask("age", "ge", 60), "满 60 岁"),
        (_ask("birth_year", "between", [1990, 1999]), "1990 至 1999 年出生"),
        (_ask("gender", "in", ["F"]), "性别是女"),
        (_ask("aum", "ge", 5_000_000), "时点金融资产不低于 5 万元"),
        (_ask("aum", "between", [5_000_000, 50_000_000]), "时点金融资产在 5 万元 到 50 万元"),
        (_ask("merchant", "is", True), "客户资料是“收款结算商户”"),
        (_ask("friend", "is", False), "还不是企业微信好友"),
        (_ask("hobby", "any", ["长跑", "跑步"]), "客户资料“登记的兴趣”里有长跑、跑步"),
        (_ask("employer", "contains", ["青禾"]), "工作单位含“青禾”"),
        (_ask("risk_taste", "le", 2), "风险测评等级不超过 C2"),
        (_ask("opened_on", "past", 100), "开户日期在过去 100 天内"),
        (_ask("tag", "any", ["跑步"]), "客户经理打了标签“跑步”"),
        (_ask("holding", "has", kind=["fund"], risk_from=4), "持有基金（R4 及以上）"),
        (_ask("holding", "has_not", product=["P1"]), "没有持有任何产品（产品 P1）"),
        (_ask("interest", "has", interest=["健身"]), "有健身方面的群、活动或点击线索"),
        ({"not": _ask("age", "lt", 18)}, "不是（未满 18 岁）"),
        (
            {"all": [_ask("age", "ge", 60), {"any": [_ask("friend", "is", True), _ask("tier", "in", ["高端"])]}]},
            "满 60 岁，且（已是企业微信好友，或客户层级是高端）",
        ),
    ],
)  # fmt: skip
def test_a_condition_reads_as_a_sentence_and_comes_back_from_storage(
    raw: dict[str, Any], says: str
) -> None:
    condition = parse(raw)
    assert sentence(condition) == says
    assert parse(as_json(condition)) == condition


@pytest.mark.parametrize(
    ("raw", "what", "where"),
    [
        (None, "条件要写成一项", "条件"),
        ({}, "条件要写成一项", "条件"),
        ({"all": []}, "all 里至少要有一条条件", "条件"),
        ({"all": [_ask("shoe_size", "eq", 42)]}, "没有这个维度", "all[0]"),
        ({"any": [_ask("age", "ge", 60), _ask("age", "like", 6)]}, "“年龄”不能这样比较", "any[1]"),
        ({"not": _ask("age", "ge", "六十")}, "“年龄”要是 0 到 120 的整数", "not"),
        (_ask("age", "ge", True), "“年龄”要是 0 到 120 的整数", "条件"),
        (_ask("age", "between", [60, 50]), "范围写反了", "条件"),
        (_ask("gender", "in", ["X"]), "“性别”没有这个选项", "条件"),
        (_ask("tier", "in", []), "“层级”要写出至少一个值", "条件"),
        (_ask("tier", "in", ["长" * 81]), "“层级”的值要是 1 至 80 个字", "条件"),
        (_ask("opened_on", "ge", "去年"), "“开户日期”要写成日期", "条件"),
        (_ask("merchant", "is", "yes"), "“收款结算商户”只能是 true 或 false", "条件"),
        (_ask("holding", "has", colour=["红"]), "“产品”没有这个分项", "条件"),
        (_ask("age", "ge", 60) | {"where": {"kind": ["fund"]}}, "“年龄”没有分项，不写 where", "条件"),
        (_ask("age", "ge", 60) | {"or": 1}, "条件里有不认识的项", "条件"),
        ({"all": [_ask("age", "ge", 60)], "any": []}, "条件里有不认识的项", "条件"),
        (_ask("attribute:", "any", ["x"]), "没有这个维度", "条件"),
    ],
)  # fmt: skip
def test_a_condition_that_says_nothing_known_is_refused_with_its_place(
    raw: Any, what: str, where: str
) -> None:
    with pytest.raises(RuleRefused) as refused:
        parse(raw)
    assert refused.value.code == "E-2420"
    assert refused.value.what.startswith(what)
    assert refused.value.where == where


def test_a_condition_may_not_nest_or_ask_without_end() -> None:
    deep: dict[str, Any] = _ask("age", "ge", 60)
    for _ in range(7):
        deep = {"not": deep}
    for raw in (deep, {"any": [_ask("age", "ge", 60)] * 61}):
        with pytest.raises(RuleRefused, match="最多"):
            parse(raw)


class _Policy(BaseModel):
    rule: Rule


def test_a_policy_holds_a_condition_as_data() -> None:
    held = _Policy.model_validate({"rule": _ask("age", "ge", 60)})
    assert sentence(held.rule) == "满 60 岁"
    assert held.model_dump() == {"rule": _ask("age", "ge", 60)}
    assert _Policy.model_validate(held.model_dump()) == held
    with pytest.raises(ValidationError, match="没有这个维度"):
        _Policy.model_validate({"rule": _ask("zodiac", "in", ["龙"])})


@pytest.mark.parametrize(
    "raw",
    [
        _ask("tag", "any", ["糖尿病"]),
        _ask("occupation", "contains", ["佛教协会"]),
        _ask("attribute:民族", "any", ["汉"]),
        _ask("attribute:note", "any", ["离异"]),
        _ask("interest", "has", interest=["宗教"]),
        {"all": [_ask("friend", "is", True), {"not": _ask("hobby", "any", ["赌博"])}]},
        _ask("age", "lt", 18),
        _ask("age", "between", [6, 12]),
        {"any": [_ask("age", "ge", 60), _ask("age", "le", 17)]},
        {"not": _ask("age", "ge", 18)},
        {"not": {"not": _ask("age", "eq", 10)}},
    ],
)
def test_nobody_is_sorted_by_what_is_forbidden_nor_as_a_minor(raw: dict[str, Any]) -> None:
    with pytest.raises(RuleForbidden) as refused:
        checked(parse(raw), POLICY)
    assert refused.value.code == "E-2421"


@pytest.mark.parametrize(
    "raw",
    [
        {"not": _ask("age", "lt", 18)},
        _ask("age", "between", [16, 30]),
        {"not": _ask("age", "ge", 60)},
        _ask("children_account", "is", True),
    ],
)
def test_keeping_minors_out_is_allowed(raw: dict[str, Any]) -> None:
    assert checked(parse(raw), POLICY) == parse(raw)


def test_the_reasons_are_the_facts_that_decided() -> None:
    rule = parse(
        {
            "all": [
                _ask("age", "ge", 60),
                {"any": [_ask("holding", "has", kind=["deposit"], due_within=30), _ask("tier", "in", ["高端"])]},
                {"not": _ask("employer", "contains", ["青禾"])},
            ]
        }
    )  # fmt: skip
    assert needs([rule]) == {"born_on", "holding", "tier", "attribute:employer"}
    held = {"kind": "deposit", "matures_on": date(2026, 12, 22)}
    known: dict[str, Any] = {"born_on": date(1958, 3, 2), "holding": [held], "tier": "中端"}
    found = explain(rule, known, FRAME)
    assert found.met
    assert found.why == (
        "1958 年出生，68 岁，满 60 岁",
        "持有存款（30 天内到期） 1 笔",
        "工作单位：未登记",
    )
    out = explain(rule, known | {"holding": [], "attribute:employer": "青禾物业"}, FRAME)
    assert (out.met, out.why) == (False, ())
    assert out.why_not == (
        "没有持有存款（30 天内到期）",
        "客户层级：中端",
        "已排除：工作单位：青禾物业",
    )


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["all", "any", "not", "dim", "op", "value", "where", "x"]), inner),
                    max_leaves=12))  # fmt: skip
def test_anything_else_is_refused_and_never_breaks(raw: Any) -> None:
    with suppress(RuleRefused):
        condition = parse(raw)
        assert parse(as_json(condition)) == condition


@given(st.sampled_from(["hobby", "tag", "persona"]), st.text(min_size=1, max_size=20))
def test_hostile_words_are_values_like_others(dim: str, word: str) -> None:
    raw = _ask(dim, "any", [word])
    if not word.strip() or "\0" in word:
        with pytest.raises(RuleRefused):
            parse(raw)
    else:
        assert word in sentence(parse(raw))
