"""An approver sees what changed, and the two texts can be read back from it."""

from hypothesis import given
from hypothesis import strategies as st

from content_library.diff import compare
from content_library.facts import Segment

letters = st.text(alphabet="您好存款到期{}product_ name12。\n", max_size=40)


@given(letters, letters)
def test_both_texts_can_be_read_back(old: str, new: str) -> None:
    segments = compare(old, new)
    assert "".join(one.text for one in segments if one.kind != "ins") == old
    assert "".join(one.text for one in segments if one.kind != "del") == new
    assert all(one.text for one in segments)


def test_a_changed_field_is_shown_whole() -> None:
    assert compare("您的{{product_name}}到期", "您的{{product_term}}到期") == (
        Segment("keep", "您的"),
        Segment("del", "{{product_name}}"),
        Segment("ins", "{{product_term}}"),
        Segment("keep", "到期"),
    )


def test_a_changed_number_is_shown_whole() -> None:
    assert compare("利率 1.55%。", "利率 1.50%。") == (
        Segment("keep", "利率 "),
        Segment("del", "1.55%"),
        Segment("ins", "1.50%"),
        Segment("keep", "。"),
    )


def test_nothing_changed_is_one_segment() -> None:
    assert compare("您好", "您好") == (Segment("keep", "您好"),)
    assert compare("", "") == ()


def test_a_lone_character_between_changes_reads_as_changed() -> None:
    segments = compare("请到网点办理业务", "欢迎到支行咨询业务")
    assert [one.kind for one in segments] == ["del", "ins", "keep"]
