"""Every objection, at its edge: what is just refused and what is just allowed."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from compliance.facts import Channel, Counts, Draft, Purpose, Recipient, Sender, Words
from compliance.objections import BY_CODE, Objection
from tests.unit.compliance.gate.given import (
    POLICY,
    TODAY,
    against,
    care,
    decided,
    draft,
    recipient,
    service,
    words,
)

ERRORS = Path(__file__).parents[4] / "docs"


def test_a_draft_with_nothing_against_it_may_go() -> None:
    assert against(draft()) == set()
    assert decided(draft()).verdict == "pass"


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("risk", [1, 2, 3, 4, 5])
def test_the_matrix_lets_equal_ratings_pass_and_nothing_above(level: int, risk: int) -> None:
    found = against(
        draft(recipients=(recipient(risk_level=level),), words=words(product_risk=risk))
    )
    assert (Objection.ABOVE_RATING in found) == (risk > level)
    assert found <= {Objection.ABOVE_RATING}


@pytest.mark.parametrize(
    ("assessed_on", "expired"),
    [
        (TODAY, False),
        (date(2025, 11, 25), False),
        (date(2025, 11, 24), True),
        (date(2024, 1, 1), True),
        (None, True),
    ],
)
def test_an_assessment_ends_on_the_day_it_turns_twelve_months(
    assessed_on: date | None, expired: bool
) -> None:
    found = against(draft(recipients=(recipient(risk_assessed_on=assessed_on),)))
    assert found == ({Objection.RATING_EXPIRED} if expired else set())


@pytest.mark.mission("D10")
@pytest.mark.mission("F7")
@pytest.mark.parametrize(
    ("age", "risk", "objection"),
    [
        (64, 3, None),
        (65, 2, None),
        (65, 3, Objection.ELDER_CEILING),
        (90, 5, Objection.ELDER_CEILING),
        (None, 3, Objection.AGE_UNKNOWN),
        (None, 2, None),
        (17, 1, Objection.MINOR),
        (18, 1, None),
    ],
)
def test_age_sets_a_ceiling(age: int | None, risk: int, objection: Objection | None) -> None:
    given = draft(recipients=(recipient(age=age, risk_level=5),), words=words(product_risk=risk))
    found = against(given)
    assert found == (set() if objection is None else {objection})


def test_a_minor_gets_no_product_content_not_even_of_a_deposit() -> None:
    child = recipient(age=12, risk_level=None)
    deposit = words(product_kind="deposit", product_risk=None)
    assert Objection.MINOR in against(draft(recipients=(child,), words=deposit))
    assert Objection.MINOR not in against(draft(recipients=(child,), words=care()))


def test_a_reminder_of_what_the_customer_holds_is_not_a_recommendation() -> None:
    elder = recipient(age=70, risk_level=1, risk_assessed_on=None)
    assert against(draft(recipients=(elder,), words=service(product_risk=5))) == set()


@pytest.mark.parametrize("kind", ["wealth", "fund", "insurance", "metal"])
def test_an_investment_without_a_rating_on_either_side_is_refused(kind: str) -> None:
    unrated = words(product_kind=kind, product_risk=None)
    assert Objection.PRODUCT_RISK_UNKNOWN in against(draft(words=unrated))
    nobody = recipient(risk_level=None, risk_assessed_on=None)
    assert Objection.NO_RATING in against(
        draft(recipients=(nobody,), words=words(product_kind=kind, product_risk=1))
    )


@pytest.mark.parametrize(
    ("channel", "listed", "objection"),
    [
        (Channel.BROADCAST, True, Objection.PRIVATE_PRODUCT),
        (Channel.GROUP, True, Objection.PRIVATE_PRODUCT),
        (Channel.MOMENT, True, Objection.PRIVATE_PRODUCT),
        (Channel.WELCOME, True, Objection.PRIVATE_PRODUCT),
        (Channel.SIDEBAR, False, Objection.PRIVATE_NEEDS_ALLOW_LIST),
        (Channel.SIDEBAR, True, None),
        (Channel.TODO, True, None),
    ],
)
def test_a_private_product_is_shown_to_its_list_alone_and_never_in_public(
    channel: Channel, listed: bool, objection: Objection | None
) -> None:
    private = words(product_private=True, allow_list=frozenset({42}) if listed else None)
    found = against(draft(channel=channel, words=private))
    assert found == (set() if objection is None else {objection})


def test_a_private_product_stays_out_of_public_whatever_the_purpose() -> None:
    notice = service(product_private=True)
    assert Objection.PRIVATE_PRODUCT in against(draft(channel=Channel.GROUP, words=notice))


@pytest.mark.parametrize(
    ("given", "objection"),
    [
        (draft(sender=Sender("x", False)), Objection.SENDER_INACTIVE),
        (draft(words=words(licence="fund")), Objection.SENDER_UNLICENSED),
        (draft(words=words(licence="wealth"), sender=None), Objection.SENDER_UNLICENSED),
        (draft(words=words(state="retired")), Objection.NOT_APPROVED),
        (draft(words=words(approved_hash=None)), Objection.NOT_APPROVED),
        (draft(words=words(approved_hash="b" * 64)), Objection.CHANGED_SINCE_APPROVAL),
        (draft(words=words(valid_from=TODAY + timedelta(1))), Objection.NOT_YET_VALID),
        (draft(words=words(valid_until=TODAY - timedelta(1))), Objection.EXPIRED),
        (draft(words=words(tiers=frozenset({"private"}))), Objection.TIER_NOT_ADDRESSED),
        (draft(words=words(personas=frozenset({"股市"}))), Objection.PERSONA_NOT_ADDRESSED),
        (draft(words=words(allow_list=frozenset({7}))), Objection.NOT_ON_ALLOW_LIST),
        (draft(recipients=()), Objection.RECIPIENTS_UNKNOWN),
        (draft(words=words(product_on_sale=False)), Objection.OFF_SALE),
        (draft(recipients=(recipient(consents=frozenset()),)), Objection.NO_CONSENT),
        (
            draft(recipients=(recipient(suppressed=frozenset({"marketing"})),)),
            Objection.OPTED_OUT,
        ),
        (draft(recipients=(recipient(complaint_open=True),)), Objection.COMPLAINT_OPEN),
        (draft(words=words(text="这款产品保本", purpose=Purpose.CARE)), Objection.SCREENED_BLOCK),
        (draft(words=care(has_personal_fields=True), channel=Channel.GROUP), Objection.PERSONAL_IN_PUBLIC),
        (draft(words=words(text=" \n")), Objection.EMPTY),
    ],
)  # fmt: skip
def test_each_single_fault_is_named(given: Draft, objection: Objection) -> None:
    assert objection in against(given)


@pytest.mark.parametrize(
    "given",
    [
        draft(words=words(licence="wealth")),
        draft(words=words(valid_from=TODAY, valid_until=TODAY)),
        draft(words=words(tiers=frozenset({"mid", "high"}))),
        draft(
            recipients=(recipient(personas=frozenset({"股市", "读书"})),),
            words=words(personas=frozenset({"股市"})),
        ),
        draft(words=words(allow_list=frozenset({42}))),
    ],
)
def test_just_inside_each_edge_nothing_is_said(given: Draft) -> None:
    assert against(given) == set()


def test_all_objections_come_at_once_and_in_their_order() -> None:
    given = draft(
        sender=Sender("x", False),
        recipients=(
            recipient(age=70, risk_level=1, consents=frozenset(), suppressed=frozenset({"all"})),
        ),
        words=words(product_risk=4, approved_hash="b" * 64, text="保本 6217000010001234567"),
        counts=Counts(today=9, week=9, month=99, campaign=99),
    )
    found = decided(given).objections
    assert list(found) == [objection for objection in Objection if objection in found]
    assert len(found) >= 12
    assert decided(given).verdict == "block"


@pytest.mark.mission("C6")
@pytest.mark.parametrize(
    ("purpose_words", "suppressed", "solicited", "objections"),
    [
        (words(), "marketing", True, {Objection.OPTED_OUT}),
        (words(), "all", True, {Objection.OPTED_OUT}),
        (words(), "all", False, {Objection.OPTED_OUT, Objection.WANTS_SILENCE}),
        (care(), "marketing", False, {Objection.OPTED_OUT}),
        (care(), "marketing", True, set()),
        (care(), "all", False, {Objection.WANTS_SILENCE}),
        (service(), "marketing", False, set()),
        (service(), "all", False, {Objection.WANTS_SILENCE}),
        (service(), "all", True, set()),
        (words(personas=frozenset({"p"})), "personalised", False, {Objection.PERSONALISATION_OFF}),
        (words(), "personalised", False, set()),
    ],
)
def test_what_a_customer_refused_is_kept_from_them(
    purpose_words: object, suppressed: str, solicited: bool, objections: set[Objection]
) -> None:
    who = recipient(suppressed=frozenset({suppressed}), personas=frozenset({"p"}))
    given = draft(recipients=(who,), words=purpose_words, solicited=solicited)
    assert against(given) == objections


@pytest.mark.parametrize("given_words", [service(), care()])
def test_who_said_no_to_a_purpose_hears_of_it_only_when_they_ask(given_words: Words) -> None:
    who = recipient(refusals=frozenset({given_words.purpose.value}))
    assert against(draft(recipients=(who,), words=given_words)) == {Objection.PURPOSE_REFUSED}
    assert against(draft(recipients=(who,), words=given_words, solicited=True)) == set()
    other = recipient(refusals=frozenset({"personalised"}))
    assert against(draft(recipients=(other,), words=given_words)) == set()


@pytest.mark.mission("C6")
def test_who_said_no_to_profiling_is_addressed_as_nobody_s_persona() -> None:
    who = recipient(
        consents=frozenset({"marketing"}),
        refusals=frozenset({"profiling"}),
        personas=frozenset({"p"}),
    )
    chosen = words(personas=frozenset({"p"}))
    assert against(draft(recipients=(who,), words=chosen)) == {Objection.PERSONALISATION_OFF}
    assert against(draft(recipients=(who,), words=words())) == set()


def test_a_customer_without_consent_may_get_care_and_an_answer_but_no_advertisement() -> None:
    silent = recipient(consents=frozenset())
    assert against(draft(recipients=(silent,))) == {Objection.NO_CONSENT}
    assert against(draft(recipients=(silent,), words=care())) == set()
    assert against(draft(recipients=(silent,), solicited=True)) == set()


@pytest.mark.mission("E10")
@pytest.mark.parametrize(
    ("last_care_on", "refused"),
    [
        (TODAY, False),
        (TODAY - timedelta(days=30), False),
        (TODAY - timedelta(days=31), True),
        (None, True),
    ],
)
def test_a_sale_needs_care_first(last_care_on: date | None, refused: bool) -> None:
    who = recipient(last_care_on=last_care_on)
    assert against(draft(recipients=(who,))) == ({Objection.CARE_FIRST} if refused else set())
    assert against(draft(recipients=(who,), solicited=True)) == set()
    assert against(draft(recipients=(who,), words=care())) == set()


@pytest.mark.parametrize(
    ("counts", "objection"),
    [
        (Counts(), None),
        (Counts(today=1), Objection.CAP_DAY),
        (Counts(week=2), None),
        (Counts(week=3), Objection.CAP_WEEK),
        (Counts(month=5), None),
        (Counts(month=6), Objection.CAP_MONTH),
        (Counts(campaign=3), Objection.CAP_CAMPAIGN),
        (Counts(group_today=9), None),
    ],
)
def test_caps_of_marketing(counts: Counts, objection: Objection | None) -> None:
    found = against(draft(counts=counts))
    assert found == (set() if objection is None else {objection})
    assert against(draft(counts=counts, solicited=True)) == set()


def test_an_elder_hears_of_products_twice_a_week_at_most() -> None:
    elder = recipient(age=62)
    assert against(draft(recipients=(elder,), counts=Counts(week=1))) == set()
    assert against(draft(recipients=(elder,), counts=Counts(week=2))) == {Objection.CAP_WEEK}


def test_a_group_is_counted_by_itself() -> None:
    given = draft(channel=Channel.GROUP, counts=Counts(today=9, week=9, month=99))
    assert against(given) == set()
    full = replace(given, counts=Counts(group_today=1))
    assert against(full) == {Objection.CAP_GROUP}


def test_the_caps_of_service_are_its_own() -> None:
    assert against(draft(words=service(), counts=Counts(today=2, week=6))) == set()
    assert against(draft(words=service(), counts=Counts(today=3))) == {Objection.CAP_DAY}


def test_a_staff_note_is_read_by_staff_and_needs_no_consent() -> None:
    note = draft(
        channel=Channel.STAFF_NOTE,
        recipients=(Recipient(None),),
        words=words(text="今天有 3 位客户到期", state="draft"),
    )
    assert against(note) == set()
    long = replace(note, words=words(text="好" * 683))
    assert against(long) == {Objection.TOO_LONG}


def test_every_objection_says_why_and_the_way_on_and_has_its_heading() -> None:
    headings = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [*ERRORS.glob("errors.d/*.md"), *ERRORS.glob("errors.md")]
    )
    assert len(BY_CODE) == len(Objection)
    for objection in Objection:
        assert objection.saying.count("。") >= 2 or objection is Objection.EMPTY
        assert f"## {objection.code}" in headings, objection


@pytest.mark.mission("F8")
def test_an_exclusive_item_is_for_the_entitled_tier_alone() -> None:
    exclusive = words(tiers=frozenset({"私行"}))
    for tier, refused in (("私行", False), ("高端", True), ("", True)):
        found = against(draft(recipients=(recipient(tier=tier),), words=exclusive))
        assert found == ({Objection.TIER_NOT_ADDRESSED} if refused else set())


@pytest.mark.mission("F7")
def test_an_r4_item_is_refused_for_an_elder_of_whatever_rating() -> None:
    elder = recipient(age=68, risk_level=5, personas=frozenset({"老年"}))
    found = against(draft(recipients=(elder,), words=words(product_risk=4)))
    assert found == {Objection.ELDER_CEILING}


def test_the_policy_has_a_digest_that_changes_with_it() -> None:
    assert POLICY.version == POLICY.with_hosts("bank.example").version
    assert POLICY.version != POLICY.with_hosts("other.example").version
