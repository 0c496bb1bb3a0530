"""The rows of the synthetic bank's files: what each kind has for the bank and for a customer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from simulator.bank.certified import certificates_of
from simulator.bank.complaining import complaints_of
from simulator.bank.money import flows_of
from simulator.bank.people import FundRating, Person
from simulator.bank.pinned import PINNED
from simulator.bank.products import PRODUCTS
from simulator.bank.shape import Bank
from simulator.bank.touching import touches_of

ATTRIBUTES: Final = (
    "pension_payroll", "passbook", "children_account", "hobby", "merchant", "legal_person",
    "third_party_custody", "agri_loan", "agri_subsidy", "employer", "industry_block", "family",
    "decision_style", "expertise",
)  # fmt: skip
HEADERS: Final = {
    "units": ("unit_id", "name", "parent_id", "kind", "department_id"),
    "staff": (
        "staff_id", "name", "userid", "unit_id", "position", "active", "licences", "personas", "roles",
    ),
    "products": (
        "product_code", "name", "kind", "risk_level", "issuer", "private", "on_sale", "open_days",
        "manager_risk", "raised_by", "term", "min_amount_yuan", "fee", "benchmark",
        "benchmark_basis", "attributes.tiers",
    ),
    "navs": ("product_code", "on", "nav", "total"),
    "customers": (
        "customer_no", "name", "phone", "unionid", "gender", "born_on", "unit_id",
        "account_unit_id", "risk_level", "risk_assessed_on", "fund_risk_level",
        "fund_risk_assessed_on", "fund_risk_until", "fund_risk_lowest", "fund_risk_by",
        "professional_until", "tier", "aum_yuan", "aum_average_yuan", "occupation", "opened_on",
        *(f"attributes.{name}" for name in ATTRIBUTES),
    ),
    "holdings": (
        "holding_no", "customer_no", "kind", "product_code", "product_name", "amount_yuan",
        "opened_on", "matures_on", "due_day", "instalment_yuan", "risk_level",
    ),
    "assignments": ("customer_no", "staff_id", "kind", "since"),
    "consents": ("customer_no", "purpose", "given", "source", "at"),
    "snapshots": ("customer_no", "on", "aum_yuan"),
    "events": ("event_no", "customer_no", "kind", "on", "amount_yuan", "note"),
    "flows": ("customer_no", "month", "kind", "amount_yuan", "count"),
    "touches": (
        "touch_no", "customer_no", "staff_id", "channel", "at", "purpose", "act", "outcome", "void",
    ),
    "farming": (
        "farm_no", "customer_no", "kind", "item", "area_mu", "heads", "sow_month", "market_month",
        "cycle_days", "output", "channel", "noted_on",
    ),
    "signals": (
        "signal_no", "customer_no", "interest", "origin", "at", "ref", "says", "consented",
    ),
    "complaints": (
        "complaint_no", "customer_no", "about", "words", "opened_at", "due_on", "state", "result",
    ),
    "certificates": ("staff_id", "kind", "number", "issuer", "licence", "valid_until"),
}  # fmt: skip
SOURCES: Final = ("手机银行授权页", "网点签署", "客户经理代录并回访")
Cell = str | int | date | None


def bank_rows(bank: Bank) -> Mapping[str, Iterable[Sequence[Cell]]]:
    """What is there before the first customer."""
    return {
        "units": (
            (unit.unit_id, unit.name, unit.parent_id, unit.kind, unit.department_id)
            for unit in bank.units
        ),
        "staff": (
            (
                member.staff_id, member.name, member.userid, member.unit_id, member.position,
                int(member.active), ";".join(member.licences), ";".join(member.personas),
                ";".join(member.roles),
            )
            for member in bank.members
        ),
        "products": (
            (
                product.code, product.name, product.kind,
                f"R{product.risk}" if product.risk else "", product.issuer,
                int(product.private), int(product.on_sale),
                ";".join(f"{first}~{last}" for first, last in product.open_days(bank.today)),
                f"R{product.risk}" if product.risk else "",
                product.issuer, product.term, product.least, product.fee, product.benchmark,
                product.basis, product.tiers,
            )
            for product in PRODUCTS
        ),
        "navs": (
            (product.code, day, value, value)
            for product in PRODUCTS
            for day, value in product.navs(bank.today)
        ),
        "certificates": (
            row for member in bank.members for row in certificates_of(member, bank.today)
        ),
    }  # fmt: skip


def _fund(one: FundRating | None) -> tuple[Cell, ...]:
    """A fund company's assessment, or five empty cells."""
    if one is None:
        return ("", "", "", "", "")
    return (f"C{one.level}", one.on, one.until, int(one.lowest), "青禾基金")


