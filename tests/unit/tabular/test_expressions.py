"""A mapping's expressions compute what they say, and can do nothing else."""

import contextlib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.tabular.errors import ColumnMissing, ExpressionRefused
from kit.tabular.expressions import LookupFailed, bind, parse
from kit.tabular.functions import ExpressionFailed

SIDES = {("owner", "client"): {"7": "C7"}, ("owner", "card"): {"7": "X"}}


def run(text: str, **cells: str) -> Any:
    def side(table: str, column: str | None) -> Any:
        return SIDES[table, column or "client"].get

    places = {name: place for place, name in enumerate(cells)}
    return bind(parse(text), places, side)(list(cells.values()))


@pytest.mark.parametrize(
    ("text", "cells", "expected"),
    [
        ("issued", {"issued": "2018-01-31"}, "2018-01-31"),
        ('col("客户 号")', {"客户 号": "1"}, "1"),
        ("客户号", {"客户号": "1"}, "1"),
        ('"D"', {}, "D"),
        ("'D'", {}, "D"),
        ("36", {}, 36),
        ("add_months(issued, 36)", {"issued": "2018-01-31"}, date(2021, 1, 31)),
        ("add_months(issued, 1)", {"issued": "2018-01-31"}, date(2018, 2, 28)),
        ("add_months(issued, -2)", {"issued": "2018-01-31"}, date(2017, 11, 30)),
        ("add_months(issued, n)", {"issued": "20180131", "n": "12"}, date(2019, 1, 31)),
        ("add_months(issued, 36)", {"issued": ""}, None),
        ("add_days(issued, 30)", {"issued": "2018-01-31"}, date(2018, 3, 2)),
        ('concat(a, "-", b)', {"a": "1", "b": "2"}, "1-2"),
        ("upper(x)", {"x": "aB"}, "AB"),
        ("lower(x)", {"x": "aB"}, "ab"),
        ("trim(x)", {"x": " a "}, "a"),
        ("pad(x, 4)", {"x": "12"}, "0012"),
        ('pad(x, 4, "*")', {"x": "12"}, "**12"),
        ("part(x, 2, 3)", {"x": "abcdef"}, "bcd"),
        ('replace(x, "-", "")', {"x": "1-2-3"}, "123"),
        ("digits(x)", {"x": "No. 12/3"}, "123"),
        ("first(x, y)", {"x": "  ", "y": "b"}, "b"),
        ("first(x, y)", {"x": "", "y": ""}, None),
        ('when(x, "A", "已结清", "在贷")', {"x": "A"}, "已结清"),
        ('when(x, "A", "已结清")', {"x": "B"}, None),
        ("yuan_to_fen(x)", {"x": "8095.20"}, 809_520),
        ("yuan_to_fen(x)", {"x": ""}, None),
        ("times(x, 100)", {"x": "12"}, 1_200),
        ("add(x, -1)", {"x": "12"}, 11),
        ('date(x, "%d/%m/%Y")', {"x": "03/04/2020"}, date(2020, 4, 3)),
        ("day(x)", {"x": "2020-04-03"}, 3),
        ("month(x)", {"x": "2020-04-03"}, 4),
        ("year(x)", {"x": "2020-04-03"}, 2020),
        ('lookup("owner", x)', {"x": " 7 "}, "C7"),
        ('lookup("owner", x, "card")', {"x": "7"}, "X"),
        ('lookup("owner", x)', {"x": ""}, None),
        ('concat("D", pad(part(x, 1, 2), 3))', {"x": "123"}, "D012"),
    ],
)
def test_an_expression_computes(text: str, cells: dict[str, str], expected: object) -> None:
    assert run(text, **cells) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        "concat(",
        "concat(a",
        "concat(a b)",
        "concat()",
        "upper(a, b)",
        "upper(a) + 1",
        "a + b",
        "a.b",
        "a[0]",
        "a; b",
        "__import__('os')",
        "eval(a)",
        "open('x')",
        "lambda: 1",
        "lookup(a, b)",
        'lookup("t")',
        "col(a)",
        'col("a", "b")',
        '"unclosed',
        "1.5",
        "0x10",
        "a b",
        "upper" * 101,
        "upper(" * 14 + "a" + ")" * 14,
        "a\x00",
        "if(a, b, c)",
    ],
)
def test_anything_else_is_refused_with_the_list_of_functions(text: str) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        parse(text)
    assert refused.value.code == "E-2121"


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("add_months(x, 36)", {"x": "昨天"}),
        ("add_months(x, y)", {"x": "2018-01-01", "y": "三"}),
        ("add_months(x, 99999)", {"x": "2018-01-01"}),
        ("add_months(x, 2399)", {"x": "9990-01-01"}),
        ("add_days(x, 99999999)", {"x": "2018-01-01"}),
        ("yuan_to_fen(x)", {"x": "abc"}),
        ("part(x, 0, 2)", {"x": "abc"}),
        ('pad(x, 4, "ab")', {"x": "1"}),
        ('replace(x, "", "a")', {"x": "1"}),
        ("concat(x, x)", {"x": "a" * 6_000}),
        ("times(x, 2)", {"x": "1.5"}),
    ],
)
def test_a_row_that_cannot_be_computed_says_so(text: str, cells: dict[str, str]) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        run(text, **cells)
    assert str(failed.value)


def test_a_key_that_is_not_in_the_side_table_fails_the_row() -> None:
    with pytest.raises(LookupFailed, match="owner"):
        run('lookup("owner", x)', x="8")


def test_a_column_that_the_file_has_not_is_named() -> None:
    with pytest.raises(ColumnMissing, match="nowhere"):
        run("upper(nowhere)", x="1")


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_do_more_than_refuse(text: str) -> None:
    with contextlib.suppress(ExpressionRefused):
        assert parse(text).text == text


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)),
    st.integers(min_value=0, max_value=600),
)
def test_months_there_and_back_keep_the_month(day: date, months: int) -> None:
    there = run(f"add_months(x, {months})", x=day.isoformat())
    back = run(f"add_months(x, -{months})", x=there.isoformat())
    assert (back.year, back.month) == (day.year, day.month)
    assert back <= day
    assert there.day <= day.day


@given(st.lists(st.text(alphabet="ab0 ", max_size=5), min_size=1, max_size=6))
def test_concat_of_columns_is_their_text_in_order(words: list[str]) -> None:
    names = [f"c{place}" for place in range(len(words))]
    text = f"concat({', '.join(names)})"
    assert run(text, **dict(zip(names, words, strict=True))) == "".join(words)


@given(st.text(alphabet="0123456789", max_size=12), st.integers(min_value=0, max_value=20))
def test_pad_never_shortens(digits: str, width: int) -> None:
    padded = run(f"pad(x, {width})", x=digits)
    assert len(padded) == max(width, len(digits))
    assert padded.endswith(digits)
