"""The gate keeps pace with a whole bank: a day's hundred thousand drafts in seconds."""

import random
import time
from datetime import timedelta

from msgspec.structs import replace

from compliance.facts import Channel, Counts, Draft, Recipient, Words
from compliance.gate import Court
from compliance.screening import Screener
from tests.unit.compliance.gate.given import (
    CALENDAR,
    MORNING,
    POLICY,
    TODAY,
    draft,
    service,
)

DRAFTS = 100_000
LIMIT_SECONDS = 20  # of processor time, because other work may share the machine
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
PRODUCTS = [
    f"青禾安享 {months} 个月第 {number} 期" for months in (3, 6, 12) for number in range(30)
]


STAFF = [f"{SURNAMES[n % 40]}{'敏静强磊'[n % 4]}{'' if n < 160 else '文'}" for n in range(300)]


NOTICE = service(product_kind="wealth")
OPTED_OUT: frozenset[str] = frozenset({"marketing"})
NOTHING: frozenset[str] = frozenset()


def _words(rng: random.Random) -> Words:
    day = TODAY + timedelta(days=7)
    pieces = (
        ("customer_title", f"{rng.choice(SURNAMES)}{rng.choice(['女士', '先生'])}"),
        ("", "您好，我是青禾银行"),
        ("unit_name", f"第{rng.randrange(27)}支行"),
        ("", "的客户经理"),
        ("staff_name", rng.choice(STAFF)),
        ("", "。您持有的"),
        ("product_name", rng.choice(PRODUCTS)),
        ("", "将于"),
        ("matures_on", f"{day.month}月{day.day}日（周二）"),
        ("", "到期，资金到账时间和实际收益请以手机银行为准。需要协助可以随时联系我。"),
    )
    return replace(NOTICE, text="".join(text for _, text in pieces), pieces=pieces)


def _drafts() -> list[Draft]:
    rng = random.Random(7)
    sender = draft().sender
    return [
        Draft(
            key=f"maturity:{number}",
            channel=Channel.SIDEBAR,
            words=_words(rng),
            sender=sender,
            recipients=(
                Recipient(
                    customer_id=number,
                    age=rng.randrange(18, 90),
                    risk_level=rng.randrange(1, 6),
                    risk_assessed_on=TODAY,
                    suppressed=OPTED_OUT if rng.random() < 0.02 else NOTHING,
                ),
            ),
            counts=Counts(today=rng.randrange(2)),
        )
        for number in range(DRAFTS)
    ]


def test_a_hundred_thousand_personal_texts_are_judged_in_seconds() -> None:
    drafts = _drafts()
    assert len({one.words.text for one in drafts}) > 90_000
    screener = Screener.from_rulebook()
    court = Court(at=MORNING, policy=POLICY, calendar=CALENDAR, screener=screener)
    start = time.process_time()
    decisions = [court.decide(one) for one in drafts]
    took = time.process_time() - start
    assert all(decision.verdict == "pass" for decision in decisions)
    assert court.screenings < 1_500
    assert took < LIMIT_SECONDS, f"{took:.1f} s"
    print(f"gate: {DRAFTS} drafts in {took:.2f} s, {court.screenings} screenings")  # noqa: T201
