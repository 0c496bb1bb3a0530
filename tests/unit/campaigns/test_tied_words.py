"""Whatever is tied to money is found in ordinary words, near denials and under disguises."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.errors import TiedToMoney
from campaigns.rules import checked
from campaigns.tied_words import TIED, plain, says
from tests.unit.campaigns.test_rules import LECTURE, POLICY

ORDINARY = (
    "存20万送2000积分",
    "一次性存够五万块，来网点领礼",
    "活动期内新增资金10万元以上可领",
    "把他行的钱搬回我行就有礼",
    "每存1万得10积分",
    "每增加五万元积100分",
    "月日均提升10万，积分翻倍",
    "AUM达到50万享贵宾停车",
    "资产比上月多五万即可参加，资产越多礼越多",
    "余额不少于3万元的客户可报名",
    "名下金融资产满伍拾万",
    "5w达标礼",
    "五万元起，得积分",
    "20万以上客户专享礼遇",
    "大额存单续存满一年，换积分",
    "定期存满30万，健康体检一次",
    "买理财，送积分",
    "认购任意基金均可得礼",
    "投保年金险即送健康咨询",
    "签约基金定投得500积分",
    "理财购买客户专享讲座",
    "追加保险，得贵宾休息室一次",
    "手里的钱达到五万元可领取",
    "从外行转进来的资金，按金额积分",
    "存款每多一万，积分加一倍",
    "办一张大额存单，得500积分",
    "理财到期再买一期，积分翻倍",
    "资金回流有礼",
    "存款有礼，多存多得",
    "新客首购理财送积分",
    "完成首笔基金定投，得积分",
    "介绍亲友来存款得积分",
    "工资卡留存资金10万元，得停车券",
)
NEAR_DENIALS = (
    "不用排队，存满20万即送积分",
    "不用排队存满20万即送积分",
    "无需门槛存满5万就能领",
    "没有存满20万不能领",
    "未购买理财的客户不发",
    "谨防错过存满20万送礼",
    "存满20万得积分与年龄无关",
    "积分与年龄无关，资产达到50万即可",
    "不要求购买保险，但存满5万另送500积分",
    "并非不要求存满5万",
    "不看年龄，资产达标就有礼",
    "无需购买产品。新增资金10万元可领",
    "不以抽签方式，存满5万按序领取",
    "不设名额，认购基金即得",
    "没有上限，存入20万送一次",
    "不购买产品也能听讲座，购买理财再送500积分",
    "存满5万元的行为可获得积分",
    "新增存款宣传月，客户得500积分",
    "新增资金宣传有礼",
    "购买理财产品的行为可得500积分",
    "购买理财产品宣传活动送积分",
)
FINE = (
    "完成一次风险测评得 300 积分，不要求购买任何产品。",
    "更新联系方式得 100 积分，与存款达到多少无关。",
    "听讲座得积分，不以存满多少资金为条件。",
    "积分与资产达标不挂钩，人人可报名。",
    "没有存款达到多少的要求，报名即可。",
    "不购买理财也能参加。",
    "无需购买理财或保险，报名即可。",
    "禁止以资产达标为条件发放。",
    "参加存款保险知识讲座，了解最高偿付限额50万元。",
    "听一场讲座，认识50万元诈骗案的手法。",
    "理财购买前要看清的三件事，欢迎来听。",
    "基金知识课堂，投资者教育系列，名额30个。",
    "讲座满30人开讲，年满60岁的客户可带家人。",
    "谨防以高额返利为名的骗局。",
    "谨防存满20万送礼的骗局。",
    "警惕存满20万送礼的宣传。",
    "禁止以存款达标为条件发放的行为。",
    "开通手机银行得200积分。",
    "健康咨询一次，价值不超过200元。",
    "转账手续费减免，每笔最高50元。",
    "私行客户的贵宾休息室，每季一次。",
    "整理旧存折、存单的方法讲座。",
    "保存好您的积分凭证，12月31日前兑换。",
    "健步走达到一万步，得健康积分。",
    "听懂存款与理财的差别，讲座名额40个。",
    "讲座后填写问卷得100积分，购买与否都一样。",
    "亲子财商活动：小小银行家，名额二十组。",
)


def tied(words: str) -> str:
    return says(TIED, plain(words))


@pytest.mark.mission("A3", "F8", "F11")
@pytest.mark.parametrize("words", ORDINARY)
def test_the_deposit_form_is_found_however_it_is_said(words: str) -> None:
    with pytest.raises(TiedToMoney):
        checked(replace(LECTURE, words=words), POLICY)


@pytest.mark.mission("F8")
@pytest.mark.parametrize("words", NEAR_DENIALS)
def test_a_denial_of_something_else_hides_nothing(words: str) -> None:
    assert tied(words)


@pytest.mark.mission("F8", "F11")
@pytest.mark.parametrize("words", FINE)
def test_what_asks_for_no_money_is_no_deposit_form(words: str) -> None:
    assert tied(words) == ""


SEPARATORS = (" ", "·", "-", "_", "*", "~", "\u200b", "\ufe0f", "🌟", "“", "）", "|", "\u3000")
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
TRADITIONAL = str.maketrans("万资产达标转为满续买购签约领礼积条",
                            "萬資產達標轉為滿續買購簽約領禮積條")  # fmt: skip


def strewn(words: str, marks: list[str]) -> str:
    """The words with marks between the characters, none inside a number."""
    found = words[0]
    for place, char in enumerate(words[1:], 1):
        inside = words[place - 1].isascii() and char.isascii()
        found += char if inside else marks[place % len(marks)] + char
    return found


VARIANTS: dict[str, Callable[[str], str]] = {
    "as it is": lambda words: words,
    "wide": lambda words: words.translate(WIDE),
    "traditional": lambda words: words.translate(TRADITIONAL),
    "upper": str.upper,
    "unit": lambda words: words.replace("万", "w"),
    "circled": lambda words: words.replace("5", "⑤").replace("1", "①"),
}
marks = st.lists(st.sampled_from([*SEPARATORS, ""]), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ORDINARY + NEAR_DENIALS), st.sampled_from(sorted(VARIANTS)), marks)
def test_no_way_of_writing_it_escapes(words: str, way: str, between: list[str]) -> None:
    assert tied(strewn(VARIANTS[way](words), between)), (words, way, between)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FINE), st.sampled_from(["as it is", "wide", "traditional", "upper"]), marks)
def test_no_way_of_writing_it_makes_it_the_deposit_form(
    words: str, way: str, between: list[str]
) -> None:
    assert tied(strewn(VARIANTS[way](words), between)) == "", (words, way, between)


@pytest.mark.parametrize("words", ["存，满，20万", "存、满、20万", "资。产。达。标。有礼"])
def test_clause_marks_between_single_characters_end_no_clause(words: str) -> None:
    assert tied(words)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_without_failing(words: str) -> None:
    assert isinstance(tied(words), str)
