"""The demo's examples: whoever a trigger of the reminders needs, so that each speaks to somebody today.

What a synthetic bank has by chance (an account opened yesterday, a customer whose turn it is to be
woken, a loan due in three days) stands here for certain, on whatever day the demo begins. Nothing
is planned here: the bank's files say what they say of some customers, and the rules find them.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from commands.demo.journey_day import BRANCH
from compliance import allow_list
from config import policy_catalogue
from config.reminder_policy import Trigger
from crm_sync.facts import CustomerFact
from crm_sync.repository import listing
from kit.clock import bank_date
from kit.policies import service as policies
from wiring.importing import bring
from wiring.parts import Parts

Row = tuple[str | int | date, ...]
DAY: Final = timedelta(days=1)
MOST: Final = 6_000
ADULT: Final = 18 * 366 * DAY
SMALL: Final = 300_000
"""Assets in 分 below which nothing is invested."""
LARGE: Final = 50_000_000
"""Assets in 分 from which a plan is looked over."""
HEADERS: Final = {
    "opened": ("customer_no", "unit_id", "opened_on"),
    "assets": ("customer_no", "unit_id", "aum_yuan", "aum_average_yuan", "tier"),
    "rated": ("customer_no", "unit_id", "risk_level", "risk_assessed_on"),
    "holdings": (
        "holding_no", "customer_no", "kind", "product_code", "product_name", "amount_yuan",
        "opened_on", "matures_on", "due_day", "instalment_yuan", "risk_level",
    ),
    "consents": ("customer_no", "purpose", "given", "source", "at"),
    "touches": (
        "touch_no", "customer_no", "staff_id", "channel", "at", "purpose", "act", "outcome", "void",
    ),
    "events": ("event_no", "customer_no", "kind", "on", "amount_yuan", "note"),
}  # fmt: skip
CUSTOMERS: Final = frozenset({"opened", "assets", "rated"})
RISKY: Final = ("FD0412", "禾苗价值成长股票", 4)
OFFERED: Final = "QHZX180"
"""A product that is shown to its white list alone."""
MARKET: Final = ("国际金价大幅波动", "metal")


class Examples:
    """The rows of the demo's files that make customers examples; nobody is one twice."""

    def __init__(self, people: Sequence[CustomerFact], today: date) -> None:
        self.today = today
        self.rows: dict[str, list[Row]] = {name: [] for name in HEADERS}
        self._free = list(people)
        self._made = 0

    def some(
        self, count: int, *, every: int = 1, least: int = 0, most: int = 0
    ) -> list[CustomerFact]:
        """Up to ``count`` who are nobody's example yet, with assets from ``least`` to below ``most``.

        ``every``: whose turn today is, of those who come up once in so many days.
        """
        turn = self.today.toordinal() % every
        found = [
            one
            for one in self._free
            if one.customer_id % every == turn
            and least <= (one.aum_fen or 0) < (most or (one.aum_fen or 0) + 1)
        ][:count]
        self._free = [one for one in self._free if one not in found]
        for one in found:
            self._agreed(one)
        return found

    def held(
        self, one: CustomerFact, kind: str, *, product: str = "", name: str, yuan: str = "",
        matures: date | str = "", due_day: int | str = "", instalment: str = "", risk: str = "",
    ) -> None:  # fmt: skip
        """A holding of a customer, opened two years ago."""
        opened = self.today - 730 * DAY
        self.rows["holdings"].append((
            self._number("H"), one.customer_no, kind, product, name, yuan, opened, matures,
            due_day, instalment, risk,
        ))  # fmt: skip

    def cared_for(self, one: CustomerFact) -> None:
        """A word of care twelve days ago: products are spoken of after care only."""
        moment = f"{self.today - 12 * DAY} 10:20:00"
        self.rows["touches"].append(
            (self._number("T"), one.customer_no, "", "sms", moment, "care", "", "", 0)
        )

    def left(self, one: CustomerFact, days_ago: Iterable[int]) -> None:
        """Money that went to another bank on some days."""
        for back in days_ago:
            on = self.today - back * DAY
            self.rows["events"].append(
                (self._number("O"), one.customer_no, "money_out", on, "62000.00", "转到他行同名账户")
            )  # fmt: skip

    def _agreed(self, one: CustomerFact) -> None:
        moment = f"{self.today - 2 * DAY} 15:00:00"
        for purpose in ("service", "care", "marketing"):
            self.rows["consents"].append((one.customer_no, purpose, 1, "网点签署", moment))

    def _number(self, letter: str) -> str:
        self._made += 1
        return f"X{letter}{self.today:%Y%m%d}{self._made:04d}"


async def examples_day(
    parts: Parts, files: Path, at: datetime, *, author: str, approver: str
) -> int:
    """Bring the files in, let an event of the market be approved; how many customers are examples."""
    today = bank_date(at)
    async with parts.databases.bank.reading() as session:
        friends, others = [
            await listing.page(session, listing.Wanted(contact=contact), limit=MOST)
            for contact in (True, False)
        ]
    people = [one for one in (*friends, *others) if one.unit_id != BRANCH and _hears(one, today)]
    made = Examples(people, today)
    edges = [tier.lowest_fen for tier in parts.tiers.tiers[1:3]]
    offered = _fill(made, {one.name: one for one in parts.reminders.trigger}, edges)
    for name, rows in made.rows.items():
        if not rows:
            continue
        path = files / f"examples-{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADERS[name], *rows])
        kind = "customers" if name in CUSTOMERS else name
        await bring(parts, kind, path, partial=True, by="system:demo", at=at)
    await _listed(parts, offered, at - 3 * DAY, author, approver)
    await _market(parts, at - DAY, today, author, approver)
    return len({row[0] for row in made.rows["consents"]})


