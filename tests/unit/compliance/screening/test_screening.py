"""What screening promises to the people who write, and to those who review."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import hostile
from bench.screening import chat, longest, suspicious
from compliance.screening import Screener, Speaker
from compliance.screening.batch import screen_lines
from compliance.screening.learn import LESSONS, digest, learned
from compliance.screening.measure import (
    HEADING,
    by_rules,
    counts_of_keywords,
    keyword_verdict,
    measure,
    read,
)
from compliance.screening.phrasing import FILE
from compliance.screening.rulebook import DEFAULT_PATH

DATA = Path(__file__).parents[3] / "data" / "screening"
OWN = DATA / "own.jsonl"
SCRIPTS = DATA / "scripts_2019.jsonl"
HELD_OUT = (DATA / "first.jsonl", DATA / "second.jsonl")

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


def test_what_holds_on_lines_by_separate_hands(
    screener: Screener, capsys: pytest.CaptureFixture[str]
) -> None:
    """Precision, recall, evasions and what is blocked keep their bars; near-misses (bar 0.04) do
    not yet, and may not get worse."""
    lines = [line for file in HELD_OUT for line in read(file)]
    notes = [line["note"] or "" for line in lines]
    assert sum(note.startswith("evasion") for note in notes) >= 150
    assert sum(note.startswith("near-miss") for note in notes) >= 200
    counted = measure(lines, by_rules(screener))
    with capsys.disabled():
        print(HEADING, *(counts.row(name) for name, counts in counted.items()), sep="\n")  # noqa: T201
    counts = counted["all"]
    assert counts.recall >= 0.88
    assert counts.evasion_recall >= 0.80
    assert counts.blocked_clean_rate <= 0.01
    assert counts.precision >= 0.92
    assert counts.near_miss_rate <= 0.11
    assert counted["customer"].blocked_clean_rate == 0
    words = measure(lines, lambda line: (keyword_verdict(line["text"]), ()))["all"]
    assert counts.recall > 5 * words.recall
    assert counts.near_miss_rate < words.near_miss_rate


def test_screening_beats_a_list_of_keywords_by_far(screener: Screener) -> None:
    lines = read(OWN)
    ours = measure(lines, by_rules(screener))["all"]
    words = measure(lines, lambda line: (keyword_verdict(line["text"]), ()))["all"]
    assert ours.recall > 2 * words.recall
    assert ours.precision > words.precision
    assert ours.near_miss_rate < words.near_miss_rate / 2
    assert "words" in counts_of_keywords(lines)


def test_no_line_that_judges_us_was_learned() -> None:
    lessons = {line["text"] for line in read(DEFAULT_PATH / LESSONS)}
    for file in (OWN, SCRIPTS, *HELD_OUT):
        assert not lessons & {line["text"] for line in read(file)}


@pytest.mark.slow
def test_the_same_lessons_give_the_same_table() -> None:
    assert learned() == (DEFAULT_PATH / FILE).read_text("utf-8")


def test_the_learned_table_belongs_to_the_lessons_beside_it() -> None:
    first = (DEFAULT_PATH / FILE).read_text("utf-8").split("\n", 1)[0]
    assert first == f"# learned from {digest(DEFAULT_PATH / LESSONS)}"


@pytest.mark.mission("F3")
@pytest.mark.parametrize("speaker", ["content", "manager"])
def test_raw_scripts_of_the_old_school_are_refused_with_rules_and_a_better_wording(
    screener: Screener, speaker: Speaker
) -> None:
    scripts = read(SCRIPTS)
    lines = [json.dumps({**script, "speaker": speaker}) for script in scripts]
    answers = list(screen_lines(lines, screener))
    assert len(answers) == len(scripts) == 3
    for script, answer in zip(scripts, answers, strict=True):
        assert answer["verdict"] in {"review", "block"}, script["id"]
        assert script["rule"] in {hit["rule"] for hit in answer["hits"]}, script["id"]
        for hit in answer["hits"]:
            assert len(hit["rewrites"]) >= 2
            for better in hit["rewrites"]:
                again = screener.screen(better, speaker=speaker, product="wealth")
                assert again.verdict == "pass", (hit["rule"], better)


def test_a_hit_explains_itself(screener: Screener) -> None:
    text = "姐，这期是保本的"
    hit = screener.screen(text, speaker="manager").hits[0]
    assert (hit.rule, hit.text, text[hit.start : hit.end]) == ("R-YLD-01", "是保本的", "是保本的")
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
    """Within 60 times the bare scan of the same words; the bench says how near 10,000/s it is."""
    chance = random.Random(5)
    ordinary, red = chat(), suspicious(screener.rulebook)
    texts = [chance.choice(red if chance.random() < 0.05 else ordinary) for _ in range(1500)]
    screener.screen_many(texts[:300])
    bare = min(_spent(lambda: [screener.bare_scan(text) for text, _, _ in texts]) for _ in range(3))
    whole = min(_spent(lambda: screener.screen_many(texts)) for _ in range(3))
    assert whole < 60 * bare


def _spent(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


@pytest.mark.parametrize("name", sorted(hostile.texts()))
def test_four_thousand_characters_take_no_noticeable_time(screener: Screener, name: str) -> None:
    """The aim is 20 ms; the bound is loose because the machine may be shared."""
    text = hostile.texts()[name]
    screener.screen(text, speaker="manager")
    assert longest(screener, text) < 100


def test_a_red_sentence_deep_in_a_long_text_is_found(screener: Screener) -> None:
    calm = "在网点办理业务请带好身份证，谢谢配合。" * 40
    text = calm + "这期是保本的，闭着眼放就行。" + calm
    verdict = screener.screen(text, speaker="manager")
    assert verdict.verdict == "block"
    assert text[verdict.hits[0].start : verdict.hits[0].end] == verdict.hits[0].text


@pytest.mark.parametrize(
    "text",
    [
        "不保本。这款理财保本保息。",
        "不保本。不保本。不保本。这款理财保本保息。",
        "这款理财不保本。这款理财不保本。这款理财不保本。不过呢保本保息，稳赚不赔。",
        "这款理财不保本。" * 12 + "这款理财保本保息，稳赚不赔。",
    ],
)
def test_calm_words_before_a_promise_hide_nothing(screener: Screener, text: str) -> None:
    assert screener.screen(text, speaker="manager", product="wealth").verdict == "block"


def test_a_promise_with_nothing_to_take_it_back_is_never_let_through(screener: Screener) -> None:
    for text in ("阿姨您放心，这款基本就是保本的", "我们这个产品保本的，您放心"):
        assert screener.screen(text, speaker="manager").verdict == "block"
