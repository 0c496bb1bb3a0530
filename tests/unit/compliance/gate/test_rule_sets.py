"""Banks' and funds' rules of suitability: both are asked, the stricter holds, and the set is named."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from pydantic import ValidationError

from compliance import suitability
from compliance.facts import PUBLIC_CHANNELS, Assessment, Channel, Purpose, Recipient, Words
from compliance.objections import Objection
from config.suitability_policy import RuleSets, SuitabilityPolicy
from tests.unit.compliance.gate.given import (
    POLICY,
    TODAY,
    against,
    decided,
    draft,
    recipient,
    words,
)

SETS = POLICY.suitability
FUND = words(product_kind="fund", product_risk=2)
WEALTH = words(product_kind="wealth", product_risk=2)
SUITABILITY = {
    Objection.MINOR, Objection.AGE_UNKNOWN, Objection.NO_RATING, Objection.RATING_EXPIRED,
    Objection.ABOVE_RATING, Objection.ELDER_CEILING,
}  # fmt: skip


def by_fund(level: int, on: date = date(2026, 6, 1), **changes: object) -> Assessment:
    """A fund company's assessment."""
    return structs.replace(Assessment("fund", level, on, who="青禾基金"), **changes)


def unsuited(who: Recipient, what: Words, sets: RuleSets) -> set[Objection]:
    """The objections of suitability by these sets, as the gate gives them."""
    policy = replace(POLICY, suitability=sets)
    return against(draft(recipients=(who,), words=what), policy=policy) & SUITABILITY


def said(who: Recipient, what: Words) -> str:
    """What the verdict says of suitability."""
    details = decided(draft(recipients=(who,), words=what)).details
    return "。".join(text for objection, text in details.items() if objection in SUITABILITY)


def test_of_two_assessments_that_differ_the_lower_holds_and_is_named() -> None:
    bold_at_bank = recipient(risk_level=4, fund_assessment=by_fund(1))
    bold_at_fund = recipient(risk_level=1, fund_assessment=by_fund(5))
    for who, named in ((bold_at_bank, "青禾基金测评 C1"), (bold_at_fund, "本行测评 C1")):
        for what in (FUND, WEALTH):
            assert Objection.ABOVE_RATING in against(draft(recipients=(who,), words=what))
            assert named in said(who, what)
    assert said(bold_at_bank, FUND).count("口径：") == 2
    assert "基金口径" not in said(bold_at_bank, WEALTH)


def test_the_bank_does_not_take_a_fund_companys_word_but_the_fund_rules_take_the_banks() -> None:
    stranger = recipient(risk_level=None, risk_assessed_on=None, fund_assessment=by_fund(5))
    assert unsuited(stranger, FUND, SETS) == {Objection.NO_RATING}
    assert said(stranger, FUND) == "银行口径：没有本行的测评"
    assert unsuited(recipient(), FUND, SETS) == set()


@pytest.mark.parametrize(
    ("on", "until", "holds"),
    [
        (date(2025, 11, 24), None, False),
        (date(2025, 11, 25), None, True),
        (date(2025, 3, 1), date(2027, 2, 28), True),  # a document that says two years
        (date(2025, 3, 1), date(2026, 11, 23), False),  # its own end has come
        (date(2026, 10, 1), date(2026, 11, 24), True),
        (date(2024, 11, 24), date(2028, 1, 1), False),  # beyond the longest that is believed
    ],
)
def test_a_fund_assessment_holds_as_its_document_says(
    on: date, until: date | None, holds: bool
) -> None:
    one = by_fund(3, on, until=until)
    assert suitability.assessment_holds(one, TODAY, SETS.funds) is holds


def test_an_assessment_that_ran_out_lowers_nobody() -> None:
    old = recipient(fund_assessment=by_fund(1, date(2024, 1, 1)))
    assert unsuited(old, WEALTH, SETS) == set()


def test_the_lowest_class_is_shown_r1_only_whatever_level_is_written() -> None:
    lowest = recipient(risk_level=3, fund_assessment=by_fund(3, lowest=True))
    assert "属最低类别，上限 R1" in said(lowest, FUND)
    assert unsuited(lowest, structs.replace(FUND, product_risk=1), SETS) == set()


def test_a_professional_is_matched_all_the_same_where_a_bank_sells_the_fund() -> None:
    expert = recipient(risk_level=1, professional_until=TODAY)
    assert not list(suitability.recipient_objections(expert, FUND, TODAY, SETS.funds))
    assert unsuited(expert, FUND, SETS) == {Objection.ABOVE_RATING}
    assert said(expert, FUND).startswith("银行口径：本行测评 C1")
    past = structs.replace(expert, professional_until=TODAY - timedelta(days=1))
    assert list(suitability.recipient_objections(past, FUND, TODAY, SETS.funds))


def test_a_mismatch_is_not_waived_because_the_customer_asked() -> None:
    asked = draft(recipients=(recipient(risk_level=1),), words=FUND, solicited=True)
    assert against(asked) & SUITABILITY == {Objection.ABOVE_RATING}
    assert "不经消息" in decided(asked).details[Objection.ABOVE_RATING]


