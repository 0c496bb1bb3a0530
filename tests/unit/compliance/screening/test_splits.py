"""A promise broken into several messages is read whole, and nothing is reported twice."""

from datetime import UTC, datetime, timedelta

import pytest

from compliance.screening import Screener, Speaker
from compliance.screening.splits import LONGEST_JOIN, Join, Said, SplitPolicy, across

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def _across(
    screener: Screener,
    *texts: str,
    minutes: float = 1,
    speaker: Speaker = "manager",
    policy: SplitPolicy | None = None,
) -> Join:
    said = [Said(text, AT + timedelta(minutes=minutes * i)) for i, text in enumerate(texts)]
    return across(screener, said[:-1], said[-1], speaker=speaker, product="wealth", policy=policy)


@pytest.mark.mission("I6")
@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        (("这款产品肯定保", "本，您放心拿着"), "R-YLD-01"),
        (("刚", "性兑", "付，没问题的"), "R-YLD-01"),
        (("要是亏了，", "我自己掏钱补给您"), "R-YLD-07"),
        (("您的登录密", "码微信发我就行"), "R-MON-02"),
    ],
)
def test_words_split_over_messages_are_found_in_the_last_one(
    screener: Screener, texts: tuple[str, ...], rule: str
) -> None:
    join = _across(screener, *texts)
    assert rule in {hit.rule for hit in join.hits}
    assert join.earlier == len(texts) - 1
    for start, end in join.spans:
        assert start == 0
        assert 0 < end <= len(texts[-1])


def test_what_one_message_says_alone_is_not_reported_again(screener: Screener) -> None:
    assert _across(screener, "这款保本保息", "您明天过来吧").hits == ()
    assert "R-YLD-01" not in {hit.rule for hit in _across(screener, "肯定保", "本，保本的").hits}


def test_messages_far_apart_or_too_many_back_are_not_joined(screener: Screener) -> None:
    assert _across(screener, "这款产品肯定保", "本，您放心拿着", minutes=11).hits == ()
    assert _across(screener, "刚", "性", "兑", "付，没问题的").hits == ()
    wide = SplitPolicy(messages=4)
    assert _across(screener, "刚", "性", "兑", "付，没问题的", policy=wide).hits
    alone = SplitPolicy(messages=1)
    assert _across(screener, "这款产品肯定保", "本，您放心拿着", policy=alone).hits == ()


def test_ordinary_talk_in_pieces_stays_ordinary(screener: Screener) -> None:
    assert _across(screener, "您好", "明天上午十点", "我在网点等您").hits == ()
    assert _across(screener, "在吗", "卡到期了怎么办", speaker="customer").hits == ()


def test_long_messages_are_no_pieces_of_a_word(screener: Screener) -> None:
    assert _across(screener, "好" * LONGEST_JOIN + "肯定保", "本，放心").hits == ()


def test_a_customer_is_never_blocked_by_a_join(screener: Screener) -> None:
    join = _across(screener, "我把验证码", "发给你了，482913", speaker="customer")
    assert all(hit.severity != "block" for hit in join.hits)
