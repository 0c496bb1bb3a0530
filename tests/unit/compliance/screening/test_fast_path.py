"""The engine says what screening without any haste says, whatever the text."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.screening import SPEAKERS, Screener, Speaker
from compliance.screening.folding import clean
from compliance.screening.words import cut
from tests.unit.compliance.screening.slow_path import SlowScreener, slow_clean, slow_cut

ROOT = Path(__file__).resolve().parents[4]
CORPORA = sorted((ROOT / "tests/data/screening").glob("*.jsonl"))
CHAT = (ROOT / "bench/ordinary_chat.txt").read_text("utf-8").splitlines()
PRODUCTS = [None, "wealth", "deposit", "fund", "insurance", "card", "loan", "metal"]
PIECES = [
    "保本", "保息", "保\u200b本", "宝本", "baoben", "b保b本b", "(保)(本)", "保、本、保、息", "亻呆本", "不", "别", "吗？", "亏",
    "赔", "我补", "转我", "转我卡上", "五万", "3.5%", "600519", "买", "密码", "验证码", "发我", "您", "你", "客户说", "收益",
    "理财", "存款", "，", "。", "\n", " ", "💰", "①", "Ａ", "手艺", "报本", "6222021234567890123", "13812345678", "1 3 8",
    "在网点办理业务请带好身份证", "谢谢您的夸奖", "投诉", "骗", "傻", "年化", "最高", "没有风险", "的", "我们行里不会",
]  # fmt: skip
TALK = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=40).map("".join)


@pytest.fixture(scope="module")
def slow(screener: Screener) -> SlowScreener:
    return SlowScreener(screener.rulebook)


@pytest.mark.parametrize("path", CORPORA, ids=lambda path: path.stem)
def test_every_line_of_the_corpora_is_judged_as_without_haste(
    screener: Screener, slow: SlowScreener, path: Path
) -> None:
    for entry in map(json.loads, path.read_text("utf-8").splitlines()):
        text, product = entry["text"], entry.get("product")
        speaker: Speaker = entry.get("speaker", "manager")
        fast = screener.screen(text, speaker=speaker, product=product)
        assert fast == slow.screen(text, speaker=speaker, product=product), text


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_ordinary_chat_is_judged_as_without_haste(
    screener: Screener, slow: SlowScreener, speaker: Speaker
) -> None:
    for text in CHAT:
        assert screener.screen(text, speaker=speaker) == slow.screen(text, speaker=speaker), text


@given(TALK, st.sampled_from(SPEAKERS), st.sampled_from(PRODUCTS))
@settings(max_examples=150, deadline=None)
def test_any_talk_is_judged_as_without_haste(
    screener: Screener, slow: SlowScreener, text: str, speaker: Speaker, product: str | None
) -> None:
    fast = screener.screen(text, speaker=speaker, product=product)
    assert fast == slow.screen(text, speaker=speaker, product=product)


@given(TALK)
@settings(max_examples=100, deadline=None)
def test_any_text_is_folded_and_cut_as_without_haste(text: str) -> None:
    quick, slow = clean(text), slow_clean(text)
    assert quick.text == slow.text
    for at in range(len(quick.text)):
        assert quick.span(at, at + 1) == slow.span(at, at + 1)
    assert cut(quick.text) == slow_cut(quick.text)


@pytest.mark.parametrize("text", ["这款产品(保)(本)，您放心", "这款产品，保、本、保、息，您放心"])
def test_marks_that_ordinary_talk_has_too_hide_nothing(screener: Screener, text: str) -> None:
    assert screener.screen(text, speaker="manager").verdict == "block"