@pytest.mark.parametrize("which", ["banks", "funds"])
@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"waiver": {"by_message": True, "says": "可以"}}, "不能经消息"),
        ({"lowest": {"ceiling": 2}}, "ceiling"),
        ({"matrix": {"C1": 2, "C2": 2, "C3": 3, "C4": 4, "C5": 5}}, "C1"),
        ({"purposes": {"judged": ["care"]}}, "marketing"),
        ({"source": {"title": "银行口径", "law": "适当性办法", "since": "2026-02-01"}}, "owner"),
    ],
)
def test_a_set_that_would_open_what_the_law_closes_is_refused(
    which: str, changes: dict[str, object], wrong: str
) -> None:
    policy: SuitabilityPolicy = getattr(SETS, which)
    with pytest.raises(ValidationError, match=wrong):
        SuitabilityPolicy.model_validate(policy.model_dump() | changes)


days = st.none() | st.dates(TODAY - timedelta(days=900), TODAY)
rated = st.builds(
    Assessment,
    by=st.just("fund"),
    level=st.integers(1, 5),
    on=days,
    until=st.none() | st.dates(TODAY - timedelta(days=90), TODAY + timedelta(days=900)),
    lowest=st.booleans(),
)
people = st.builds(
    Recipient,
    customer_id=st.just(1),
    age=st.none() | st.integers(0, 100),
    risk_level=st.none() | st.integers(1, 5),
    risk_assessed_on=days,
    fund_assessment=st.none() | rated,
    professional_until=st.none() | st.dates(TODAY - timedelta(days=9), TODAY + timedelta(days=9)),
    consents=st.just(frozenset({"marketing"})),
    last_care_on=st.just(TODAY),
)
texts = st.builds(
    words,
    product_kind=st.sampled_from(["fund", "wealth", "insurance", "deposit"]),
    product_risk=st.none() | st.integers(1, 5),
    purpose=st.sampled_from([Purpose.MARKETING, Purpose.CARE]),
)


def drawn_set(base: SuitabilityPolicy) -> st.SearchStrategy[SuitabilityPolicy]:
    """The set with another matrix, other ages, other validity."""
    return st.builds(
        lambda levels, elder, months, exempt, lowest: SuitabilityPolicy.model_validate(
            base.model_dump()
            | {
                "matrix": {f"C{n}": min(n, most) for n, most in enumerate(levels, 1)},
                "lowest": {"ceiling": lowest},
                "ages": {"adult": 18, "elder": 65, "elder_ceiling": elder},
                "assessment": base.assessment.model_dump() | {"valid_months": months},
                "professional": {"exempt": exempt, "who": "经认定的"},
            }
        ),
        st.lists(st.integers(0, 5), min_size=5, max_size=5),
        st.integers(0, 5),
        st.integers(1, 12),
        st.booleans(),
        st.integers(0, 1),
    )


both = st.builds(RuleSets, drawn_set(SETS.banks), drawn_set(SETS.funds))


@settings(max_examples=200, deadline=None)
@given(people, texts, both)
def test_together_the_sets_never_allow_what_one_of_them_refuses(
    who: Recipient, what: Words, sets: RuleSets
) -> None:
    alone = [
        {objection for objection, _ in suitability.recipient_objections(who, what, TODAY, one)}
        for one in sets.governing(what.product_kind)
    ]
    assert unsuited(who, what, sets) == set().union(*alone)


@settings(max_examples=200, deadline=None)
@given(people, texts, both)
def test_nobody_is_shown_more_than_any_assessment_that_holds(
    who: Recipient, what: Words, sets: RuleSets
) -> None:
    if unsuited(who, what, sets):
        return
    for one in sets.governing(what.product_kind):
        exempt = one.professional.exempt and who.professional_until is not None
        if exempt or not one.rates(what.product_kind, what.product_risk):
            continue
        for given_by in suitability.assessments(who):
            if suitability.assessment_holds(given_by, TODAY, one):
                ceiling = one.ceiling(given_by.level, lowest=given_by.lowest)
                assert (what.product_risk or 0) <= ceiling


@settings(max_examples=200, deadline=None)
@given(people, texts, both)
def test_the_ceiling_on_cards_is_what_the_gate_lets_through(
    who: Recipient, what: Words, sets: RuleSets
) -> None:
    if what.product_risk is None:
        return
    allowed = all(
        what.product_risk <= suitability.product_ceiling(who, TODAY, one)
        for one in sets.governing(what.product_kind)
        if one.rates(what.product_kind, what.product_risk)
    )
    grown = who.age is None or who.age >= 18
    assert (not unsuited(who, what, sets)) == (allowed and grown)


@settings(max_examples=100, deadline=None)
@given(st.lists(people, min_size=1, max_size=4), texts, both)
def test_a_group_is_judged_by_its_lowest_member_under_both_sets(
    members: list[Recipient], what: Words, sets: RuleSets
) -> None:
    policy = replace(POLICY, suitability=sets)
    group = draft(recipients=tuple(members), words=what, channel=Channel.GROUP)
    apart = [unsuited(one, what, sets) for one in members]
    assert against(group, policy=policy) & SUITABILITY == set().union(*apart)


@settings(max_examples=100, deadline=None)
@given(people, texts, both, st.sampled_from(sorted(PUBLIC_CHANNELS | {Channel.WELCOME})))
def test_private_products_are_never_public_under_either_set(
    who: Recipient, what: Words, sets: RuleSets, channel: Channel
) -> None:
    private = structs.replace(what, product_private=True, allow_list=frozenset({1}))
    policy = replace(POLICY, suitability=sets)
    found = against(draft(recipients=(who,), words=private, channel=channel), policy=policy)
    assert Objection.PRIVATE_PRODUCT in found
