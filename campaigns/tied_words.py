"""What the words of a benefit say of money, forms and stocks, read through disguises and denials.

A denial counts only where it governs the very phrase: 不要求购买产品 denies a purchase, 不用排队存满 5 万
denies a queue. Patterns read ``plain`` text: folded, without separators, clauses kept apart.
"""

import re
from typing import Final

from compliance.screening.folding import fold

_IN: Final = r"[^,。;!?]"
_DIGITS: Final = r"[\d一二两三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟半几数]"
_LARGE: Final = rf"{_DIGITS}(?:{_DIGITS}|\.\d|个)*(?:万|w(?![a-z])|亿|百万)(?:元|块钱?|rmb|人民币)?(?![步人次名米字分卡])"
_AMOUNT: Final = rf"(?:{_LARGE}|{_DIGITS}(?:{_DIGITS}|\.\d)*(?:元|块钱?|k(?![a-z])|rmb|人民币))"
_FUNDS: Final = (
    r"(?:资金|存款|资产|存单|储蓄|余额|款项|结余|(?:他行|行外|闲置|手里|手头|家里|的)的?钱|aum|日均|月均|季均"
    r"|定期|活期|金融资产|理财金)"
)
_SAVING: Final = (
    r"(?:存入|存满|存够|存足|存进|存上|存到|续存|转存|增存|转入|转进|转来|转到|划入|划转|汇入|打入|归集"
    r"|新增|净增|增加|行外|他行|搬回|搬来|搬到|挪到|挪来|带来|引入|留存|放在|放到|放进|入金|入账|充入)"
)
_BARE: Final = r"(?<![保库留积寄生现结依并共])存(?![款单折在取储放量疑档亡续])"
_REACH: Final = (
    r"(?:达标|达到|到达|达|够|满(?=[\d一二两三四五六七八九十半几])|不低于|不少于|不得低于|不得少于|高于|(?<!不)超过"
    r"|(?<!不)超|以上|起步|保持|维持|增长|提升|上升|突破|(?<!不)低于|越[多高]|每[增多]|比上月|较上)"
)
_REWARD: Final = r"(?:送|赠|得|领|享|返|换|兑|获|积|有礼|加倍|翻倍|奖)"
_BUY: Final = (
    r"(?:首购|再买|续买|复购|办(?=[一个张款份])|购买(?!力|前)|申购|认购|购入|选购|加购|买入|买满|买够|买下|(?<![购])买(?!卖)|入手|下单|投保|办理|配置|定投"
    r"|签约|持有(?!人)|成交|追加|投资(?!者|人))"
)
_PRODUCT: Final = (
    r"(?:理财(?!讲座|知识|课堂|经理|沙龙)|基金(?!知识|讲座|课堂)|保险(?!知识|讲座|课堂)|产品(?!知识|讲座)|存单|贵金属"
    r"|金条|黄金|定期存款|保单|信托|国债|结构性存款|年金|分期|贷款(?!知识|讲座))"
)

TIED: Final = re.compile(
    rf"{_SAVING}{_IN}{{0,12}}?(?:{_FUNDS}|{_AMOUNT})"
    rf"|{_BARE}{_IN}{{0,6}}?{_AMOUNT}"
    rf"|{_FUNDS}{_IN}{{0,10}}?{_REACH}"
    rf"|{_LARGE}{_IN}{{0,4}}?(?:达标|以上|及以上|起(?!诈)|保持|日均|新增|净增|资金|存款|资产)"
    rf"|(?:(?<![年未])满|达到?|不低于|不少于|(?<!不)超过|高于|够){_AMOUNT}"
    rf"|{_LARGE}{_IN}{{0,6}}?{_REWARD}"
    rf"|每{_IN}{{0,4}}?{_AMOUNT}{_IN}{{0,4}}?{_REWARD}"
    rf"|{_BUY}{_IN}{{0,10}}?{_PRODUCT}"
    rf"|完成{_IN}{{0,4}}?(?:笔|单){_IN}{{0,4}}?{_PRODUCT}|{_PRODUCT}{_IN}{{0,4}}?(?:再买|续买|复购|放款后)"
    rf"|来(?:我行|本行|行里|网点)?存[款钱]"
    rf"|(?:存款|资金|理财|基金|保险|贷款|储蓄|存单|结存|吸金|揽储)"
    rf"(?:成交|到账|放款|签约|归集|回流|搬家)?(?:有礼|[就即]?送|[得换]积分|达标)"
    rf"|{_PRODUCT}{_IN}{{0,4}}?(?:购买|申购|认购|成交|下单|签约|投保)(?!前|须知|流程|注意|风险|误区)"
    rf"{_IN}{{0,8}}?(?:{_REWARD}|客户|即)"
)
"""A deposit, money brought in, an amount reached, or a purchase, as a condition."""

