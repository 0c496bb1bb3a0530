"""What screening promises to the people who write, and to those who review."""

import random
import time
from pathlib import Path

import pytest

from compliance.screening import Screener, Speaker
from compliance.screening.learn import LESSONS, digest
from compliance.screening.measure import (
    by_rules,
    counts_of_keywords,
    keyword_verdict,
    measure,
    read,
)
from compliance.screening.phrasing import FILE
from compliance.screening.rulebook import DEFAULT_PATH

OWN = Path(__file__).parents[3] / "data" / "screening" / "own.jsonl"

CHAT = [
    "李先生您好，您的理财下周三到期，要不要我帮您看看？", "好的，明天上午十点我到网点",
    "王姐，周末咱们网点有包粽子活动，带孩子来玩呀", "收到，谢谢", "这个月的账单我看到了，已经还了",
    "您的卡片已经寄出，大概三天到", "请问你们周六上班吗？", "早上好！今天降温，多穿点",
    "可以的，您带上身份证就行，柜台办理大约十分钟", "三年期大额存单利率我发您看看，以公示为准",
]  # fmt: skip


def test_the_bars_hold_on_our_own_unlearned_lines(screener: Screener) -> None:
    lines = read(OWN)
    assert len(lines) >= 300
    counts = measure(lines, by_rules(screener))["all"]
    assert counts.precision >= 0.92
    assert counts.recall >= 0.88
    assert counts.evasion_recall >= 0.70
    assert counts.near_miss_rate <= 0.06
    assert counts.blocked_clean_rate <= 0.02


def test_screening_beats_a_list_of_keywords_by_far(screener: Screener) -> None:
    lines = read(OWN)
    ours = measure(lines, by_rules(screener))["all"]
    words = measure(lines, lambda line: (keyword_verdict(line["text"]), ()))["all"]
    assert ours.recall > 2 * words.recall
    assert ours.precision > words.precision
    assert ours.near_miss_rate < words.near_miss_rate / 2
    assert "words" in counts_of_keywords(lines)


def test_no_line_that_judges_us_was_learned() -> None:
    learned = {line["text"] for line in read(DEFAULT_PATH / LESSONS)}
    assert not learned & {line["text"] for line in read(OWN)}


def test_the_learned_table_belongs_to_the_lessons_beside_it() -> None:
    first = (DEFAULT_PATH / FILE).read_text("utf-8").split("\n", 1)[0]
    assert first == f"# learned from {digest(DEFAULT_PATH / LESSONS)}"


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        (
            "近期我行推出了新产品，可以给您带来的预期收益为3.9%，如需购买请到网点之前联系我",
            "R-YLD-03",
        ),
        ("好的，可否留您的QQ邮箱或私人微信，我把产品的详细介绍发送给您", "R-MON-03"),
        ("好的，可否留您的QQ邮箱或微信等联系方式，我把产品介绍发给您参考", "R-MON-03"),
        (
            "现在存定期利率低了很多，物价又一直涨，您做点理财或基金定投，可以提升您的存款",
            "R-YLD-02",
        ),
        ("您看现在存定期利率低了很多，这款理财比存款划算，收益高一倍", "R-YLD-02"),
    ],
)
def test_scripts_of_the_old_school_are_refused_with_a_better_wording(
    screener: Screener, script: str, rule: str
) -> None:
    verdict = screener.screen(script, speaker="content", product="wealth")
    assert verdict.verdict != "pass"
    assert rule in {hit.rule for hit in verdict.hits}
    assert verdict.rewrite is not None
    assert screener.screen(verdict.rewrite, speaker="content", product="wealth").verdict == "pass"


def test_a_hit_explains_itself(screener: Screener) -> None:
    text = "姐，这期是保本的"
    hit = screener.screen(text, speaker="manager").hits[0]
    assert (hit.rule, hit.text, text[hit.start : hit.end]) == ("R-YLD-01", "保本", "保本")
    assert "承诺" in hit.reason
    assert "广告法" in hit.law
    assert len(hit.rewrites) >= 2


