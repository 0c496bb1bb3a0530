"""Numbers that identify a person are found however they are written, and others are left alone."""

import pytest

from compliance.screening import Screener
from compliance.screening.numbers import is_card_number, is_identity_number, is_mobile_number


@pytest.mark.parametrize(
    "text",
    [
        "证件11010519491231002X登记一下",
        "证件 110105 19491231 002X 登记",
        "卡号6222021234567890128",
        "卡号6222 0212 3456 7890 128",
        "卡号6222-0212-3456-7890-128",
        "卡号六二二二零二一二三四五六七八九零一二八",
        "卡号⑥②②②⓪②①②③④⑤⑥⑦⑧⑨⓪①②⑧",
        "卡号6\n2\n2\n2\n0\n2\n1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n2\n8",
        "李女士电话138 1234 5678，跟进一下",
        "孙总 幺三八一二三四五六七八 欠款",
    ],
)
def test_a_persons_number_in_a_managers_line_is_stopped(screener: Screener, text: str) -> None:
    verdict = screener.screen(text, speaker="manager")
    assert verdict.verdict == "block"
    assert "R-PII-01" in {hit.rule for hit in verdict.hits}


@pytest.mark.parametrize(
    "text",
    [
        "尾号0128的卡到期了，手机138****5678会收到短信",
        "快递单号6222021234567890128明天到",
        "登记编码Z7001021000128在中国理财网可查",
        "ISBN 9787302511625 那本绘本到了",
        "有事打我电话13812345678，客户经理小周",
        "卡号6222021234567890129",  # the check digit is wrong
        "二〇二六年十一月二十二日",
        "电话95588转0",
        "基金代码000001",
    ],
)
def test_other_numbers_are_no_persons_numbers(screener: Screener, text: str) -> None:
    verdict = screener.screen(text, speaker="manager")
    assert "R-PII-01" not in {hit.rule for hit in verdict.hits}


def test_a_customer_who_posts_a_card_number_is_flagged_but_not_blocked(screener: Screener) -> None:
    verdict = screener.screen("我的卡号6222021234567890128", speaker="customer")
    assert verdict.verdict == "review"


def test_check_digits_are_checked() -> None:
    assert is_identity_number("11010519491231002x")
    assert not is_identity_number("110105194912310020")
    assert not is_identity_number("110105194913310021")
    assert is_card_number("6222021234567890128")
    assert not is_card_number("6222021234567890120")
    assert not is_card_number("6666666666666666")
    assert is_mobile_number("13812345678")
    assert is_mobile_number("8613812345678")
    assert not is_mobile_number("12012345678")
