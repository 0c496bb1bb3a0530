"""The gate over a day's candidates, beside a bare loop over the same facts in the same run.

``python -m bench gate``

The bare side is one function of plain ``if``s that says yes or no and stops at the first reason:
no words are read, no reason is named. It must agree with the gate on every draft. Ours renders
every reason with its code, reads every text (each value once) and can be asked about any channel.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from compliance.calendar import BankCalendar
from compliance.facts import Channel, Counts, Draft, Purpose, Recipient, Sender, Words
from compliance.gate import Court, Decision
from compliance.policy import GatePolicy
from compliance.screening import Screener

AT: Final = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)  # 18:30 on a Tuesday at the bank
TODAY: Final = date(2026, 11, 24)
SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
FUNDS: Final = tuple(f"青禾安享 {months} 个月第 {n} 期" for months in (3, 6, 12) for n in range(30))
SOLD: Final = (
    "，风险等级：R2（中低风险），期限 12 个月，1 万元起购，固定管理费 0.20%/年，由青禾理财管理，"
    "本行代销，不承担产品的投资和兑付责任。理财非存款，产品有风险，投资须谨慎。"
    "不想再收到此类消息，回复“退订”即可。"
)
ELDER: Final = 60


@dataclass(frozen=True)
class Judged:
    """Seconds of processor time for one lot of drafts, by the gate and by the bare loop."""

    drafts: int
    passed: int
    gate: float
    bare: float
    texts: int
    screenings: int
    reasons: Counter[str]


def drafts(number: int, seed: int = 7) -> list[Draft]:
    """Candidates of a day at the bank: three purposes, four channels, personal texts."""
    chance = random.Random(seed)
    sender = Sender("limin", True, frozenset({"wealth"}))
    return [_draft(chance, one, sender) for one in range(number)]


def _draft(chance: random.Random, number: int, sender: Sender) -> Draft:
    purpose = chance.choice(list(Purpose))
    age = chance.randrange(16, 95)
    return Draft(
        key=f"bench:{number}",
        channel=chance.choice((Channel.TODO, Channel.SIDEBAR, Channel.SMS)),
        recipients=(
            Recipient(
                customer_id=number,
                age=age,
                risk_level=chance.randrange(1, 6),
                risk_assessed_on=TODAY - timedelta(days=chance.randrange(500)),
                consents=frozenset({"marketing"} if chance.random() < 0.8 else ()),
                refusals=frozenset({purpose.value} if chance.random() < 0.02 else ()),
                suppressed=frozenset({"marketing"} if chance.random() < 0.03 else ()),
                complaint_open=chance.random() < 0.01,
                last_care_on=TODAY - timedelta(days=chance.randrange(60)),
            ),
        ),
        words=_words(chance, purpose),
        sender=sender,
        counts=Counts(chance.randrange(2), chance.randrange(4), chance.randrange(8), 0, 0),
    )


def _words(chance: random.Random, purpose: Purpose) -> Words:
    title = f"{chance.choice(SURNAMES)}{chance.choice(['女士', '先生'])}"
    fund = chance.choice(FUNDS)
    day = TODAY + timedelta(days=chance.randrange(1, 40))
    pieces: tuple[tuple[str, str], ...] = (
        ("customer_title", title),
        ("", "您好，我是青禾银行第"),
        ("unit_name", f"{chance.randrange(27)}支行"),
        ("", "的客户经理。"),
    )
    if purpose is Purpose.SERVICE:
        matures = f"{day.month}月{day.day}日"
        pieces += (("", "您的三年期整存整取将于"), ("matures_on", matures), ("", "到期。"))
    elif purpose is Purpose.CARE:
        pieces += (("", "今天降温，出门记得添衣，路上慢一点。"),)
    else:
        pieces += (("product_name", fund), ("", SOLD))
    selling = purpose is Purpose.MARKETING
    return Words(
        script_code=f"bench.{purpose.value}",
        version=1,
        text="".join(text for _, text in pieces),
        template_hash="a" * 64,
        approved_hash="a" * 64,
        state="approved",
        purpose=purpose,
        product_kind="wealth" if selling else None,
        product_code="W1" if selling else None,
        product_risk=2 if selling else None,
        pieces=pieces,
    )


def bare(policy: GatePolicy) -> Callable[[Draft], bool]:
    """A function that says whether a draft may go, by the same facts and nothing else."""
    caps = {purpose: policy.caps(purpose) for purpose in Purpose}
    weeks = {
        (purpose, elder): policy.weekly_cap(purpose, elder=elder)
        for purpose in Purpose
        for elder in (False, True)
    }
    assessed = date(TODAY.year - 1, TODAY.month, TODAY.day)

    def may_go(draft: Draft) -> bool:
        who, purpose, counts = draft.recipients[0], draft.words.purpose, draft.counts
        age = who.age or 0
        elder = age >= ELDER
        if elder and draft.channel is not Channel.TODO:  # 18:30: open for others, not for them
            return False
        if purpose.value in who.refusals:
            return False
        if who.suppressed and purpose is not Purpose.SERVICE:
            return False
        if counts is not None:
            cap = caps[purpose]
            if counts.today >= cap.day or counts.week >= weeks[purpose, elder]:
                return False
            if counts.month >= cap.month or counts.campaign >= cap.campaign:
                return False
        if purpose is not Purpose.MARKETING:
            return True
        if "marketing" not in who.consents or who.complaint_open:
            return False
        if who.last_care_on is None or (TODAY - who.last_care_on).days > 30:
            return False
        if age < 18 or (who.risk_level or 0) < 2:
            return False
        return who.risk_assessed_on is not None and who.risk_assessed_on > assessed

    return may_go


def measure(number: int) -> Judged:
    """Judge ``number`` drafts by both; processor seconds, the better of two rounds that take turns.

    Raises AssertionError where the two do not agree on a draft.
    """
    lot = drafts(number)
    policy = GatePolicy.load()
    calendar, screener = BankCalendar(quiet=policy.outreach.quiet), Screener.from_rulebook()
    may_go = bare(policy)
    gate_seconds, bare_seconds = [], []
    decisions: list[Decision] = []
    court = Court(at=AT, policy=policy, calendar=calendar, screener=screener)
    for _ in range(2):
        court = Court(at=AT, policy=policy, calendar=calendar, screener=screener)
        began = time.process_time()
        decisions = [court.decide(one) for one in lot]
        gate_seconds.append(time.process_time() - began)
        began = time.process_time()
        allowed = [may_go(one) for one in lot]
        bare_seconds.append(time.process_time() - began)
        _must_agree(decisions, allowed)
    reasons = Counter(reason.code for one in decisions for reason in one.objections)
    passed = sum(not one.objections for one in decisions)
    texts = len({one.words.text for one in lot})
    return Judged(
        number, passed, min(gate_seconds), min(bare_seconds), texts, court.screenings, reasons
    )


def _must_agree(decisions: Sequence[Decision], allowed: Sequence[bool]) -> None:
    for decision, yes in zip(decisions, allowed, strict=True):
        assert (not decision.objections) == yes, (decision.key, decision.objections, yes)


def one_text(number: int) -> Judged:
    """The same with one text for everybody, which is read once: the facts alone."""
    lot = drafts(number)
    known = {purpose: _words(random.Random(1), purpose) for purpose in Purpose}
    same = [replace(one, words=known[one.words.purpose]) for one in lot]
    policy = GatePolicy.load()
    calendar, screener = BankCalendar(quiet=policy.outreach.quiet), Screener.from_rulebook()
    court, may_go = (
        Court(at=AT, policy=policy, calendar=calendar, screener=screener),
        bare(policy),
    )
    began = time.process_time()
    decisions = [court.decide(one) for one in same]
    gate_seconds = time.process_time() - began
    began = time.process_time()
    allowed = [may_go(one) for one in same]
    bare_seconds = time.process_time() - began
    _must_agree(decisions, allowed)
    passed = sum(not one.objections for one in decisions)
    return Judged(number, passed, gate_seconds, bare_seconds, 3, court.screenings, Counter())


def told(found: Sequence[tuple[str, Judged]], said: str) -> list[str]:
    """The section of the page."""
    lines = [
        "Candidate sends judged in one process, every reason named and every text read with all"
        " rules; beside it a bare loop over the same facts that stops at the first reason, reads no"
        " words and names nothing. Both agree on every draft, or the run fails. Processor time.",
        "",
        "| texts | drafts | × bare loop | gate s | bare s | drafts/s | pass | texts that differ | read |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, one in found:
        lines.append(
            f"| {name} | {one.drafts:,} | {one.gate / one.bare:.0f} | {one.gate:.2f} |"
            f" {one.bare:.3f} | {one.drafts / one.gate:,.0f} | {one.passed / one.drafts:.0%} |"
            f" {one.texts:,} | {one.screenings:,} |"
        )
    return [*lines, "", said]


def run(number: int) -> list[tuple[str, Judged]]:
    """Both lots."""
    return [("personal", measure(number)), ("one a purpose", one_text(number))]
