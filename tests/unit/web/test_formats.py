"""How numbers, money, names and moments read on a page."""

from datetime import UTC, date, datetime

import pytest

from kit.web import formats
from tests.unit.web.examples.moments import NOW, TODAY, at


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (None, "—"),
        (0, "0.00 元"),
        (860_000, "8,600.00 元"),
        (999_999, "9,999.99 元"),
        (1_000_000, "1.00 万元"),
        (20_000_000, "20.00 万元"),
        (9_999_999_999, "10,000.00 万元"),
        (10_000_000_000, "1.00 亿元"),
        (-52_000_000, "−52.00 万元"),
    ],
)
def test_money_is_read_in_the_unit_a_person_would_use(fen: int | None, said: str) -> None:
    assert formats.money(fen) == said


def test_a_column_leaves_the_unit_to_its_head() -> None:
    assert formats.in_wan(20_000_000) == "20.00"
    assert formats.in_yi(624_000_000_000) == "62.4"
    assert formats.in_wan(None) == formats.in_yi(None) == "—"


@pytest.mark.parametrize(
    ("wan", "band"),
    [(0, "0–5"), (4.99, "0–5"), (5, "5–20"), (49.99, "20–50"), (50, "50–100"), (299, "100–300"),
     (300, "300–600"), (600, "600 以上"), (90_000, "600 以上"), (-3, "0–5")],
)  # fmt: skip
def test_assets_show_as_a_band_until_revealed(wan: float, band: str) -> None:
    assert formats.asset_band(int(wan * 1_000_000)) == band


def test_unknown_assets_are_a_dash_and_not_the_lowest_band() -> None:
    assert formats.asset_band(None) == "—"


def test_rates_have_one_decimal_and_differences_are_points() -> None:
    assert formats.percent(0.629) == "62.9%"
    assert formats.percent(1) == "100.0%"
    assert formats.percent(None) == "—"
    assert formats.points(0.006) == "+0.6 点"
    assert formats.points(-0.012) == "−1.2 点"
    assert formats.points(0) == "0.0 点"
    assert formats.points(-0.0001) == "0.0 点"


def test_a_bar_never_leaves_its_track() -> None:
    assert [formats.width(one) for one in (None, -0.2, 0.5, 1.7)] == [0.0, 0.0, 50.0, 100.0]


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("周桂兰", "周*兰"),
        ("孙丽", "孙*"),
        ("欧阳建国", "欧**国"),
        ("王", "王*"),
        ("", "—"),
        (None, "—"),
    ],
)
def test_a_name_is_masked(name: str | None, masked: str) -> None:
    assert formats.masked_name(name) == masked


def test_phones_and_customer_numbers_are_masked() -> None:
    assert formats.masked_phone("138 1234 2071") == "138****2071"
    assert formats.masked_phone("12345") == "****"
    assert formats.masked_phone(None) == "—"
    assert formats.masked_number("6210003821") == "****3821"
    assert formats.masked_number("821") == "****"


def test_a_moment_is_beijing_time_wherever_it_was_taken() -> None:
    late = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)  # 00:30 on the 20th in Beijing
    assert formats.clock(late) == "00:30"
    assert formats.day(late) == "11月20日 周五"
    assert formats.relative_day(late, TODAY) == "今天"
    assert formats.exact_stamp(late) == "2026-11-20 00:30:00"


def test_days_are_counted_by_the_calendar_and_not_by_hours() -> None:
    assert formats.relative_day(at(19, 23, 59), TODAY) == "昨天"
    assert formats.relative_day(date(2026, 11, 21), TODAY) == "明天"
    assert formats.relative_day(date(2026, 11, 23), TODAY) == "3 天后"
    assert formats.relative_day(date(2026, 11, 8), TODAY) == "12 天前"
    assert formats.relative_day(None, TODAY) == "—"


def test_a_moment_says_no_more_than_it_must() -> None:
    assert formats.moment(NOW, TODAY) == "今天 10:42"
    assert formats.moment(at(19, 19, 38), TODAY) == "昨天 19:38"
    assert formats.moment(at(16, 15, 41), TODAY) == "11-16 15:41"
    assert formats.moment(datetime(2025, 3, 2, tzinfo=UTC), TODAY) == "2025-03-02 08:00"


def test_the_year_is_said_only_where_it_is_another() -> None:
    assert formats.short_day(date(2026, 12, 31), TODAY) == "12月31日"
    assert formats.short_day(date(2027, 3, 31), TODAY) == "2027年3月31日"


def test_waiting_is_said_in_the_largest_useful_unit() -> None:
    assert formats.waited(at(20, 10, 2), NOW) == "40 分钟"
    assert formats.waited(at(19, 16, 20), NOW) == "18 小时"
    assert formats.waited(at(16, 10), NOW) == "4 天"
    assert formats.waited(at(20, 11), NOW) == "0 分钟"


def test_durations_and_digests() -> None:
    assert [formats.duration(one) for one in (84, 1900, 252_000, None)] == [
        "84 毫秒",
        "1.9 秒",
        "4 分 12 秒",
        "—",
    ]
    assert formats.digest("9f3c51d0000000a21b") == "9f3c 51d0 … a21b"
    assert formats.digest("") == "—"


def test_counts_are_grouped_and_minus_is_a_minus() -> None:
    assert formats.count(128_640) == "128,640"
    assert formats.count(-1_200) == "−1,200"
    assert formats.count(None) == "—"


def test_long_numbers_in_a_sentence_keep_their_place_and_lose_their_middle() -> None:
    said = "周桂兰 13912342071 的卡 6222020200112233445，转 200000 元"
    masked = formats.masked_numbers(said)
    assert masked == "周桂兰 139****2071 的卡 622************3445，转 200000 元"
    assert len(masked) == len(said)
