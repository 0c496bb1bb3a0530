"""Marked stretches of text lose and add nothing."""

from hypothesis import given
from hypothesis import strategies as st

from kit.web.rich import marked, pieces

SPANS = st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40)), max_size=6)


def test_a_hit_is_marked_where_it_stands() -> None:
    assert marked("基本就是保本的", [(4, 6)]) == [("", "基本就是"), ("hit", "保本"), ("", "的")]


def test_overlapping_hits_become_one() -> None:
    assert marked("保本保息", [(2, 4), (0, 3)]) == [("hit", "保本保息")]


@given(st.text(max_size=30), SPANS)
def test_the_parts_together_are_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    parts = marked(text, spans)
    assert "".join(part for _, part in parts) == text
    assert all(part for _, part in parts)


def test_values_of_a_script_are_variables() -> None:
    assert pieces([("", "您有一笔"), ("product_name", "整存整取")]) == [
        ("", "您有一笔"),
        ("var", "整存整取"),
    ]
