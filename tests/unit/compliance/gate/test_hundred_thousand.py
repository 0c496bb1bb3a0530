"""The gate keeps pace with a whole bank: a day's hundred thousand drafts in seconds."""

import random
import time
from datetime import timedelta

from compliance.facts import Counts, Draft, Words
from compliance.gate import Court
from compliance.screening import Screener
from tests.unit.compliance.gate.given import (
    CALENDAR,
    MORNING,
    POLICY,
    TODAY,
    draft,
    recipient,
    service,
)

DRAFTS = 100_000
LIMIT_SECONDS = 20
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
PRODUCTS = [
    f"青禾安享 {months} 个月第 {number} 期" for months in (3, 6, 12) for number in range(30)
]


STAFF = [f"{SURNAMES[n % 40]}{'敏静强磊'[n % 4]}{'' if n < 160 else '文'}" for n in range(300)]


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
    return service(product_kind="wealth", text="".join(text for _, text in pieces), pieces=pieces)


def _drafts() -> list[Draft]:
    rng = random.Random(7)
    return [
        draft(
            key=f"maturity:{number}",
            words=_words(rng),
            recipients=(
                recipient(
                    customer_id=number,
                    age=rng.randrange(18, 90),
                    risk_level=rng.randrange(1, 6),
                    suppressed=frozenset({"marketing"} if rng.random() < 0.02 else ()),
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
    start = time.perf_counter()
    decisions = [court.decide(one) for one in drafts]
    took = time.perf_counter() - start
    assert all(decision.verdict == "pass" for decision in decisions)
    assert court.screenings < 1_500
    assert took < LIMIT_SECONDS, f"{took:.1f} s"
    print(f"gate: {DRAFTS} drafts in {took:.2f} s, {court.screenings} screenings")  # noqa: T201
