"""What stands in the text itself: account data, links, disclosures, length, screening once."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from msgspec import structs

from compliance.account_data import holds_account_data
from compliance.facts import Channel, Draft
from compliance.gate import Court, judge
from compliance.links import foreign_links
from compliance.objections import Objection
from compliance.screening import rulebook
from compliance.screening.facts import LEARNED_RULE, Hit, Speaker, Verdict
from compliance.wording import Reader
from tests.unit.compliance.gate.given import (
    CALENDAR,
    MORNING,
    POLICY,
    TODAY,
    WEALTH_TEXT,
    TwoWords,
    against,
    care,
    decided,
    draft,
    service,
    words,
)


@pytest.mark.mission("C4")
@pytest.mark.parametrize(
    "text",
    [
        "您的卡号 6222021234567890128 已激活",
        "卡号6222 0212 3456 7890 128",
        "卡号６２２２０２１２３４５６７８９０１２８",
        "身份证 11010519491231002X",
        "电话13812345678",
        "电话 138-1234-5678",
        "账号：12345678901",
        "您的余额为 12,500.00 元",
        "账户余额 3 万",
        "您名下的存款共 20 万元即将到期",
        "本金 200000 元",
        "持仓市值：1.2亿",
    ],
)
def test_account_data_never_stands_in_a_message(text: str) -> None:
    assert holds_account_data(text)
    assert Objection.ACCOUNT_IN_TEXT in against(draft(words=care(text=text)))


@pytest.mark.parametrize(
    "text",
    [
        "尾号6688的卡将于11月30日到期",
        "客服电话 400-800-1234，网点电话 0791-88886666",
        "1 万元起购，期限 12 个月",
        "存款保险最高偿付限额为人民币50万元（本息合并计算）",
        "起存金额 20 万元，到期一次还本付息",
        "产品登记编码 Z7001224000123，可在中国理财网查询",
        "请在手机银行查看余额",
        "2026年11月22日 14:30，电话预约",
        "138****5678",
        "工号 20261122001",
    ],
)
def test_what_is_no_account_data_is_let_through(text: str) -> None:
    assert not holds_account_data(text)


@pytest.mark.parametrize(
    "text",
    [
        "点 http://evil.example/x 领取",
        "点 https://bank.example.evil.com/x",
        "点 https://bank.example@evil.com/x",
        "点 www.evil-bank.com 看",
        "打开 javascript:alert(1)",
        "weixin://dl/chat",
        "HTTPS：//EVIL.CN",
        "ｈｔｔｐｓ：／／ｅｖｉｌ．ｃｎ",
    ],
)
def test_links_to_others_are_refused(text: str) -> None:
    found = decided(draft(words=care(text=text)))
    assert Objection.FOREIGN_LINK in found.objections
    assert found.details[Objection.FOREIGN_LINK]


@pytest.mark.parametrize(
    "text",
    [
        "点 https://bank.example/o/notice 查看",
        "点 https://m.bank.example:443/o 查看",
        "时间 14:30，地点：翠湖支行",
        "年化 1.55%，比去年低 0.2",
        "共 3.5 公里",
    ],
)
def test_the_banks_own_links_and_plain_text_pass(text: str) -> None:
    assert against(draft(words=care(text=text))) == set()


def test_a_subdomain_is_not_a_suffix() -> None:
    hosts = frozenset({"bank.example"})
    assert foreign_links("https://notbank.example/", hosts)
    assert not foreign_links("https://app.bank.example/", hosts)


@pytest.mark.parametrize(
    ("gone", "name"),
    [
        ("风险等级：R2（中低风险），", "风险等级"),
        ("，期限 12 个月", "期限或开放日"),
        ("1 万元起购，", "起购金额"),
        ("固定管理费 0.20%/年，", "费用"),
        ("本行代销，不承担产品的投资和兑付责任。", "管理人与代销说明"),
        ("理财非存款，产品有风险，投资须谨慎。", "风险提示语"),
        ("不想再收到此类消息，回复“退订”即可。", "退订方式"),
    ],
)
def test_an_advertisement_that_lacks_an_element_names_it(gone: str, name: str) -> None:
    text = WEALTH_TEXT.replace(gone, "").replace("代销的", "" if "代销" in gone else "代销的")
    assert text != WEALTH_TEXT
    found = decided(draft(words=words(text=text)))
    assert found.objections == (Objection.DISCLOSURE_MISSING,)
    assert name in found.details[Objection.DISCLOSURE_MISSING]


def test_a_benchmark_needs_its_basis_only_where_it_is_named() -> None:
    naked = WEALTH_TEXT + "业绩比较基准 2.20%-2.70%。"
    based = naked.replace("%。", "%，为测算目标，不构成收益承诺。")
    assert against(draft(words=words(text=naked))) == {Objection.DISCLOSURE_MISSING}
    assert against(draft(words=words(text=based))) == set()


def test_an_element_may_come_from_a_field() -> None:
    before, after = WEALTH_TEXT.split("R2（中低风险）")
    pieces = (("", before), ("product_risk", "R2（中低风险）"), ("", after))
    assert against(draft(words=words(pieces=pieces))) == set()
    empty = (("", before), ("product_risk", "未评级"), ("", after))
    text = before + "未评级" + after
    assert against(draft(words=words(text=text, pieces=empty))) == {Objection.DISCLOSURE_MISSING}


@pytest.mark.parametrize(
    ("channel", "size", "refused"),
    [
        (Channel.BROADCAST, 1333, False),
        (Channel.BROADCAST, 1334, True),
        (Channel.SIDEBAR, 1334, True),
    ],
)
def test_length_is_counted_in_bytes(channel: Channel, size: int, refused: bool) -> None:
    found = against(draft(channel=channel, words=care(text="好" * size)))
    assert (Objection.TOO_LONG in found) == refused


def test_what_the_approver_accepted_is_not_asked_again() -> None:
    doubtful = care(text="第一次共读，欢迎报名。")
    assert against(draft(words=doubtful)) == {Objection.SCREENED_REVIEW}
    accepted = structs.replace(doubtful, accepted_rules=frozenset({"R-ADV-01"}))
    assert against(draft(words=accepted)) == set()
    other = structs.replace(doubtful, accepted_rules=frozenset({"R-ADV-02"}))
    assert against(draft(words=other)) == {Objection.SCREENED_REVIEW}


class WeighsSentences(TwoWords):
    """A screener whose learned rule doubts every sentence that names an amount."""

    def screen(
        self, text: str, *, speaker: Speaker, product: str | None = None, on: date | None = None
    ) -> Verdict:
        """Two words first, then the weighing."""
        found = super().screen(text, speaker=speaker, product=product, on=on)
        if found.verdict != "pass" or "元" not in text:
            return found
        doubt = Hit(LEARNED_RULE, "x", "review", 0, len(text), text, "因为", "法", ())
        return Verdict("review", ("x",), (doubt,), None, "test-1")


def test_a_sentence_a_person_has_approved_is_not_weighed_again_for_an_amount_in_it() -> None:
    def verdict(**changes: object) -> set[Objection]:
        given = draft(words=care(text="您的还款是 300 元，请提前备好。", **changes))
        [decision] = judge(
            [given], at=MORNING, policy=POLICY, calendar=CALENDAR, screener=WeighsSentences()
        )
        return set(decision.objections)

    assert verdict() == set()
    assert Objection.SCREENED_REVIEW in verdict(approved_hash="b" * 64)
    assert Objection.SCREENED_REVIEW in verdict(approved_hash=None)


def test_the_learned_rule_is_the_one_that_the_rulebook_names() -> None:
    policy = rulebook.load().phrasing
    assert {rule.id for rule in policy.rules.values()} == {LEARNED_RULE}


def _letters(values: list[tuple[str, str]]) -> list[Draft]:
    drafts = []
    for number, (title, staff) in enumerate(values):
        pieces = (
            ("customer_title", title),
            ("", "您好，今天降温，出门记得添衣。翠湖支行客户经理"),
            ("staff_name", staff),
        )
        text = "".join(part for _, part in pieces)
        drafts.append(draft(key=str(number), words=care(text=text, pieces=pieces)))
    return drafts


def test_a_text_is_screened_once_and_a_value_once() -> None:
    values = [(f"周{n % 40}", f"李{n % 25}") for n in range(1000)]
    screener = TwoWords()
    decisions = judge(
        _letters(values), at=MORNING, policy=POLICY, calendar=CALENDAR, screener=screener
    )
    assert all(decision.verdict == "pass" for decision in decisions)
    assert len(screener.texts) == len(set(screener.texts)) == 1 + 39 + 24


def test_a_hostile_value_is_found_wherever_it_stands_and_harms_no_other() -> None:
    values = [("周女士", "李敏"), ("保本先生", "李敏"), ("周女士", "保本"), ("周女士", "王珊")]
    for order in (values, values[1:] + values[:1], values[::-1]):
        decisions = judge(
            _letters(order), at=MORNING, policy=POLICY, calendar=CALENDAR, screener=TwoWords()
        )
        blocked = [Objection.SCREENED_BLOCK in decision.objections for decision in decisions]
        assert blocked == ["保本" in title + staff for title, staff in order]


class Announced(TwoWords):
    """A screener whose rules come into force on the day after."""

    def screen(
        self, text: str, *, speaker: Speaker, product: str | None = None, on: date | None = None
    ) -> Verdict:
        """Nothing is wrong before that day."""
        verdict = super().screen(text, speaker=speaker, product=product, on=on)
        return verdict if on is None or on > TODAY else Verdict("pass", (), (), None, "test-1")


def test_what_was_read_before_a_rule_came_into_force_is_read_anew() -> None:
    screener = Announced()
    reader = Reader(POLICY, screener)
    given = draft(words=care(text="您好，这款保本，请放心。"))
    found = [
        Court(at=at, policy=POLICY, calendar=CALENDAR, screener=screener, reader=reader)
        .decide(given)
        .objections
        for at in (MORNING, MORNING, MORNING + timedelta(days=1))
    ]
    assert [Objection.SCREENED_BLOCK in one for one in found] == [False, False, True]
    assert len(screener.texts) == 2


class SeesThroughStops(TwoWords):
    """A screener that reads over punctuation, as the real one does."""

    def screen(
        self, text: str, *, speaker: Speaker, product: str | None = None, on: date | None = None
    ) -> Verdict:
        """Judge the text without its stops."""
        return super().screen(re.sub(r"\W", "", text), speaker=speaker, product=product, on=on)


@pytest.mark.parametrize("between", ["", "，", "、 ", "——"])
def test_what_is_said_across_two_values_is_seen(between: str) -> None:
    court = Court(at=MORNING, policy=POLICY, calendar=CALENDAR, screener=SeesThroughStops())
    verdicts = []
    for first, second in (("周", "李"), ("保", "李"), ("周", "本"), ("保", "本")):
        pieces = (("", "今天天气好，"), ("a", first), ("", between), ("b", second))
        text = "".join(part for _, part in pieces)
        verdicts.append(court.decide(draft(words=care(text=text, pieces=pieces))).verdict)
    assert verdicts == ["pass", "pass", "pass", "block"]


def test_pieces_that_are_not_the_text_are_not_believed() -> None:
    lying = care(text="这款保本", pieces=(("", "今天好"),))
    assert Objection.SCREENED_BLOCK in against(draft(words=lying))


def test_service_words_about_wealth_say_what_is_decisive() -> None:
    silent = service(product_kind="wealth", text="您持有的产品将于11月29日到期。")
    spoken = structs.replace(silent, text=silent.text + "实际收益以手机银行为准。")
    assert against(draft(words=silent)) == {Objection.DISCLOSURE_MISSING}
    assert against(draft(words=spoken)) == set()


@pytest.mark.mission("C4")
@pytest.mark.parametrize(
    ("link", "stopped"),
    [
        ("https://app.bank.example/p/W1", False),  # opens the product in the App
        ("https://go.bank.example/o/c/abc", False),  # a page of ours for customers
        ("https://www.bank.example/wealth/W1", True),  # ours, but not the App
        ("https://evil.example/o/c/abc", True),
        ("https://www.bank.example/x?u=/o/c/", True),
    ],
)
def test_words_that_sell_a_product_link_to_the_app_and_nowhere_else(
    link: str, stopped: bool
) -> None:
    links = POLICY.outreach.links.model_copy(update={"app_hosts": ("app.bank.example",)})
    policy = replace(POLICY, outreach=POLICY.outreach.model_copy(update={"links": links}))
    found = against(draft(words=words(text=f"{WEALTH_TEXT}办理：{link}")), policy=policy)
    assert (Objection.FOREIGN_LINK in found) is stopped
    told = care(text="周女士您好，网点地图：https://www.bank.example/map")
    assert Objection.FOREIGN_LINK not in against(draft(words=told), policy=policy)
