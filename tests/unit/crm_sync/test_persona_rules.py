"""Who belongs to a persona, at the edges, and in which words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config import persona_policy, segment_policy, tier_policy
from config.persona_policy import PersonaPolicy
from crm_sync.rules.condition_answers import values_of
from crm_sync.rules.conditions import Frame, checked
from crm_sync.rules.memberships import BY_HAND, Membership, active, candidates
from crm_sync.rules.personas import Judged, judge
from crm_sync.rules.signals import GroupInterest, Signal, expiry, faded

POLICY = persona_policy.load()
TIERS = tier_policy.load()
AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def _judged(name: str, policy: PersonaPolicy = POLICY, **known: object) -> Judged:
    """The persona of a customer of whom this is known; extra columns come as ``attributes``."""
    persona = policy.named(name)
    assert persona is not None
    attributes: dict[str, str] = known.pop("attributes", {})  # type: ignore[assignment]
    values = known | {f"attribute:{key}": told for key, told in attributes.items()}
    return judge(persona, values, Frame(AT, policy, TIERS))


def _fund(risk: int | None) -> dict[str, object]:
    return {"kind": "fund", "risk": risk}


def _says(judged: Judged) -> list[str]:
    return [str(row["says"]) for row in judged.evidence]


@pytest.mark.parametrize(
    ("born_on", "member"),
    [(date(1966, 11, 22), True), (date(1966, 11, 23), False), (date(1958, 3, 2), True)],
)
def test_the_old_are_sixty_on_their_birthday(born_on: date, member: bool) -> None:
    assert _judged("老年", born_on=born_on).met is member


def test_the_sentences_say_why_and_why_not() -> None:
    assert _says(_judged("老年", born_on=date(1958, 3, 2))) == ["1958 年出生，68 岁，满 60 岁"]
    assert _judged("老年", born_on=date(1967, 5, 1)).why_not[0] == "1967 年出生，59 岁，未满 60 岁"
    assert _judged("老年").why_not[0] == "出生日期未登记，无法判断年龄"
    assert _judged("90后", born_on=date(2000, 1, 1)).why_not == ("2000 年出生，不属 1990–1999 年",)
    parent = _judged("宝妈", born_on=date(1990, 5, 1), attributes={"children_account": "是"})
    assert _says(parent) == ["客户资料：未成年子女账户监护人"]
    stocks = _judged("股市", holding=[_fund(4), _fund(4), _fund(2)])
    assert _says(stocks) == ["持有基金（R4 及以上） 2 笔"]
    runner = _judged("长跑", tag=["跑步", "老客户"])
    assert (_says(runner), runner.source) == (["客户经理打了标签“跑步”"], "hand")


@pytest.mark.parametrize(
    ("born_on", "member"),
    [
        (date(1989, 12, 31), False),
        (date(1990, 1, 1), True),
        (date(1999, 12, 31), True),
        (date(2000, 1, 1), False),
    ],
)
def test_the_nineties_are_born_in_the_nineties(born_on: date, member: bool) -> None:
    assert _judged("90后", born_on=born_on).met is member


def test_a_minor_is_no_parent_and_no_investor() -> None:
    child = date(2010, 1, 1)
    parent = _judged("宝妈", born_on=child, attributes={"children_account": "yes"})
    assert not parent.met
    assert parent.why_not[0].startswith("已排除：2010 年出生，16 岁")
    assert not _judged("股市", born_on=child, holding=[_fund(5)]).met


def test_low_risk_funds_and_a_hobby_that_only_sounds_alike_do_not_count() -> None:
    assert not _judged("股市", holding=[_fund(3), _fund(None)]).met
    assert not _judged("读书", attributes={"hobby": "读书会主持"}).met
    assert _judged("读书", attributes={"hobby": "广场舞；读书、垂钓"}).met
    assert values_of("读书; 长跑，垂钓") == ("读书", "长跑", "垂钓")


def test_a_group_is_evidence_while_the_customer_sits_in_it() -> None:
    joined = GroupInterest(1, "长跑", "wr-1", AT - timedelta(days=400), "周末晨跑").as_signal()
    found = _judged("长跑", interest=(joined,))
    assert (found.met, found.source, found.confidence, found.expires_at) == (
        True,
        "group",
        80,
        None,
    )
    assert _says(found) == ["2025-10-18 加入长跑群“周末晨跑”"]
    assert found.evidence[0]["value"] == "wr-1"


def test_behaviour_fades_by_half_in_half_a_year_and_then_ends() -> None:
    clicked = AT - timedelta(days=90)
    found = _judged("健身", interest=(Signal(1, "健身", "behavior", clicked, "page-7"),))
    assert (found.met, found.confidence) == (True, 42)
    assert found.expires_at == clicked + timedelta(days=180)
    gone = Signal(1, "健身", "behavior", AT - timedelta(days=181), "page-7")
    assert not _judged("健身", interest=(gone,)).met


def _talk(days: list[int], *, consented: bool = True) -> tuple[Signal, ...]:
    return tuple(
        Signal(1, "读书", "chat", AT - timedelta(days=day), f"msg-{place}", consented=consented)
        for place, day in enumerate(days)
    )


def test_talk_is_no_evidence_unless_switched_on_consented_repeated_and_on_two_days() -> None:
    assert not _judged("读书", interest=_talk([1, 2, 3])).met
    sources = POLICY.model_dump()["sources"]
    sources["chat"]["enabled"] = True
    listening = PersonaPolicy.model_validate(POLICY.model_dump() | {"sources": sources})
    assert _judged("读书", listening, interest=_talk([1, 2, 3])).met
    assert not _judged("读书", listening, interest=_talk([1, 2, 3], consented=False)).met
    assert not _judged("读书", listening, interest=_talk([1, 2])).met
    assert not _judged("读书", listening, interest=_talk([1, 1, 1])).met
    found = _judged("读书", listening, interest=_talk([1, 2, 3]))
    assert [row["value"] for row in found.evidence] == ["msg-0", "msg-1", "msg-2"]


def _membership(persona: str, source: str, confidence: int = 80, **fields: object) -> Membership:
    return Membership(persona, source, confidence, (), None, **fields)  # type: ignore[arg-type]


def test_at_most_three_are_active_and_what_the_bank_knows_leads() -> None:
    judged = [
        Judged("读书", True, "group", 80),
        Judged("长跑", True, "self", 95),
        Judged("健身", True, "behavior", 55),
        Judged("老年", True, "crm", 100),
        Judged("股市", False),
    ]
    ranked = candidates(judged, (), refused=(), at=AT, policy=POLICY)
    chosen = active(ranked, POLICY)
    assert [one.persona for one in chosen] == ["老年", "长跑", "读书"]
    assert [one.is_primary for one in chosen] == [True, False, False]


def test_what_a_person_gave_keeps_its_place_but_does_not_lead() -> None:
    by_hand = Membership("健身", "hand", 85, ({"fact": BY_HAND, "says": "x"},), None)
    judged = [Judged(name, True, "crm", 100) for name in ("老年", "股市", "商贸")]
    chosen = active(candidates(judged, [by_hand], refused=(), at=AT, policy=POLICY), POLICY)
    assert [one.persona for one in chosen] == ["老年", "商贸", "健身"]
    assert chosen[0].is_primary


def test_a_refused_or_expired_persona_is_out() -> None:
    judged = [Judged("老年", True, "crm", 100), Judged("读书", True, "group", 80)]
    old = _membership("健身", "hand")
    ended = Membership("长跑", "hand", 85, (), AT)
    ranked = candidates(judged, [old, ended], refused={"老年"}, at=AT, policy=POLICY)
    assert [one.persona for one in ranked] == ["健身", "读书"]


judged_lists = st.lists(
    st.builds(
        Judged,
        persona=st.sampled_from([one.name for one in POLICY.persona]),
        met=st.booleans(),
        source=st.sampled_from(["crm", "self", "hand", "group", "behavior"]),
        confidence=st.integers(30, 100),
    ),
    max_size=12,
)


@given(judged=judged_lists)
def test_there_is_one_primary_whenever_there_is_any_persona(judged: list[Judged]) -> None:
    ranked = candidates(judged, (), refused=(), at=AT, policy=POLICY)
    chosen = active(ranked, POLICY)
    assert len(chosen) == min(POLICY.max_active, len({one.persona for one in judged if one.met}))
    assert len({one.persona for one in chosen}) == len(chosen)
    assert sum(one.is_primary for one in chosen) == (1 if chosen else 0)


@given(confidence=st.integers(30, 100), life=st.integers(1, 400), days=st.integers(0, 2000))
def test_confidence_only_fades_and_is_below_the_least_after_its_expiry(
    confidence: int, life: int, days: int
) -> None:
    at = AT + timedelta(days=days)
    left = faded(confidence, life, AT, at)
    assert 0 <= left <= confidence
    assert faded(confidence, life, AT, at + timedelta(days=1)) <= left
    end = expiry(confidence, life, AT, 30)
    assert end is not None
    assert (left >= 30) or at >= end - timedelta(seconds=1)


@pytest.mark.parametrize("name", ["糖尿病", "离异单身", "信佛", "孩子学校", "月入过万"])
def test_what_no_tag_may_say_is_refused_when_the_policy_is_read(name: str) -> None:
    raw = POLICY.model_dump()
    raw["persona"][0]["name"] = name
    with pytest.raises(ValidationError, match="禁止打标"):
        PersonaPolicy.model_validate(raw)


def test_the_shipped_policy_has_every_persona_the_white_papers_name() -> None:
    names = {one.name for one in POLICY.persona}
    assert {"老年", "宝妈", "90后", "健身", "长跑", "读书", "股市"} <= names
    old = POLICY.named("老年")
    assert old is not None
    assert old.risk_ceiling == 2
    assert not POLICY.sources["chat"].enabled


def test_the_rule_version_changes_with_every_word() -> None:
    raw = POLICY.model_dump()
    raw["persona"][0]["when"][0]["rule"]["value"] = 61
    assert PersonaPolicy.model_validate(raw).rule_version != POLICY.rule_version
    assert len(POLICY.rule_version) <= 64


_TRACE = {"dim": "interest", "op": "has", "where": {"interest": ["x"]}}
_OLD = {"dim": "age", "op": "ge", "value": 60}


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ({}, "条件要写成一项"),
        ({"all": [_TRACE, _OLD]}, "单独成一条"),
        (_TRACE | {"op": "has_not"}, "单独成一条"),
        ({"dim": "age", "op": "between", "value": [9, 3]}, "范围写反了"),
        ({"dim": "persona", "op": "any", "value": ["读书"]}, "不能再问客群"),
        ({"dim": "tag", "op": "any", "value": ["糖尿病"]}, "禁止打标"),
    ],
)
def test_a_ground_that_says_nothing_or_what_is_forbidden_is_refused(
    rule: dict[str, object], what: str
) -> None:
    raw = POLICY.model_dump()
    raw["persona"][0]["when"] = [{"rule": rule}]
    with pytest.raises(ValidationError, match=what):
        PersonaPolicy.model_validate(raw)


def test_there_are_no_more_grounds_than_an_evaluation_has_bits_for() -> None:
    raw = POLICY.model_dump()
    raw["persona"][0]["when"] = [{"rule": _OLD}] * 61
    with pytest.raises(ValidationError, match="最多 60 条"):
        PersonaPolicy.model_validate(raw)


@pytest.mark.mission("D10")
def test_what_is_ready_for_the_old_never_goes_above_their_risk_and_minors_are_in_no_rule() -> None:
    old = POLICY.named("老年")
    [pack] = [one for one in segment_policy.load().pack if one.code == "elders"]
    assert old is not None
    assert old.risk_ceiling == pack.risk_ceiling == 2
    for one in segment_policy.load().pack:
        assert checked(one.conditions, POLICY) == one.conditions
    child = date(2012, 1, 1)
    assert not _judged("股市", born_on=child, attributes={"third_party_custody": "yes"}).met
    assert not _judged("宝妈", born_on=child, attributes={"children_account": "yes"}).met
