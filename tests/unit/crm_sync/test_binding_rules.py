"""Who a contact is: one customer by all evidence, or a person decides."""

from hypothesis import given
from hypothesis import strategies as st

from crm_sync.rules.binding import (
    CONFIDENCE,
    IDENTIFYING,
    Evidence,
    Method,
    Reason,
    Situation,
    State,
    judge,
    judge_all,
)

methods = st.sampled_from([Method.UNIONID, Method.PHONE, Method.STATE])
evidence = st.builds(Evidence, st.integers(1, 3), methods)
customers = st.frozensets(st.integers(1, 3), max_size=3)
situations = st.builds(
    Situation,
    external_userid=st.just("wm-1"),
    bound_to=st.none() | st.integers(1, 3),
    evidence=st.lists(evidence, max_size=5).map(tuple),
    rejected=customers,
    taken=customers,
)


def _judged(*told: Evidence, **more: object) -> Situation:
    return Situation("wm-1", None, told, **more)  # type: ignore[arg-type]


def test_each_method_alone_confirms_with_its_confidence() -> None:
    for method, confidence in ((Method.UNIONID, 100), (Method.STATE, 95), (Method.PHONE, 90)):
        verdict = judge(_judged(Evidence(7, method)))
        assert (verdict.state, verdict.customer_id) == (State.CONFIRMED, 7)
        assert (verdict.method, verdict.confidence) == (method, confidence)


def test_evidence_that_agrees_counts_by_its_strongest() -> None:
    verdict = judge(_judged(Evidence(7, Method.PHONE), Evidence(7, Method.UNIONID)))
    assert verdict.method is Method.UNIONID
    assert [one.method for one in verdict.evidence] == [Method.UNIONID, Method.PHONE]


def test_a_phone_of_two_customers_is_a_conflict() -> None:
    verdict = judge(_judged(Evidence(1, Method.PHONE), Evidence(2, Method.PHONE)))
    assert (verdict.state, verdict.reason) == (State.CONFLICT, Reason.SEVERAL_CUSTOMERS)
    assert {one.customer_id for one in verdict.rivals} == {1, 2}


def test_even_a_unionid_does_not_outvote_a_rival_in_silence() -> None:
    verdict = judge(_judged(Evidence(1, Method.UNIONID), Evidence(2, Method.PHONE)))
    assert verdict.state is State.CONFLICT


def test_a_second_contact_of_a_customer_needs_a_word_unless_identified() -> None:
    by_phone = judge(_judged(Evidence(1, Method.PHONE), taken=frozenset({1})))
    assert (by_phone.state, by_phone.reason) == (State.CONFLICT, Reason.CUSTOMER_HAS_CONTACT)
    by_unionid = judge(_judged(Evidence(1, Method.UNIONID), taken=frozenset({1})))
    assert by_unionid.state is State.CONFIRMED


def test_two_contacts_with_one_customers_phone_wait_both() -> None:
    both = judge_all(
        Situation(name, None, (Evidence(1, Method.PHONE),)) for name in ("wm-1", "wm-2")
    )
    assert [one.state for one in both] == [State.CONFLICT, State.CONFLICT]


@given(situation=situations, seed=st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_does_not_matter(situation: Situation, seed: object) -> None:
    shuffled = list(situation.evidence)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Situation(
        situation.external_userid,
        situation.bound_to,
        tuple(shuffled),
        situation.rejected,
        situation.taken,
    )
    assert judge(situation) == judge(other)


@given(situation=situations)
def test_no_contact_is_bound_against_a_rival_or_a_persons_no(situation: Situation) -> None:
    verdict = judge(situation)
    if verdict.state is State.CONFIRMED:
        heard = [e for e in situation.evidence if e.customer_id not in situation.rejected]
        assert situation.bound_to is None
        assert {one.customer_id for one in heard} == {verdict.customer_id}
        assert verdict.customer_id not in situation.rejected
        assert verdict.method is not None
        assert verdict.confidence == max(CONFIDENCE[one.method] for one in heard)
        if verdict.customer_id in situation.taken:
            assert verdict.method in IDENTIFYING
    if verdict.state is State.NONE:
        heard = [e for e in situation.evidence if e.customer_id not in situation.rejected]
        assert all(one.customer_id == situation.bound_to for one in heard)


@given(situation=situations)
def test_disagreement_is_never_silent(situation: Situation) -> None:
    heard = {e.customer_id for e in situation.evidence} - situation.rejected
    if situation.bound_to is not None:
        heard = heard | {situation.bound_to}
    if len(heard) > 1:
        verdict = judge(situation)
        assert verdict.state is State.CONFLICT
        assert verdict.rivals
        assert verdict.customer_id == situation.bound_to
