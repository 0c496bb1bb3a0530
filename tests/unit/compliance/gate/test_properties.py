"""Promises of the gate that hold for every customer, script and moment."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from compliance.facts import Channel, Counts, Draft, Purpose, Recipient, Sender, Words
from compliance.objections import Objection
from kit.clock import BANK_TIME
from tests.unit.compliance.gate.given import WEALTH_TEXT, against

DAY = date(2026, 11, 24)
dates = st.none() | st.dates(DAY - timedelta(days=800), DAY)
purposes = frozenset({"service", "care", "marketing", "profiling", "archive"})
moments = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 — the strategy adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(BANK_TIME),
)
recipients = st.builds(
    Recipient,
    customer_id=st.none() | st.integers(1, 5),
    age=st.none() | st.integers(0, 100),
    risk_level=st.none() | st.integers(1, 5),
    risk_assessed_on=dates,
    tier=st.sampled_from(["", "mid", "high"]),
    personas=st.frozensets(st.sampled_from(["老年", "股市", "读书"])),
    consents=st.frozensets(st.sampled_from(sorted(purposes))),
    suppressed=st.frozensets(st.sampled_from(["marketing", "all", "personalised"])),
    complaint_open=st.booleans(),
    last_care_on=dates,
)
scripts = st.builds(
    Words,
    script_code=st.just("s"),
    version=st.just(1),
    text=st.sampled_from([WEALTH_TEXT, "您好，今天降温。", "这款保本"]),
    template_hash=st.just("a"),
    approved_hash=st.sampled_from(["a", "b", None]),
    state=st.sampled_from(["approved", "retired"]),
    purpose=st.sampled_from(Purpose),
    valid_from=dates,
    valid_until=dates,
    product_kind=st.sampled_from([None, "deposit", "wealth", "fund"]),
    product_risk=st.none() | st.integers(1, 5),
    product_private=st.booleans(),
    product_on_sale=st.booleans(),
    tiers=st.frozensets(st.sampled_from(["mid", "high"])),
    personas=st.frozensets(st.sampled_from(["老年", "股市"])),
    allow_list=st.none() | st.frozensets(st.integers(1, 5)),
    licence=st.none() | st.just("fund"),
    has_personal_fields=st.booleans(),
)
drafts = st.builds(
    Draft,
    key=st.just("k"),
    channel=st.sampled_from([channel for channel in Channel if channel is not Channel.STAFF_NOTE]),
    recipients=st.lists(recipients, min_size=1, max_size=4).map(tuple),
    words=scripts,
    sender=st.none() | st.builds(Sender, st.just("x"), st.booleans(), st.just(frozenset({"fund"}))),
    solicited=st.booleans(),
    counts=st.none() | st.builds(Counts, *[st.integers(0, 8)] * 5),
)


def _with(draft: Draft, **changes: object) -> Draft:
    """The draft with every recipient changed."""
    return structs.replace(
        draft,
        recipients=tuple(structs.replace(one, **changes) for one in draft.recipients),
    )


@settings(max_examples=150, deadline=None)
@given(drafts, moments, st.frozensets(st.sampled_from(sorted(purposes))))
def test_more_consents_never_add_an_objection(
    draft: Draft, at: datetime, more: frozenset[str]
) -> None:
    richer = structs.replace(
        draft,
        recipients=tuple(
            structs.replace(one, consents=one.consents | more) for one in draft.recipients
        ),
    )
    assert against(richer, at=at) <= against(draft, at=at)


@settings(max_examples=150, deadline=None)
@given(drafts, moments, st.integers(0, 900))
def test_a_later_assessment_never_adds_an_objection(draft: Draft, at: datetime, days: int) -> None:
    later = structs.replace(
        draft,
        recipients=tuple(
            structs.replace(
                one, risk_assessed_on=(one.risk_assessed_on or DAY) + timedelta(days=days)
            )
            for one in draft.recipients
        ),
    )
    assert against(later, at=at) <= against(draft, at=at)


@pytest.mark.mission("D10")
@settings(max_examples=150, deadline=None)
@given(drafts, moments, st.integers(65, 110), st.integers(3, 5))
def test_nobody_of_65_is_ever_shown_more_than_r2(
    draft: Draft, at: datetime, age: int, risk: int
) -> None:
    words = structs.replace(draft.words, product_kind="wealth", product_risk=risk)
    shown = _with(
        structs.replace(draft, words=words), age=age, risk_level=5, risk_assessed_on=at.date()
    )
    if words.purpose is not Purpose.SERVICE:
        assert Objection.ELDER_CEILING in against(shown, at=at)


@settings(max_examples=150, deadline=None)
@given(drafts, moments)
def test_a_groups_verdict_is_that_of_its_worst_member(draft: Draft, at: datetime) -> None:
    alone = [against(structs.replace(draft, recipients=(one,)), at=at) for one in draft.recipients]
    assert against(draft, at=at) == set().union(*alone)


@pytest.mark.mission("C6")
@settings(max_examples=150, deadline=None)
@given(drafts, moments, st.sampled_from(["marketing", "all"]))
def test_nobody_who_opted_out_is_ever_sold_anything(draft: Draft, at: datetime, scope: str) -> None:
    selling = structs.replace(draft, words=structs.replace(draft.words, purpose=Purpose.MARKETING))
    worst = structs.replace(selling.recipients[0], suppressed=frozenset({scope}))
    refused = structs.replace(selling, recipients=(worst, *selling.recipients[1:]))
    assert Objection.OPTED_OUT in against(refused, at=at)


@settings(max_examples=150, deadline=None)
@given(drafts, moments, st.integers(0, 5))
def test_a_higher_product_risk_never_removes_an_objection(
    draft: Draft, at: datetime, risk: int
) -> None:
    kind = draft.words.product_kind or "wealth"
    lower = structs.replace(
        draft, words=structs.replace(draft.words, product_kind=kind, product_risk=risk)
    )
    higher = structs.replace(
        lower, words=structs.replace(lower.words, product_risk=min(5, risk + 1))
    )
    assert against(lower, at=at) <= against(higher, at=at)


@settings(max_examples=150, deadline=None)
@given(drafts, moments)
def test_what_was_not_approved_as_it_stands_never_goes(draft: Draft, at: datetime) -> None:
    words = draft.words
    if words.state != "approved" or words.approved_hash != words.template_hash:
        assert against(draft, at=at) & {Objection.NOT_APPROVED, Objection.CHANGED_SINCE_APPROVAL}


@settings(max_examples=150, deadline=None)
@given(drafts, moments, st.sampled_from([Channel.GROUP, Channel.BROADCAST, Channel.MOMENT]))
def test_nothing_personal_or_private_is_ever_public(
    draft: Draft, at: datetime, channel: Channel
) -> None:
    words = structs.replace(
        draft.words, product_kind="wealth", product_private=True, has_personal_fields=True
    )
    found = against(structs.replace(draft, channel=channel, words=words), at=at)
    assert {Objection.PRIVATE_PRODUCT, Objection.PERSONAL_IN_PUBLIC} <= found
