"""Every cell becomes a value of its type, or says in Chinese why it cannot."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.tabular.cells import parser_of
from kit.tabular.columns import plain_values
from kit.tabular.fields import PAST, Field, Type
from kit.tabular.refusals import Bad

TODAY = date(2026, 11, 22)
RISKS = {"C1": 1, "C2": 2, "稳健型": 2}
F = {
    "text": Field("note", "说明", longest=6),
    "name": Field("name", "姓名", personal=True),
    "key": Field("no", "客户号", Type.KEY, longest=12),
    "must": Field("no", "客户号", Type.KEY, required=True),
    "int": Field("due_day", "还款日", Type.INTEGER, lowest=1, highest=31),
    "yuan": Field("amount_yuan", "金额", Type.YUAN),
    "fen": Field("amount_fen", "金额", Type.FEN),
    "date": Field("on", "日期", Type.DATE),
    "past": Field("born_on", "出生日期", Type.DATE, when=PAST, personal=True),
    "moment": Field("at", "时间", Type.MOMENT),
    "flag": Field("active", "在岗", Type.FLAG),
    "choice": Field("risk", "风险等级", Type.CHOICE, choices=RISKS),
    "phone": Field("phone", "手机号", Type.PHONE, personal=True),
    "list": Field("licences", "资格", Type.LIST),
    "days": Field("open_days", "开放日", Type.DAYS),
}


def value(kind: str, text: object, **more: object) -> object:
    return parser_of(F[kind], today=TODAY, nulls=("", "\\N", "NULL"), **more)(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("text", "  退休教师\u3000", "退休教师"),
        ("text", "", None),
        ("text", "\\N", None),
        ("text", "NULL", None),
        ("text", "-", "-"),
        ("text", "-5 度", "-5 度"),
        ("text", "'=1+1", "=1+1"),
        ("name", "欧阳·娜娜", "欧阳·娜娜"),
        ("name", "𠮷田", "𠮷田"),
        ("key", " 0101 ", "0101"),
        ("key", "A-1_2.3:4/5@", "A-1_2.3:4/5@"),
        ("key", "E2026", "E2026"),
        ("key", "12E", "12E"),
        ("int", "15", 15),
        ("int", "15.0", 15),
        ("yuan", "200000", 20_000_000),
        ("yuan", "0.1", 10),
        ("yuan", "8095.20", 809_520),
        ("yuan", "1,234,567.8", 123_456_780),
        ("yuan", "¥12", 1_200),
        ("yuan", "12.3400", 1_234),
        ("yuan", ".5", 50),
        ("yuan", "0", 0),
        ("yuan", "-0", 0),
        ("yuan", "99999999999999.99", 9_999_999_999_999_999),
        ("fen", "20000000", 20_000_000),
        ("date", "2026-11-22", TODAY),
        ("date", "2026/11/2", date(2026, 11, 2)),
        ("date", "2026.1.2", date(2026, 1, 2)),
        ("date", "2026年11月22日", TODAY),
        ("date", "20261122", TODAY),
        ("date", "2026-11-22 00:00:00", TODAY),
        ("date", "2026-11-22T00:00:00.000", TODAY),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("date", "9999-12-31", None),
        ("past", "1958-03-21", date(1958, 3, 21)),
        ("moment", "2026-03-12 10:20:00", datetime(2026, 3, 12, 2, 20, tzinfo=UTC)),
        ("moment", "2026-03-12T10:20:00+00:00", datetime(2026, 3, 12, 10, 20, tzinfo=UTC)),
        ("moment", "2026-03-12", datetime(2026, 3, 11, 16, 0, tzinfo=UTC)),
        ("flag", "是", True),
        ("flag", "FALSE", False),
        ("flag", "0", False),
        ("choice", "C2", 2),
        ("choice", "稳健型", 2),
        ("phone", "15412345678", "15412345678"),
        ("phone", "+86 154-1234-5678", "15412345678"),
        ("phone", "008615412345678", "15412345678"),
        ("phone", "8615412345678", "15412345678"),
        ("phone", "１５４12345678", "15412345678"),
        ("list", "基金；保险、理财|基金", ("基金", "保险", "理财")),
        ("days", "2026-12-05~2026-12-07;2026-12-01",
         ((date(2026, 12, 1), date(2026, 12, 1)), (date(2026, 12, 5), date(2026, 12, 7)))),
    ],
)  # fmt: skip
def test_a_cell_is_read(kind: str, text: str, expected: object) -> None:
    assert value(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "code", "word"),
    [
        ("must", "", "E-2201", "不能为空"),
        ("must", "  \u3000", "E-2201", "不能为空"),
        ("must", "NULL", "E-2201", "不能为空"),
        ("text", "一二三四五六七", "E-2202", "最多 6 个字，现在 7"),
        ("key", "1234567890123", "E-2202", "最多 12 位"),
        ("text", "a\u200bb", "E-2203", "看不见"),
        ("text", "a\u202eb", "E-2203", "看不见"),
        ("text", "a\nb", "E-2203", "换行"),
        ("text", "a\ufffdb", "E-2203", "看不见"),
        ("text", "\x1b[31m", "E-2203", "看不见"),
        ("text", "=1+1", "E-2203", "公式"),
        ("text", "＝1+1", "E-2203", "公式"),
        ("text", "@cmd", "E-2203", "公式"),
        ("text", "+A1", "E-2203", "公式"),
        ("text", "-A1", "E-2203", "公式"),
        ("key", "62 00", "E-2204", "只能用字母"),
        ("key", "客户1", "E-2204", "只能用字母"),
        ("key", "-1", "E-2204", "只能用字母"),
        ("key", "６２", "E-2204", "只能用字母"),
        ("key", "6.22848E+18", "E-2204", "数字"),
        ("key", "6E18", "E-2204", "文本"),
        ("key", "3127.0", "E-2204", "文本"),
        ("int", "三", "E-2205", "不是整数"),
        ("int", "1.5", "E-2205", "不是整数"),
        ("int", "0", "E-2205", "1 到 31"),
        ("int", "32", "E-2205", "1 到 31"),
        ("int", "9" * 30, "E-2205", "不是整数"),
        ("yuan", "abc", "E-2205", "不是数字"),
        ("yuan", "NaN", "E-2205", "不是数字"),
        ("yuan", "inf", "E-2205", "不是数字"),
        ("yuan", "1e400", "E-2205", "科学计数"),
        ("yuan", "1.2E+5", "E-2205", "科学计数"),
        ("yuan", "1,23", "E-2205", "不是数字"),
        ("yuan", "１２", "E-2205", "不是数字"),
        ("yuan", "12万", "E-2205", "不是数字"),
        ("yuan", "1" * 60, "E-2205", "不是数字"),
        ("yuan", "-1", "E-2206", "不能为负"),
        ("yuan", "-0.01", "E-2206", "不能为负"),
        ("yuan", "1.005", "E-2207", "两位小数"),
        ("yuan", "100000000000000", "E-2207", "超出范围"),
        ("fen", "1.5", "E-2207", "整数"),
        ("fen", "-5", "E-2206", "不能为负"),
        ("date", "03/04/2020", "E-2208", "次序"),
        ("date", "46349", "E-2208", "序号"),
        ("date", "明天", "E-2208", "读不出"),
        ("date", "2026-02-30", "E-2208", "没有这一天"),
        ("date", "2026-13-01", "E-2208", "没有这一天"),
        ("date", "2026-11-22 10:00:00", "E-2208", "读不出"),
        ("date", "2026-11", "E-2208", "读不出"),
        ("date", "1899-12-31", "E-2209", "1900-01-01"),
        ("date", "2200-01-01", "E-2209", "2199-12-31"),
        ("past", "2026-11-23", "E-2209", "导入日"),
        ("moment", "昨天", "E-2208", "读不出"),
        ("moment", "0001-01-01T00:00:00", "E-2209", "1900"),
        ("choice", "C9", "E-2210", "应为"),
        ("flag", "在", "E-2211", "1 或 0"),
        ("phone", "1541234567", "E-2212", "11 位"),
        ("phone", "25412345678", "E-2212", "11 位"),
        ("phone", "1.54E+10", "E-2212", "11 位"),
        ("phone", "0571-88888888", "E-2212", "11 位"),
        ("list", "基金;=A1", "E-2203", "公式"),
        ("days", "每季度", "E-2208", "起~止"),
        ("days", "2026-12-05~2026-12-01", "E-2209", "晚于"),
        ("days", "2026-12-05~2026-12-06~2026-12-07", "E-2208", "起~止"),
    ],
)
def test_a_bad_cell_is_refused_with_code_and_reason(
    kind: str, text: str, code: str, word: str
) -> None:
    found = value(kind, text)
    assert isinstance(found, Bad)
    assert found.code == code
    assert word in found.reason


def test_half_a_character_is_refused() -> None:
    found = value("text", "a" + chr(0xD800) + "b")
    assert isinstance(found, Bad)
    assert found.code == "E-2203"


@pytest.mark.parametrize(
    ("kind", "text"), [("phone", "154123456"), ("past", "2030-05-06"), ("name", "=周桂兰")]
)
def test_a_reason_never_repeats_a_personal_value(kind: str, text: str) -> None:
    found = value(kind, text)
    assert isinstance(found, Bad)
    assert text not in found.reason


def test_a_declared_order_of_day_and_month_is_followed() -> None:
    assert value("date", "03/04/2020", dates=["%d/%m/%Y"]) == date(2020, 4, 3)
    assert value("date", "2020-04-03", dates=["%d/%m/%Y"]) == date(2020, 4, 3)
    refused = value("date", "20200403", dates=["%d/%m/%Y"])
    assert isinstance(refused, Bad)


def test_a_value_map_replaces_refuses_and_has_a_catch_all() -> None:
    assert value("choice", "一级", values={"一级": "C1"}) == 1
    assert value("choice", "", values={"一级": "C1"}) is None
    assert value("choice", "九级", values={"一级": "C1", "*": "C2"}) == 2
    refused = value("choice", "九级", values={"一级": "C1"})
    assert isinstance(refused, Bad)
    assert (refused.code, "九级" in refused.reason) == ("E-2216", True)


_CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "0101", "200.00", "15412345678", "周桂兰", "NULL", " x", "1.5", "6E18", "a\nb"]
    ),
)


@given(
    kind=st.sampled_from(["text", "name", "key", "must", "yuan", "phone"]),
    cells=st.lists(_CELLS, min_size=1, max_size=5),
)
def test_a_column_read_at_once_is_a_column_read_cell_by_cell(kind: str, cells: list[str]) -> None:
    nulls = ("", "\\N", "NULL")
    whole = plain_values(F[kind], cells, nulls)
    one_by_one = [value(kind, cell) for cell in cells]
    if whole is not None:
        assert whole == one_by_one


@given(st.integers(min_value=0, max_value=10**15))
def test_yuan_with_two_decimals_are_exact_fen(fen: int) -> None:
    assert value("yuan", f"{fen // 100}.{fen % 100:02d}") == fen


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_every_day_is_read_in_every_form(day: date) -> None:
    forms = (
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y年%m月%d日}",
    )
    assert [value("date", form) for form in forms] == [day] * 4


@given(st.text(max_size=30), st.sampled_from(sorted(F)))
def test_no_text_whatever_is_more_than_refused(text: str, kind: str) -> None:
    found = value(kind, text)
    if isinstance(found, Bad):
        assert found.code.startswith("E-22")
        assert found.reason