def person_rows(bank: Bank, one: Person) -> Mapping[str, Iterable[Sequence[Cell]]]:
    """What a customer brings to each file."""
    return {
        "customers": (
            (
                one.customer_no, one.name, one.phone, one.unionid if one.has_unionid else "",
                one.gender, one.born_on, one.unit_id, _account_unit(bank, one),
                f"C{one.risk_level}" if one.risk_level else "", one.assessed_on,
                *_fund(one.fund), one.professional_until, one.tier,
                _yuan(one.aum_fen), _yuan(one.average_fen), one.occupation, one.opened_on,
                *(one.attributes.get(name, "") for name in ATTRIBUTES),
            ),
        ),
        "holdings": (
            (
                held.holding_no, one.customer_no, held.kind, held.product_code,
                held.product_name, _yuan(held.amount_fen), held.opened_on, held.matures_on,
                held.due_day, _yuan(held.instalment_fen), f"R{held.risk}" if held.risk else "",
            )
            for held in one.holdings
        ),
        "assignments": ((one.customer_no, one.owner, "owner", one.opened_on),),
        "consents": (
            (
                one.customer_no, purpose, int(given), SOURCES[one.number % 3],
                f"{day} 10:{one.number % 60:02d}:00",
            )
            for purpose, given, day in one.consents
        ),
        "snapshots": _snapshots(bank, one),
        "events": _events(bank, one),
        "flows": (
            (one.customer_no, flow.month, flow.kind, _yuan(flow.amount_fen), flow.count)
            for flow in flows_of(bank.seed, one.number, bank.today, one.attributes, one.aum_fen)
        ),
        "touches": touches_of(one, bank.today),
        "farming": _farming(bank, one),
        "signals": _signals(bank, one),
        "complaints": complaints_of(one, bank.today),
    }  # fmt: skip


def _account_unit(bank: Bank, one: Person) -> str:
    """Where the account is held: one customer in nine is managed by another unit than that."""
    if one.number > len(PINNED) and one.number % 9 == 4:
        return bank.places[one.number * 7 % len(bank.places)].unit_id
    return one.unit_id


def _snapshots(bank: Bank, one: Person) -> Iterator[Sequence[Cell]]:
    """Month ends of the last quarter: one customer in fifty loses a good part of the money.

    One in thirty of those with little had much two years ago.
    """
    if one.number % 30 == 11 and one.aum_fen < 5_000_000:
        day = bank.today - timedelta(days=700)
        yield one.customer_no, day, _yuan(12_000_000 + one.number % 9 * 3_000_000)
    leaving = one.number % 50 == 7
    for back in (90, 60, 30):
        share = 100 + (back if leaving else (one.number * back) % 7)
        day = bank.today - timedelta(days=back)
        yield one.customer_no, day, _yuan(one.aum_fen * share // 100)


def _events(bank: Bank, one: Person) -> Iterator[Sequence[Cell]]:
    """One customer in twenty has money coming in within six weeks; 陈建国 has moved money out."""
    made = f"E{bank.today:%Y%m%d}"
    if one.number == 2:
        day = bank.today - timedelta(days=1)
        yield (
            f"{made}OUT{one.number:08d}",
            one.customer_no,
            "money_out",
            day,
            "350000.00",
            "大额转出至他行",
        )
    if one.number % 20 == 3 and one.aum_fen > 1_000_000:
        day = bank.today + timedelta(days=3 + one.number % 40)
        amount = _yuan(one.aum_fen // 10 // 100 * 100)
        yield f"{made}{one.number:08d}", one.customer_no, "bonus", day, amount, "年终分红"


FARMS: Final = (
    ("种植", "玉米", "32.5", None, 3, 9, 150, "每亩 600 公斤", "走千访万"),
    ("养殖", "生猪", None, 120, None, 6, 165, "每批 120 头", "收购户"),
    ("林果", "苹果", "18", None, 12, 10, 300, "每亩 2000 公斤", "冷藏库"),
    ("水产", "对虾", "9.5", 400000, 4, 8, 110, "每亩 800 公斤", "农技讲座"),
    ("种植", "大棚番茄", "6", None, 1, 4, 100, "每亩 5000 公斤", "农技讲座"),
)
"""Type, what, 亩, heads, month of sowing, month of marketing, days, output, who told us."""


def _farming(bank: Bank, one: Person) -> Iterator[Sequence[Cell]]:
    """One customer in nine grows or keeps something; the season of some is about to begin."""
    if one.number % 9 != 5:
        return
    kind, what, mu, heads, *rest = FARMS[one.number // 9 % len(FARMS)]
    part = Decimal(60 + one.number // 45 * 7 % 90) / 100
    size = None if mu is None else f"{Decimal(mu) * part:.1f}"
    made = (kind, what, size, None if heads is None else int(heads * part), *rest)
    noted = bank.today - timedelta(days=20 + one.number % 60)
    yield f"F{bank.today:%Y}{one.number:08d}", one.customer_no, *made, noted


TRACES: Final = (
    ("长跑", "behavior", "参加翠湖晨跑"),
    ("健身", "behavior", "看了健身打卡文章"),
    ("读书", "self", "报名读书会"),
    ("亲子", "behavior", "参加亲子理财课"),
    ("股市", "behavior", "看了定投入门"),
)
"""Interest, where it is known from, what was seen."""


def _signals(bank: Bank, one: Person) -> Iterator[Sequence[Cell]]:
    """One customer in seven left a trace; one in twenty-one of long ago, which has faded."""
    if one.number % 7 != 2:
        return
    interest, origin, did = TRACES[one.number // 7 % len(TRACES)]
    back = 400 + one.number % 90 if one.number % 3 == 0 else 2 + one.number % 120
    day = bank.today - timedelta(days=back)
    yield (
        f"S{bank.today:%Y}{one.number:08d}", one.customer_no, interest, origin,
        f"{day} {9 + one.number % 9:02d}:{one.number % 60:02d}:00",
        f"活动 {day:%Y%m%d}", f"{day} {did}", 1,
    )  # fmt: skip


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"
