"""Two features never both speak to one customer on one day, and the loser names its winner."""

import random
from datetime import UTC, date, datetime

import pytest

from compliance.facts import Channel, Purpose
from config import reminder_policy
from crm_sync.facts import CustomerFact
from delivery.intents import Intent
from delivery.merging import Voice, outranked
from delivery.quota import campaign_family

MERGE = reminder_policy.load().merge
DAY = date(2026, 11, 25)


def intent(
    key: str,
    purpose: Purpose,
    *,
    customer_id: int = 1,
    campaign: str = "",
    priority: int = 50,
    channel: Channel = Channel.TODO,
    words: int | None = 1,
) -> Intent:
    who = CustomerFact(
        customer_id, f"C{customer_id}", None, "", None, "0101", None, None, "", None, (), "limin"
    )
    return Intent(
        key=key,
        trigger=key.partition(":")[0],
        channel=channel,
        purpose=purpose,
        customer=who,
        reach=None,
        script_version_id=words,
        fields={},
        title="",
        why="",
        due_on=DAY,
        expires_at=datetime(2026, 11, 25, 13, tzinfo=UTC),
        campaign=campaign,
        priority=priority,
    )


LOAN = intent("loan.due:1", Purpose.SERVICE, priority=10)
CARD = intent("card.expiry:1", Purpose.SERVICE, priority=30)
OPEN = intent("product.open:1", Purpose.SERVICE, priority=40)
BIRTHDAY = intent("birthday:1", Purpose.CARE)
SPRING = intent("cmp.spring:1", Purpose.MARKETING, campaign="spring")
AUTUMN = intent("cmp.autumn:1", Purpose.MARKETING, campaign="autumn", priority=60)


def test_service_goes_before_care_and_care_before_sale() -> None:
    assert outranked([SPRING, BIRTHDAY, LOAN], {}, MERGE) == {
        BIRTHDAY.key: LOAN.key,
        SPRING.key: LOAN.key,
    }
    assert outranked([SPRING, BIRTHDAY], {}, MERGE) == {SPRING.key: BIRTHDAY.key}


def test_two_campaigns_never_both_speak() -> None:
    assert outranked([AUTUMN, SPRING], {}, MERGE) == {AUTUMN.key: SPRING.key}


def test_two_services_are_both_said_and_a_third_is_not() -> None:
    assert outranked([OPEN, CARD, LOAN], {}, MERGE) == {OPEN.key: LOAN.key}


def test_what_was_kept_earlier_stands_and_does_not_hold_back_what_is_more_urgent() -> None:
    said = {1: [Voice(BIRTHDAY.key, "care", "")]}
    assert outranked([BIRTHDAY, SPRING], said, MERGE) == {SPRING.key: BIRTHDAY.key}
    assert outranked([LOAN, BIRTHDAY], said, MERGE) == {}
    spring = {1: [Voice(SPRING.key, "marketing", campaign_family("spring"))]}
    assert outranked([AUTUMN], spring, MERGE) == {AUTUMN.key: SPRING.key}


def test_a_task_without_words_and_a_moment_silence_nobody_and_are_never_silenced() -> None:
    silent = intent("outflow:1", Purpose.CARE, words=None)
    moment = intent("moment:1", Purpose.MARKETING, channel=Channel.MOMENT)
    assert outranked([silent, moment, LOAN], {}, MERGE) == {}
    assert outranked([silent, moment, SPRING], {}, MERGE) == {}


def test_the_policy_may_let_every_feature_speak() -> None:
    wide = MERGE.model_copy(update={"one_voice": False})
    assert outranked([SPRING, BIRTHDAY, LOAN], {}, wide) == {}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_submitted_in_whatever_order_one_purpose_and_one_campaign_speak(
    seed: int,
) -> None:
    chance = random.Random(seed)
    every = [
        intent(
            f"t{number}:{customer}",
            purpose := chance.choice(list(Purpose)),
            customer_id=customer,
            campaign=chance.choice(["", "a", "b"]) if purpose is Purpose.MARKETING else "",
            priority=chance.randrange(5),
        )
        for customer in range(10)
        for number in range(chance.randrange(1, 8))
    ]
    lost = outranked(every, {}, MERGE)
    chance.shuffle(every)
    assert outranked(every, {}, MERGE) == lost
    for customer in range(10):
        mine = [one for one in every if one.customer.customer_id == customer]
        speak = [one for one in mine if one.key not in lost]
        assert len({(one.purpose, one.campaign) for one in speak}) == 1
        assert len(speak) <= MERGE.most_per_day[speak[0].purpose.value]
        best = min(MERGE.order.index(one.purpose.value) for one in mine)
        assert MERGE.order.index(speak[0].purpose.value) == best
        assert {lost[one.key] for one in mine if one.key in lost} <= {one.key for one in speak}


@pytest.mark.mission("E10")
@pytest.mark.parametrize("seed", range(20))
def test_cut_into_batches_by_purpose_and_priority_the_day_says_the_same_as_at_once(
    seed: int,
) -> None:
    """As ``submit_day`` does it: what was kept stands, and nothing of another kind follows."""
    chance = random.Random(seed)
    every = [
        intent(
            f"feature{number % 4}:{customer}:{number}",
            purpose := chance.choice(list(Purpose)),
            customer_id=customer,
            campaign=chance.choice(["", "a", "b"]) if purpose is Purpose.MARKETING else "",
            priority=number % 4,
        )
        for customer in range(10)
        for number in range(chance.randrange(1, 8))
    ]
    order = {purpose: place for place, purpose in enumerate(MERGE.order)}
    queue = sorted(every, key=lambda one: (order[one.purpose.value], one.priority, one.key))
    said: dict[int, list[Voice]] = {}
    lost: dict[str, str] = {}
    while queue:
        size = chance.randrange(1, 6)
        batch, queue = queue[:size], queue[size:]
        lost |= outranked(batch, said, MERGE)
        for one in batch:
            if one.key not in lost:
                voice = Voice(one.key, one.purpose.value, campaign_family(one.campaign))
                said.setdefault(one.customer.customer_id, []).append(voice)
    assert lost.keys() == outranked(every, {}, MERGE).keys()
    most = {str(purpose): many for purpose, many in MERGE.most_per_day.items()}
    for spoken in said.values():
        assert len({(one.purpose, one.campaign) for one in spoken}) == 1
        assert len(spoken) <= most[spoken[0].purpose]
