"""A day at the bank, a customer, a script and a draft with nothing against it; change one thing."""

from datetime import UTC, date, datetime
from typing import Any

from msgspec.structs import replace

from compliance.calendar import BankCalendar
from compliance.facts import Channel, Draft, Purpose, Recipient, Sender, Words
from compliance.gate import Decision, judge
from compliance.gate import objections as gate_objections
from compliance.objections import Objection
from compliance.policy import GatePolicy
from compliance.screening.facts import Hit, Severity, Speaker, Verdict

POLICY = GatePolicy.load(hosts=frozenset({"bank.example"}))
CALENDAR = BankCalendar(quiet=POLICY.outreach.quiet)
MORNING = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # Tuesday 10:00 at the bank
TODAY = date(2026, 11, 24)

WEALTH_TEXT = (
    "周女士您好，青禾银行代销的青禾安享 12 个月，风险等级：R2（中低风险），期限 12 个月，"
    "1 万元起购，固定管理费 0.20%/年，由青禾理财管理，本行代销，不承担产品的投资和兑付责任。"
    "理财非存款，产品有风险，投资须谨慎。不想再收到此类消息，回复“退订”即可。"
)


class TwoWords:
    """A screener for tests: blocks 保本, sends 第一 to review, counts what it was asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def screen(
        self, text: str, *, speaker: Speaker, product: str | None = None, on: date | None = None
    ) -> Verdict:
        """Judge by two words."""
        self.texts.append(text)
        hits: list[Hit] = []
        bad: tuple[tuple[str, str, Severity], ...] = (
            ("保本", "R-YLD-01", "block"),
            ("第一", "R-ADV-01", "review"),
        )
        for word, rule, severity in bad:
            start = text.find(word)
            if start >= 0:
                end = start + len(word)
                hits.append(Hit(rule, "x", severity, start, end, word, "因为", "法", ()))
        severities = {hit.severity for hit in hits}
        outcome = "block" if "block" in severities else "review" if hits else "pass"
        return Verdict(outcome, (), tuple(hits), None, "test-1")  # type: ignore[arg-type]


def recipient(**changes: Any) -> Recipient:
    """Zhou Guilan, 45, C3, assessed this year, who has agreed to marketing."""
    return replace(
        Recipient(
            customer_id=42,
            age=45,
            risk_level=3,
            risk_assessed_on=date(2026, 6, 1),
            tier="mid",
            consents=frozenset({"marketing"}),
            last_care_on=date(2026, 11, 10),
        ),
        **changes,
    )


def words(**changes: Any) -> Words:
    """An approved R2 wealth script for marketing with its disclosures."""
    return replace(
        Words(
            script_code="remarketing.wealth",
            version=1,
            text=WEALTH_TEXT,
            template_hash="a" * 64,
            approved_hash="a" * 64,
            state="approved",
            purpose=Purpose.MARKETING,
            product_kind="wealth",
            product_code="W1",
            product_risk=2,
        ),
        **changes,
    )


def service(**changes: Any) -> Words:
    """An approved maturity notice."""
    notice = words(
        purpose=Purpose.SERVICE,
        product_kind="deposit",
        product_risk=None,
        text="周女士您好，您的三年期整存整取将于11月29日（周日）到期。",
    )
    return replace(notice, **changes)


def care(**changes: Any) -> Words:
    """An approved greeting without a product."""
    greeting = words(
        purpose=Purpose.CARE,
        product_kind=None,
        product_code=None,
        product_risk=None,
        text="周女士您好，今天降温，出门记得添衣。",
    )
    return replace(greeting, **changes)


def draft(**changes: Any) -> Draft:
    """The script to the customer from the sidebar, by a licensed manager."""
    return replace(
        Draft(
            key="k",
            channel=Channel.SIDEBAR,
            recipients=(recipient(),),
            words=words(),
            sender=Sender("limin", True, frozenset({"wealth"})),
        ),
        **changes,
    )


def against(
    given: Draft,
    *,
    at: datetime = MORNING,
    calendar: BankCalendar = CALENDAR,
    policy: GatePolicy = POLICY,
) -> set[Objection]:
    """Everything the gate says against a draft."""  # fmt: skip
    found = gate_objections(given, at=at, policy=policy, calendar=calendar, screener=TwoWords())
    assert len(found) == len(set(found))
    return set(found)


def decided(given: Draft, *, at: datetime = MORNING) -> Decision:
    """The whole decision on a draft."""
    [decision] = judge([given], at=at, policy=POLICY, calendar=CALENDAR, screener=TwoWords())
    return decision
