"""Which channel a contact takes, whatever the facts are: one, or nobody with every reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from pydantic import ValidationError

from config import channel_choice_policy
from config.channel_choice_policy import ChannelChoicePolicy
from delivery.channel_choice import NOBODY, WHY_NOT, Choice, ContactFacts, choose

POLICY = channel_choice_policy.load()
NAMES = [one.name for one in POLICY.channels]
CHANNELS = st.sampled_from(NAMES)
FACTS = st.builds(
    ContactFacts,
    purpose=st.sampled_from(["service", "care", "marketing"]),
    trigger=st.sampled_from(["maturity.deposit", "safety.fraud", "birthday", ""]),
    tier=st.sampled_from(["", "潜力", "高端", "私行"]),
    personal=st.booleans(),
    words=st.booleans(),
    relation=st.booleans(),
    phone=st.booleans(),
    sms=st.booleans(),
    regulated=st.booleans(),
    preferred=st.one_of(st.just(""), CHANNELS),
    refused=st.frozensets(CHANNELS),
    failed=st.frozensets(CHANNELS),
)
REACHED = ContactFacts(
    "service", "maturity.deposit", "有效", personal=True, words=True, relation=True, phone=True,
    sms=True,
)  # fmt: skip


def _chosen(**changes: object) -> Choice:
    return choose(structs.replace(REACHED, **changes), POLICY)


@pytest.mark.mission("C7")
@given(FACTS)
def test_there_is_always_one_channel_or_nobody_with_its_reason(facts: ContactFacts) -> None:
    found = choose(facts, POLICY)
    need = POLICY.need_of(purpose=facts.purpose, trigger=facts.trigger, regulated=facts.regulated)
    allowed = need.order if facts.personal else need.general
    assert found.reason
    assert len(found.reason) <= 400
    assert len(found.refused_text) <= 200
    assert {why for _, why in found.refused} <= set(WHY_NOT)
    if found.channel == NOBODY:
        assert {channel for channel, _ in found.refused} == set(allowed)
    else:
        assert found.channel in allowed
        assert found.channel not in {channel for channel, _ in found.refused}


@given(FACTS)
def test_no_channel_that_the_customer_refused_or_that_failed_or_that_does_not_reach_is_chosen(
    facts: ContactFacts,
) -> None:
    channel = choose(facts, POLICY).channel
    assert channel not in facts.refused | facts.failed
    assert not (channel in ("todo", "broadcast") and not facts.relation)
    assert not (channel in ("sms", "phone") and not facts.phone)
    assert not (channel == "sms" and not (facts.sms and facts.words))


@given(FACTS)
def test_a_personal_text_never_becomes_a_broadcast(facts: ContactFacts) -> None:
    assert choose(structs.replace(facts, personal=True), POLICY).channel != "broadcast"


@given(FACTS)
def test_what_only_outlets_may_do_goes_to_the_outlet_alone(facts: ContactFacts) -> None:
    found = choose(structs.replace(facts, regulated=True, personal=True), POLICY)
    assert found.channel in ("outlet", NOBODY)


@pytest.mark.mission("C7")
@pytest.mark.parametrize(
    ("changes", "channel", "words"),
    [
        ({}, "todo", "服务提醒走企业微信一对一"),
        ({"relation": False, "tier": "私行"}, "phone", "没有企业微信好友关系"),
        ({"relation": False}, "sms", "没有企业微信好友关系"),
        ({"relation": False, "sms": False}, "phone", "超出一般客户的成本，但别的都走不通"),
        ({"relation": False, "phone": False}, "outlet", "没有留电话"),
        ({"preferred": "sms"}, "sms", "客户惯用"),
        ({"refused": frozenset({"todo"})}, "sms", "客户不要这条路"),
        ({"trigger": "safety.fraud"}, "phone", "紧急与安全"),
        ({"trigger": "safety.fraud", "preferred": "sms"}, "phone", "紧急与安全"),
        ({"regulated": True}, "outlet", "复杂或有监管要求"),
        ({"personal": False}, "broadcast", "企业微信群发"),
        ({"purpose": "marketing", "relation": False, "phone": False}, NOBODY, "没有可走的渠道"),
    ],
)
def test_need_value_preference_and_cost_pick_the_channel(
    changes: dict[str, object], channel: str, words: str
) -> None:
    found = _chosen(**changes)
    assert found.channel == channel
    assert words in found.reason


def test_a_policy_that_would_broadcast_what_is_personal_is_refused() -> None:
    values = POLICY.model_dump(by_alias=True)
    values["need"][2]["order"] = ["todo", "broadcast"]
    with pytest.raises(ValidationError, match="不能群发"):
        ChannelChoicePolicy.model_validate(values)
    values["need"][2]["order"] = ["todo"]
    values["value"][-1]["tiers"] = ["有效"]
    with pytest.raises(ValidationError, match="收下其余所有客户"):
        ChannelChoicePolicy.model_validate(values)