def _hears(one: CustomerFact, today: date) -> bool:
    """A grown-up whose birthday is not today."""
    born = one.born_on
    return born is not None and born < today - ADULT and (born.month, born.day) != (
        today.month, today.day,
    )  # fmt: skip


def _fill(made: Examples, known: dict[str, Trigger], edges: Sequence[int]) -> list[CustomerFact]:
    """Somebody for each trigger that chance may leave without; returns who may be offered something.

    Where a customer may hear of something more urgent on the same day, there are several. ``edges``:
    where the second and the third tier begin, in 分.
    """
    today = made.today

    def every(name: str) -> int:
        return known[name].limits.every_days

    for name in ("opening", "newcomer"):
        for step in known[name].step:
            for one in made.some(1, most=SMALL):
                made.rows["opened"].append(
                    (one.customer_no, one.unit_id, today - step.days_after * DAY)
                )
    for one in made.some(2, every=every("low_activity"), most=SMALL):
        made.rows["assets"].append((one.customer_no, one.unit_id, "6.80", "7.10", "潜力"))
        made.held(one, "card", name="青禾借记卡", matures=today + 900 * DAY)
    for one in made.some(2, every=every("tier.edge"), most=edges[-1]):
        edge = next(fen for fen in edges if fen > (one.aum_fen or 0))
        just_below = _yuan(edge * 97 // 100)
        made.rows["assets"].append((one.customer_no, one.unit_id, just_below, just_below, one.tier))
        made.cared_for(one)
    for one in made.some(2, every=every("care.allocation"), least=LARGE):
        code, title, level = RISKY
        has, more = one.aum_fen or 0, (one.aum_fen or 0) * 3 // 5
        made.rows["rated"].append((one.customer_no, one.unit_id, "C3", today - 90 * DAY))
        made.rows["assets"].append(
            (one.customer_no, one.unit_id, _yuan(has + more), _yuan(has), one.tier)
        )
        made.held(one, "fund", product=code, name=title, yuan=_yuan(more), risk=f"R{level}")
    for one in made.some(1, every=every("care.review")):
        made.rows["assets"].append((one.customer_no, one.unit_id, "860000.00", "840000.00", "高端"))
    made.some(3, every=every("season"), least=LARGE // 10)  # who agreed to be cared for
    for one in made.some(1, most=SMALL):
        made.held(one, "card", name="青禾信用卡", matures=today + 30 * DAY)
    due = today + 3 * DAY
    for one in made.some(1, most=SMALL):
        made.held(
            one, "loan", name="个人消费贷款", yuan="80000.00", matures=today + 700 * DAY,
            due_day=due.day, instalment="2600.00",
        )  # fmt: skip
    return _leaving(made, known["outflow.offer"])


def _leaving(made: Examples, offer: Trigger) -> list[CustomerFact]:
    """Three whose money left three times, the last as long ago as the offer waits."""
    wait = max(step.days_after for step in offer.step)
    found = made.some(3, least=LARGE // 50, most=LARGE)
    for one in found:
        made.rows["rated"].append((one.customer_no, one.unit_id, "C3", made.today - 60 * DAY))
        made.cared_for(one)
        made.left(one, (wait + 60, wait + 30, wait))
    return found


def _yuan(fen: int) -> str:
    return f"{fen // 100}.00"


async def _listed(
    parts: Parts, people: Sequence[CustomerFact], at: datetime, author: str, approver: str
) -> None:
    """Let some onto the white list of the product that may be offered, by two people."""
    async with parts.databases.bank.transaction() as session:
        await allow_list.propose_entries(
            session, OFFERED, [one.customer_id for one in people], by=author, at=at,
            reason="规律转出，客户经理已问过原因，客户愿意了解。", expires_on=bank_date(at) + 30 * DAY,
        )  # fmt: skip
        asked = await allow_list.entries(session, product_code=OFFERED, states=("proposed",))
        await allow_list.decide_entries(
            session, [one.entry_id for one in asked], agree=True, by=approver,
            at=at + timedelta(hours=3), opinion="测评有效，等级匹配，同意",
        )  # fmt: skip


async def _market(parts: Parts, at: datetime, today: date, author: str, approver: str) -> None:
    """An event of the market in the bank's own version of the reminders, approved by another."""
    title, kind = MARKET
    name = policy_catalogue.REMINDERS.name
    async with parts.databases.bank.transaction() as session:
        _, holds = await policies.text_in_force(session, name)
        text = f'{holds}\n[[market_event]]\non = {today}\ntitle = "{title}"\nkinds = ["{kind}"]\n'
        number = await policies.propose(
            session, name, text, reason=f"{title}，请陪伴持有的客户", by=author, at=at
        )
        await policies.approve(
            session, name, number, opinion="只陪伴、不给方向，同意", by=approver, at=at + DAY / 24
        )
    await parts.refresh()
