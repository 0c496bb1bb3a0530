"""A bank of any size as rows, made by arithmetic: the same for the same size, 2.5 holdings each.

Deposits and wealth products mature on any day of a year, loans fall due on any day of a month,
cards expire over four years; accounts were opened over ten years, one customer in twenty is
dormant, some have dated events and some insurance: so 3 to 4 % have something due on a day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from kit.clock import bank_date
from kit.crypto import FieldCipher

SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华建国玉梅志红文辉"
UNITS: Final = 40
STAFF_PER_CUSTOMER: Final = 400
EVENTS: Final = (
    ("life", "孩子毕业"),
    ("life", "买房"),
    ("life", "结婚纪念日"),
    ("money_in", ""),
    ("bonus", ""),
    ("card_reissue", ""),
    ("money_out", ""),
)
KINDS: Final = ("deposit", "wealth", "deposit", "card", "loan")


@dataclass(frozen=True)
class Table:
    """Rows for one table, in the order of its columns."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


def tables(customers: int, at: datetime, cipher: FieldCipher) -> Iterator[Table]:
    """Every table that a plan reads, smallest first."""
    today = bank_date(at)
    staff = max(customers // STAFF_PER_CUSTOMER, UNITS)
    yield Table(
        "unit",
        ("unit_id", "name", "parent_id", "kind", "path", "source", "source_date", "digest", "synthetic"),
        (
            (f"u{n:04d}", f"{n}号支行", None, "outlet", f"/hq/u{n:04d}/", "", "", "", True)
            for n in range(UNITS)
        ),
    )  # fmt: skip
    yield Table(
        "staff",
        ("staff_id", "userid", "name", "unit_id", "position", "active", "licences", "personas", "source", "source_date", "digest", "synthetic"),
        (
            (f"s{n:06d}", f"s{n:06d}", _one_of(SURNAMES, n) + "经理", f"u{n % UNITS:04d}", "", True, "[]", "[]", "", "", "", True)
            for n in range(staff)
        ),
    )  # fmt: skip
    yield Table(
        "customer",
        ("id", "customer_no", "name", "gender", "born_on", "birthday", "unit_id", "risk_level", "risk_assessed_on", "tier", "aum_fen", "occupation", "attributes", "source", "source_date", "digest", "supplements", "synthetic", "changed_at", "opened_on"),
        (_customer(n, staff, today, at, cipher) for n in range(1, customers + 1)),
    )  # fmt: skip
    yield Table(
        "coverage",
        ("customer_id", "kind", "staff_id", "since", "source", "synthetic", "source_date"),
        ((n, "owner", f"s{n % staff:06d}", at, "", True, "") for n in range(1, customers + 1)),
    )
    yield Table(
        "contact",
        ("external_userid", "kind", "gender", "customer_id", "first_seen_at", "digest"),
        ((f"wm{n:012d}", 1, 0, n, at, "") for n in range(1, customers + 1) if n % 10 < 8),
    )
    yield Table(
        "relation",
        ("userid", "external_userid", "remark_phone_hashes", "tag_ids", "state", "add_way", "added_at", "half", "ended_by", "digest"),
        (
            (f"s{n % staff:06d}", f"wm{n:012d}", "[]", "[]", "", 0, at, False, "", "")
            for n in range(1, customers + 1)
            if n % 10 < 8
        ),
    )  # fmt: skip
    yield Table(
        "consent",
        ("customer_id", "purpose", "given", "source", "notice", "at"),
        (
            (n, purpose, n % 20 != 0, "bench", "", at)
            for n in range(1, customers + 1)
            for purpose in ("service", "marketing")
        ),
    )
    yield Table(
        "suppression",
        ("customer_id", "scope", "source", "reason", "since", "actor"),
        ((n, "all", "bench", "", at, "system:bench") for n in range(50, customers + 1, 50)),
    )
    yield Table(
        "customer_standing",
        ("customer_id", "grade", "grade_kind", "signs", "activity", "dormant_kind", "completeness", "missing", "average_fen", "snapshots", "changed_at"),
        (
            (n, "C", "", "", "dormant" if _mixed(n) % 5 == 3 else "active", "", 60, "", None, 0, at)
            for n in range(1, customers + 1)
            if n % 4 == 3
        ),
    )  # fmt: skip
    yield Table(
        "customer_event",
        ("id", "event_no", "customer_id", "kind", "on", "amount_fen", "note", "source", "source_date", "digest", "synthetic", "changed_at"),
        (_event(n, customers, today, at) for n in range(1, customers // 5 + 1)),
    )  # fmt: skip
    yield Table(
        "holding",
        ("id", "holding_no", "customer_id", "kind", "product_code", "product_name", "amount_fen", "opened_on", "matures_on", "due_day", "instalment_fen", "risk_level", "source", "source_date", "digest", "synthetic", "changed_at"),
        (_holding(n, customers, today, at) for n in range(1, customers * 5 // 2 + 1)),
    )  # fmt: skip


def _mixed(number: int) -> int:
    """A number spread over 32 bits (Knuth's multiplicative hash)."""
    return (number * 2_654_435_761) & 0xFFFFFFFF


def _one_of(characters: str, number: int) -> str:
    return characters[number % len(characters)]


def _customer(
    n: int, staff: int, today: date, at: datetime, cipher: FieldCipher
) -> tuple[Any, ...]:
    mixed = _mixed(n)
    born = date(1945, 1, 1) + timedelta(days=mixed % 21_900)
    number = f"C{n:010d}"
    name = _one_of(SURNAMES, mixed) + _one_of(GIVEN, mixed // 40) + _one_of(GIVEN, mixed // 1_500)
    return (
        n, number, cipher.seal("customer.name", number, name), "FM"[mixed % 2], born,
        born.month * 100 + born.day, f"u{n % staff % UNITS:04d}", 1 + mixed % 5,
        today - timedelta(days=mixed % 300), "", mixed % 520_000_00, "", "{}", "bench", "", "",
        "{}", True, at, today - timedelta(days=mixed // 7 % 3_650),
    )  # fmt: skip


def _event(n: int, customers: int, today: date, at: datetime) -> tuple[Any, ...]:
    mixed = _mixed(n + 11)
    kind, note = EVENTS[n % len(EVENTS)]
    return (
        n, f"E{n:010d}", 1 + mixed % customers, kind, today + timedelta(days=mixed // 13 % 365 - 100),
        1_000_00 + mixed % 5_000_000_00, note, "bench", "", "", True, at,
    )  # fmt: skip


def _holding(n: int, customers: int, today: date, at: datetime) -> tuple[Any, ...]:
    mixed = _mixed(n + 7)
    kind = KINDS[mixed % 25 % 12 % 5] if mixed % 25 < 24 else "loan"
    matures = today + timedelta(days=mixed // 25 % (1_460 if kind == "card" else 365))
    if kind == "deposit" and n % 25 == 0:
        kind = "insurance"
    loan, insured = kind == "loan", kind == "insurance"
    return (
        n, f"H{n:012d}", 1 + mixed % customers, kind, f"P{mixed % 200:04d}",
        {"deposit": "三年期定期存款", "wealth": "稳健理财", "card": "借记卡", "loan": "个人贷款", "insurance": "年金保险"}[kind],
        10_000_00 + mixed % 1_000_000_00, today - timedelta(days=400 + mixed // 25 % 365 if insured else 400),
        today + timedelta(days=2_000) if loan or insured else matures,
        1 + mixed // 25 % 28 if loan or insured else None, 3_000_00 if loan or insured else None, 1 + mixed % 3 if kind == "wealth" else None, "bench", "", "",
        True, at,
    )  # fmt: skip