def test_a_wish_to_be_left_alone_is_a_warning_that_passes(screener: Screener) -> None:
    verdict = screener.screen("别再给我发产品了", speaker="customer")
    assert verdict.verdict == "pass"
    assert [(hit.rule, hit.severity) for hit in verdict.hits] == [("R-OPT-01", "warn")]


def test_calm_words_around_a_red_sentence_do_not_hide_it(screener: Screener) -> None:
    calm = "您好，这周六上午九点有亲子读书会，欢迎带孩子来，名额以报名为准。"
    red = "五万先转我卡上，我统一给您买进去。"
    assert screener.screen(calm + red + calm, speaker="manager").verdict == "block"


def test_what_two_rules_call_a_promise_is_stopped_however_calm_it_sounds(
    screener: Screener,
) -> None:
    said = screener.screen("这款产品保本保息，绝对不会亏。", speaker="content")
    assert said.verdict == "block"
    assert {hit.rule for hit in said.hits} == {"R-YLD-01", "R-YLD-06"}


def test_paraphrase_without_a_red_word_asks_for_a_person(screener: Screener) -> None:
    text = "真有个三长两短，缺口行长想办法填"
    verdict = screener.screen(text, speaker="manager", product="wealth")
    assert verdict.verdict != "pass"
    assert all(text[hit.start : hit.end] == hit.text for hit in verdict.hits)


def test_a_deposit_may_be_called_what_it_is(screener: Screener) -> None:
    text = "定期存款保本保息，利率以柜台公示为准"
    assert screener.screen(text, speaker="manager", product="deposit").verdict == "pass"


def test_the_same_words_weigh_by_who_says_them(screener: Screener) -> None:
    text = "这个保本吗？"
    assert screener.screen(text, speaker="customer").verdict == "pass"


def test_many_are_judged_like_one_by_one(screener: Screener) -> None:
    texts: list[tuple[str, Speaker, str | None]] = [(text, "manager", None) for text in CHAT]
    alone = [screener.screen(text, speaker="manager") for text in CHAT]
    assert screener.screen_many(texts) == alone


def test_ordinary_chat_is_left_alone(screener: Screener) -> None:
    assert [t for t in CHAT if screener.screen(t, speaker="manager").verdict != "pass"] == []


def test_screening_keeps_up_with_a_bank(screener: Screener) -> None:
    """At least 1,500 messages a second of CPU time even on a busy machine; the aim is 10,000."""
    chance = random.Random(5)
    red = ["姐，这期是保本的，闭着眼放就行", "一会儿收到六位数字念给我，我帮您弄"]
    texts = [chance.choice(red if chance.random() < 0.05 else CHAT) for _ in range(3000)]
    screener.screen_many([(text, "manager", None) for text in texts[:200]])
    begun = time.process_time()
    screener.screen_many([(text, "manager", None) for text in texts])
    assert len(texts) / (time.process_time() - begun) > 1500


HOSTILE = [
    "保本" * 2000, "我" * 4000, "亏" * 4000, "1" * 4000, "1 " * 2000, "保\u200b" * 2000, "保.本." * 1000,
    "baoben" * 660, "转我卡亏了我补密码给我" * 360, "(" * 4000, "一二三四五六七八九十" * 400, "💰" * 4000,
    "在网点办理业务请带好身份证，谢谢配合。" * 210, "x保x本" * 1000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_four_thousand_characters_take_no_noticeable_time(screener: Screener, text: str) -> None:
    """The aim is 20 ms; the bound is loose because the machine may be shared."""
    screener.screen(text, speaker="manager")
    begun = time.process_time()
    screener.screen(text, speaker="manager")
    assert time.process_time() - begun < 0.25


def test_a_red_sentence_deep_in_a_long_text_is_found(screener: Screener) -> None:
    calm = "在网点办理业务请带好身份证，谢谢配合。" * 40
    text = calm + "这期是保本的，闭着眼放就行。" + calm
    verdict = screener.screen(text, speaker="manager")
    assert verdict.verdict == "block"
    assert text[verdict.hits[0].start : verdict.hits[0].end] == verdict.hits[0].text
