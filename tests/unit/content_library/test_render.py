"""A value is data: whatever a customer calls themselves, the bank's words stay the bank's."""

import re
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_library.errors import FactRefused, MissingFact, ScriptRefused, TextTooLong
from content_library.fields import FIELDS, SAMPLE_FACTS, clean
from content_library.render import fields_of, pieces, render, render_for

HOSTILE = [
    "{{staff_name}}",
    "{{ customer_title }}",
    "{{7*7}}",
    "{% for x in ().__class__.__mro__ %}{% endfor %}",
    "{0.__class__}",
    "{customer_title!r:>{9}}",
    "%(password)s %s %n",
    "\\1\\g<0>\\u4fdd",
    "$1 ${env:SECRET} $$",
    "<script>alert(1)</script>",
    "=HYPERLINK(\"http://x\",\"点我\")",
    "'; DROP TABLE customer; --",
    "../../etc/passwd",
    "[周](javascript:alert(1))",
    "👩‍👩‍👧‍👦🇨🇳e\u0301",
    "保\u200b本 ＢＡＯ",
    "A" * 120,
]  # fmt: skip


@pytest.mark.parametrize("nickname", HOSTILE)
def test_a_hostile_nickname_comes_through_unchanged(nickname: str) -> None:
    text = render(
        "{{customer_title}}您好，我是{{staff_name}}。",
        {"customer_title": nickname, "staff_name": "李敏"},
    )
    assert text == f"{nickname}您好，我是李敏。"


def test_the_list_of_hostile_nicknames_is_whole() -> None:
    assert len(set(HOSTILE)) == 17


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_value_is_ever_read_again(first: str, second: str) -> None:
    facts = {"customer_title": first, "staff_name": second}
    try:
        text = render("一{{customer_title}}二{{ staff_name }}三", facts)
    except MissingFact:
        assert not clean(first) or not clean(second)
    else:
        assert text == f"一{clean(first)}二{clean(second)}三"


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("周\ud83d女士", "周女士"),
        ("周\x00女\x07士\x1b[31m", "周女士[31m"),
        ("周\r\n女士\t", "周女士"),
        ("周\u2028女\u2029士", "周女士"),
        ("\u202e士女周\u202c", "士女周"),
        ("  周女士  ", "周女士"),
        ("周\u200d女士", "周\u200d女士"),
    ],
)
def test_what_no_channel_may_carry_is_taken_out_and_nothing_else(raw: str, cleaned: str) -> None:
    assert render("{{customer_title}}", {"customer_title": raw}) == cleaned
    assert cleaned.encode()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("matures_on", date(2026, 11, 29), "11月29日（周日）"),
        ("matures_on", "2026-11-29", "11月29日（周日）"),
        ("bought_on", date(2026, 11, 5), "2026年11月5日"),
        ("appointment_time", time(9, 5), "09:05"),
        ("appointment_time", "15:00", "15:00"),
        ("days_left", 7, "7"),
        ("days_left", "0", "0"),
        ("min_amount", 1_000_000, "1 万元"),
        ("min_amount", 20_000_000, "20 万元"),
        ("min_amount", 5_000, "50 元"),
        ("min_amount", 5_050, "50.50 元"),
        ("min_amount", 860_000, "8,600 元"),
        ("min_amount", 20_000_000_000, "2 亿元"),
        ("min_amount", 15_100_000_000, "1.51 亿元"),
        ("min_amount", 500_000_000, "500 万元"),
        ("min_amount", 1_000_000_000_000, "100 亿元"),
        ("product_risk", 2, "R2（中低风险）"),
        ("product_risk", "r5", "R5（高风险）"),
        ("product_rate", "1.55%", "1.55%"),
        ("product_benchmark", "2.20%-2.70%", "2.20%-2.70%"),
        ("card_tail", "0688", "0688"),
        ("hotline", "400-800-1234", "400-800-1234"),
    ],
)
def test_each_kind_of_fact_has_its_form(name: str, value: object, text: str) -> None:
    assert render(f"{{{{{name}}}}}", {name: value}) == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("matures_on", "2026/11/29"),
        ("matures_on", datetime(2026, 11, 29, 8, 0)),  # noqa: DTZ001 — that is the point
        ("matures_on", ""),
        ("appointment_time", "三点"),
        ("days_left", -1),
        ("days_left", 1.5),
        ("days_left", True),
        ("min_amount", "一万"),
        ("product_risk", 6),
        ("product_rate", "5个点"),
        ("card_tail", "6222021234567890128"),
        ("card_tail", "12"),
        ("hotline", "13812345678"),
        ("customer_title", 987_654),
        ("customer_title", "长" * 121),
    ],
)
def test_a_fact_of_another_kind_is_refused_without_showing_what_is_personal(
    name: str, value: object
) -> None:
    with pytest.raises(FactRefused) as refusal:
        render(f"{{{{{name}}}}}", {name: value})
    if FIELDS[name].personal and str(value):
        assert str(value) not in refusal.value.sentence()


@pytest.mark.parametrize("value", [None, "", " \n", "\u202e"])
def test_a_blank_is_never_sent(value: object) -> None:
    with pytest.raises(MissingFact):
        render("{{customer_title}}您好", {"customer_title": value} if value is not None else {})


def test_a_field_nobody_knows_is_refused() -> None:
    with pytest.raises(ScriptRefused):
        render("{{nickname}}您好", {"nickname": "周"})


def test_the_pieces_are_the_text() -> None:
    template = "{{customer_title}}您好，{{ product_name }}。"
    parts = pieces(template, SAMPLE_FACTS)
    assert "".join(text for _, text in parts) == render(template, SAMPLE_FACTS)
    assert [name for name, _ in parts] == ["customer_title", "", "product_name", ""]
    assert fields_of(template) == ("customer_title", "product_name")


@pytest.mark.parametrize(
    ("channel", "characters", "fits"),
    [("staff_note", 682, True), ("staff_note", 683, False), ("broadcast", 1333, True),
     ("broadcast", 1334, False)],
)  # fmt: skip
def test_a_channels_limit_is_counted_in_bytes(channel: str, characters: int, fits: bool) -> None:
    template = "好" * characters
    if fits:
        assert render_for(channel, template, {}) == template
    else:
        with pytest.raises(TextTooLong):
            render_for(channel, template, {})


def test_every_field_takes_its_own_sample_and_has_its_line_in_the_documentation() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "content.md").read_text(encoding="utf-8")
    for name, field in FIELDS.items():
        assert re.fullmatch(r"[a-z_]+", name)
        assert field.format(field.sample)
        assert name in SAMPLE_FACTS
        assert f"| `{name}` | {field.label} |" in documented
