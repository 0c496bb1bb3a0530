"""Every fate of a candidate is a whole sentence in Chinese, and the keys asked for are those planned."""

import re
from datetime import date

import pytest

from commands.plan_explained import sentence
from config import reminder_policy
from delivery.intents import Outcome
from delivery.plan_items import Refusal
from reminders.asking import keys_of

POLICY = reminder_policy.load()
TITLES = {one.name: one.title for one in POLICY.trigger}


@pytest.mark.parametrize(
    ("outcome", "reasons", "says"),
    [
        ("queued", "", "安排了"),
        ("blocked", "E-4022", "退订"),
        ("outranked", "loan.due:7:2026-11-28:3", "当天先说“贷款还款日”"),
        ("outranked", "", "当天能说的次数已经用完"),
        ("over_quota", "", "已到上限"),
        ("uncovered", "", "没有管户经理"),
        ("unreachable", "todo:no_relation,phone:no_phone", "没有企业微信好友关系"),
        ("no_words", "缺少“产品名称”，话术里不能留空", "缺少“产品名称”"),
        ("halted", "", "活动已经停止"),
        ("released", "", "收回了"),
    ],
)
def test_every_fate_is_a_sentence_with_its_reason(outcome: str, reasons: str, says: str) -> None:
    told = sentence(Refusal("birthday:7:2026", outcome, reasons), TITLES)
    assert says in told
    assert told.startswith("“生日问候”")
    assert told.endswith("。")
    assert not re.search(r"[a-z_]{4,}|E-\d", told)


def test_every_outcome_of_the_door_but_a_repeat_has_its_sentence() -> None:
    general = sentence(Refusal("birthday:7:2026", "released", ""), TITLES)
    for outcome in Outcome:
        if outcome is not Outcome.REPEATED:
            assert sentence(Refusal("birthday:7:2026", outcome.value, ""), TITLES) != general


def test_the_keys_of_a_day_name_holding_or_customer_and_step() -> None:
    found = keys_of(POLICY, date(2026, 11, 25), 7, [31, 32], [5_000_000])
    assert found["maturity.deposit:31:2026-12-02:7"].name == "maturity.deposit"
    assert found["maturity.deposit:32:2026-11-25:0"].name == "maturity.deposit"
    assert found["birthday:7:2026"].title == "生日问候"
    assert found["newcomer:7:2026-11-22:3"].name == "newcomer"
    assert any(key.startswith("tier.edge:7:5000000.") for key in found)
