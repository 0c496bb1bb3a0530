"""Whatever way a text is folded, every hit points back into what was really written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.screening import Screener, Speaker, folding
from compliance.screening.folding import clean, hidden_spans
from compliance.screening.views import View

NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from("保本息收益转我卡密码验证码宝包bao本。，！？ 1２③④➊百分之五点"),
        st.sampled_from("\u200b\u200d\u2060\ufeff\u0323\u20e3\ufe0f💰📒🈚亻呆ＢＡＯ𝙱ﬁ㎎İРИ"),
        st.characters(),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("保\u200d本", "保本"),
        ("剛性兌付", "刚性兑付"),
        ("５．６％", "5.6%"),
        ("①➊⑩", "1110"),
        ("𝙱𝙰𝙾", "bao"),
        ("保\u0323本", "保本"),
        ("8\u20e3\ufe0f", "8"),
        ("RISК", "risk"),
        ("㊙", "秘"),
    ],
)
def test_a_disguised_character_reads_as_what_is_meant(written: str, read: str) -> None:
    assert clean(written).text == read


def test_what_the_quick_look_passes_by_would_fold_to_itself() -> None:
    same, changing, _, foldable = folding._tables()
    missed = [
        char
        for char in map(chr, range(0x110000))
        if not foldable.search(char) and (char in changing or char.translate(same) != char)
    ]
    assert missed == []
    for wide, narrow in folding._PUNCTUATION:
        assert wide.translate(same) == narrow != wide


def test_a_span_of_the_folded_text_covers_what_was_dropped_inside() -> None:
    view = clean("买保\u200b\u200b本的")
    assert view.text == "买保本的"
    assert view.span(1, 3) == (1, 5)


@given(NASTY)
@settings(max_examples=150, deadline=None)
def test_folding_never_fails_and_maps_every_character_into_the_text(text: str) -> None:
    view = clean(text)
    for i in range(len(view.text)):
        start, end = view.span(i, i + 1)
        assert 0 <= start < end <= len(text)


@given(NASTY, st.data())
@settings(max_examples=100, deadline=None)
def test_rewriting_a_view_keeps_its_way_back(text: str, data: st.DataObject) -> None:
    view = View(text)
    if not text:
        return
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    replacement = data.draw(st.text("甲乙", max_size=3))
    changed = view.rewritten([(start, end, replacement)])
    assert changed.text == text[:start] + replacement + text[end:]
    for i in range(len(changed.text)):
        origin, until = changed.span(i, i + 1)
        assert 0 <= origin < until <= len(text)


@given(NASTY, st.sampled_from(["manager", "customer", "content"]))
@settings(max_examples=200, deadline=None)
def test_every_hit_quotes_the_original_and_no_customer_is_blocked(
    screener: Screener, text: str, speaker: Speaker
) -> None:
    verdict = screener.screen(text, speaker=speaker)
    assert not (speaker == "customer" and verdict.verdict == "block")
    for hit in verdict.hits:
        assert 0 <= hit.start < hit.end <= len(text)
        assert text[hit.start : hit.end] == hit.text
        assert hit.reason
        assert hit.law


RED = [
    "这期是保本的，闭着眼放就行", "五万先转我卡上，我统一给您买进去", "密码微信发我，我直接给您下单",
    "这款理财一年稳拿四个点，写死的", "信用卡找个POS刷出来，手续费千六", "欠钱不还，脑残吗",
]  # fmt: skip


@given(
    st.sampled_from(RED),
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u0323"))
    ),
)
@settings(max_examples=120, deadline=None)
def test_invisible_characters_never_make_a_blocked_line_pass(
    screener: Screener, red: str, marks: list[tuple[int, str]]
) -> None:
    assert screener.screen(red, speaker="manager").verdict == "block"
    text = red
    for place, mark in marks:
        place = min(place, len(text))
        text = text[:place] + mark + text[place:]
    assert screener.screen(text, speaker="manager").verdict == "block"


def test_families_of_emoji_are_no_hiding_place() -> None:
    assert hidden_spans("一家人👨‍👩‍👧来玩") == []
    assert hidden_spans("收\u200b益") == [(1, 2)]
