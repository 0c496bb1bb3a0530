"""A text is screened once a version and class of a typed field; free text whenever it differs."""

from datetime import date, timedelta
from functools import cache

import pytest

from compliance.facts import Channel, Purpose, Words
from compliance.policy import GatePolicy
from compliance.screening import Screener
from compliance.typed_values import TYPED, class_of
from compliance.wording import Reader
from content_library.fields import FIELDS, SAMPLE_FACTS
from content_library.render import pieces
from delivery.wording import customer_title

ON = date(2026, 11, 25)
TEMPLATE = (
    "{{customer_title}}您好，我是客户经理{{staff_name}}。您的{{product_name}}将于"
    "{{matures_on}}到期，还有{{days_left}}天，到期怎么安排都可以随时问我。"
)


@cache
def _screener() -> Screener:
    return Screener.from_rulebook()


def _reader() -> Reader:
    return Reader(GatePolicy.load(), _screener())


def _words(version: int = 1, template: str = TEMPLATE, **facts: object) -> Words:
    said = pieces(template, {**SAMPLE_FACTS, **facts})
    return Words(
        script_code="maturity",
        version=version,
        text="".join(part for _, part in said),
        template_hash=template,
        approved_hash=template,
        state="approved",
        purpose=Purpose.SERVICE,
        pieces=said,
    )


def test_a_thousand_days_and_surnames_are_screened_once_a_version() -> None:
    reader = _reader()
    for n in range(1_000):
        words = _words(
            customer_title=customer_title("赵钱孙李周吴郑王冯陈"[n % 10] + "伟", "F"),
            matures_on=ON + timedelta(days=n % 700),
            days_left=n % 400,
        )
        assert not reader.read(words, Channel.TODO, ON).objections
    assert reader.screenings == 1
    other = TEMPLATE.replace("您的", "您名下的")
    for n in range(100):
        reader.read(_words(2, other, days_left=n), Channel.TODO, ON)
    assert reader.screenings == 2  # another version is another text


def test_each_class_of_a_typed_field_is_screened_once_more() -> None:
    reader = _reader()
    for gender in ("F", "M", ""):
        for surname in ("王", "李", "欧阳"):
            title = customer_title(surname + "小明", gender)
            assert not reader.read(_words(customer_title=title), Channel.TODO, ON).objections
    assert reader.screenings == 3  # 女士, 先生, 女士/先生


def test_free_text_is_always_screened() -> None:
    reader = _reader()
    for name in ("三年期整存整取", "稳健一号", "月月开放", "安心二号"):
        assert not reader.read(_words(product_name=name), Channel.TODO, ON).objections
    assert reader.screenings == 4
    promise = reader.read(_words(product_name="保本保息稳赚不赔的理财"), Channel.TODO, ON)
    assert promise.objections
    staff = reader.read(_words(staff_name="保证收益年化百分之十"), Channel.TODO, ON)
    assert staff.objections
    assert reader.screenings >= 6


@pytest.mark.parametrize("title", ["稳赚女士", "利女士", "{{amount}}先生", "保本息先生", "A女士"])
def test_a_title_by_no_surname_is_free_text(title: str) -> None:
    assert class_of("customer_title", title) is None


@pytest.mark.parametrize("name", sorted(TYPED))
def test_what_a_typed_field_writes_is_of_its_class_and_nothing_else_is(name: str) -> None:
    written = FIELDS[name].format(SAMPLE_FACTS[name])
    assert class_of(name, written) == f"<{TYPED[name][0]}>"
    for other in (f"{written}，保本", f"稳赚{written}", "保本保息", ""):
        assert class_of(name, other) is None
    assert class_of("product_name", written) is None


def test_two_values_that_touch_are_free_text_together() -> None:
    reader = _reader()
    template = TEMPLATE + "卡号末四位{{card_tail}}{{days_left}}。"
    for tail in ("1111", "2222", "3333"):
        reader.read(_words(template=template, card_tail=tail), Channel.TODO, ON)
    assert reader.screenings == 3


def test_own_digits_beside_a_value_are_looked_at_in_every_text() -> None:
    reader = _reader()
    template = "{{customer_title}}您好，办理时请报编号622202{{card_tail}}000000，谢谢。"
    found = [
        bool(reader.read(_words(template=template, card_tail=tail), Channel.TODO, ON).objections)
        for tail in (f"{n:04d}" for n in range(40))
    ]
    assert len(set(found)) == 2  # a number that is one by its check digit is found whenever it is


def test_what_is_read_quickly_is_read_the_same_as_alone() -> None:
    together = _reader()
    for n in range(20):
        words = _words(
            product_name=("稳健一号", "零风险理财", "三年期整存整取")[n % 3],
            matures_on=ON + timedelta(days=n),
            staff_name=("李敏", "王珊")[n % 2],
        )
        alone = _reader().read(words, Channel.TODO, ON)
        assert together.read(words, Channel.TODO, ON).objections == alone.objections