REBATE: Final = re.compile(
    r"现金红包|微信红包|返现|返还现金|返利|回扣|贴息|购物卡|加油[券卡]|代金券|抽奖|米面油"
    rf"|(?:送|赠){_IN}{{0,4}}?(?:现金|红包)|红包{_IN}{{0,4}}?(?:送|领|拿)"
)
STOCK: Final = re.compile(
    rf"荐股|(?:推荐|牛|黑马|强势|潜力)股|个股|(?:买入|加仓|抄底){_IN}{{0,6}}?股|涨停"
)

_FILLER: Final = (
    r"(?:以|用|借|打着|您|你|客户|必须|一定|先|再|去|来|另外|额外|任何|任意|各类|新的?|所谓|高额|高息|虚假|承诺|有人|的"
    r"|名义|通过|在我行|在本行|向我行|从|将|把|要求|购买或|存款或|或|和|及|与|、)"
)
_DENIED: Final = re.compile(
    rf"(?<![非])(?:不要求|不需要?|无需|无须|不用|不必|不看|谨防|警惕|禁止|严禁|拒绝|远离){_FILLER}{{0,4}}$"
)
_LACKING: Final = re.compile(rf"(?:没有|无|不设|不设置|不带|不附){_FILLER}{{0,2}}$")
_NOT_BY: Final = re.compile(rf"(?:不以|不按|不凭|不依据|不根据|不把|不将){_FILLER}{{0,2}}$")
_APART: Final = re.compile(rf"(?:与|和|跟|同|不与|不和){_FILLER}{{0,2}}$")
_EVEN_NOT: Final = re.compile(r"(?:不|没|没有|未|无)$")
_DEMAND: Final = re.compile(
    rf"^(?:多少|与否|{_AMOUNT}|等|之类|方面|任何|的|这类|金额){{0,3}}(?:要求|条件|门槛|限制|规定|任务)"
)
_BASIS: Final = re.compile(
    rf"^(?:多少|与否|{_AMOUNT}|等|的|与否|金额){{0,3}}(?:为|作为|作|当作|来定|发放|分档)"
)
_UNTIED: Final = re.compile(
    rf"^(?:多少|与否|{_AMOUNT}|等|的|都|均|金额|高低|情况|一概|完全|没有|无){{0,4}}"
    r"(?:无关|不挂钩|挂钩|关系|没有关系|不相关|不相干)"
)
_ANYWAY: Final = re.compile(rf"^{_IN}{{0,4}},?(?:也|都|照样|同样|一样|均)(?:能|可|可以|有|得)")
_TRICK: Final = re.compile(
    rf"^{_IN}{{0,4}}(?:的?骗局|的?陷阱|的?套路|不可信|不要信|别信|为名|为饵|的?诈骗)"
)
_DROPPED: Final = re.compile("[^\u3400-\u9fffa-z0-9,。;!?.]+")
_POINT: Final = re.compile(r"(?<!\d)\.|\.(?!\d)")
_STRUNG: Final = re.compile(
    "(?:(?:^|(?<=[,。;!?]))[\u3400-\u9fff0-9][,。;!?]+){2,}[\u3400-\u9fff0-9]"
)


def plain(text: str) -> str:
    """The text as the patterns read it: folded, one clause mark, nothing strewn between words."""
    folded = fold(text)
    for mark, clause in ((":", ","), ("\n", "。"), ("、", "")):
        folded = folded.replace(mark, clause)
    bare = _POINT.sub("", _DROPPED.sub("", folded))
    return _STRUNG.sub(lambda found: re.sub("[,。;!?]", "", found.group()), bare)


def says(pattern: re.Pattern[str], text: str) -> str:
    """The first phrase in plain ``text`` that says it and is not denied; empty for none."""
    for found in pattern.finditer(text):
        if not denied(text[: found.start()], text[found.end() :]):
            return found.group()
    return ""


def denied(before: str, after: str) -> bool:
    """Whether what stands around a phrase denies that very phrase."""
    return bool(
        _DENIED.search(before)
        or (_LACKING.search(before) and _DEMAND.search(after))
        or (_NOT_BY.search(before) and _BASIS.search(after))
        or (_APART.search(before) and _UNTIED.search(after))
        or (_EVEN_NOT.search(before) and _ANYWAY.search(after))
        or _TRICK.search(after)
    )
