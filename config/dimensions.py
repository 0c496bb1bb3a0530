"""Every dimension that a rule about customers may ask for. A new one is one entry in this file.

A dimension that is a column is complete here: ``at`` is ``table.column``, either of ``customer``
or of a table with a ``customer_id`` (then a customer has at most one row there). One that is an
extra column of the customer file names its key in ``attribute``. Only what must be worked out
(age, holdings, traces of behaviour) has SQL of its own, in ``crm_sync/segments/computed.py``,
``flows.py`` or ``records.py``. ``crm_sync.rules.conditions`` is the language these words belong to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Type(StrEnum):
    """What a dimension's value is, and so which operators it knows."""

    NUMBER = "number"
    MONEY = "money"  # 分
    DATE = "date"
    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"
    SET = "set"  # several texts at once
    RECORDS = "records"  # several rows, asked for by their parts


@dataclass(frozen=True, slots=True)
class Part:
    """Something to ask of a record. ``reads``: how it stands in a sentence, ``{}`` the value."""

    name: str
    title: str
    type: Type
    reads: str
    choices: Mapping[str, str] = field(default_factory=dict)
    highest: int = 10_000


@dataclass(frozen=True, slots=True)
class Dimension:
    """A thing to ask of a customer. ``reads`` is its name in a sentence where the title is not.

    ``shown`` is how a number is said (``C{}``, ``{} 岁``); ``family`` orders the editor; ``yes``
    and ``no`` are how a flag is said; ``parts`` are what a record is asked for.
    """

    name: str
    title: str
    type: Type
    family: str
    at: str = ""
    attribute: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    shown: str = "{}"
    lowest: int = 0
    highest: int = 10**13
    reads: str = ""
    yes: str = ""
    no: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def phrase(self) -> str:
        """What it is called in a sentence."""
        return self.reads or self.title


GENDERS: Final = {"F": "女", "M": "男"}
KINDS: Final = {
    "deposit": "存款",
    "wealth": "理财",
    "fund": "基金",
    "insurance": "保险",
    "metal": "贵金属",
    "loan": "贷款",
    "card": "银行卡",
}
EVENTS: Final = {
    "money_in": "进账",
    "money_out": "转出",
    "payroll": "代发",
    "bonus": "年薪分红",
    "compensation": "拆迁安置款",
    "life": "人生大事",
    "card_reissue": "换卡",
}
LIFE_STAGES: Final = {
    "study": "求学（18–22 岁）",
    "career": "立业（23–30 岁）",
    "family": "成家（31–45 岁）",
    "steady": "稳定（46–59 岁）",
    "retired": "退休（60 岁起）",
}
STAGE_FROM: Final = {"study": 18, "career": 23, "family": 31, "steady": 46, "retired": 60}
"""From which age a life stage counts where the bank's file does not say it."""
ADD_WAYS: Final = {
    "0": "未知",
    "1": "扫描二维码",
    "2": "搜索手机号",
    "3": "名片分享",
    "4": "群聊",
    "5": "手机通讯录",
    "6": "微信联系人",
    "8": "安装第三方应用时自动添加",
    "9": "搜索邮箱",
    "10": "视频号添加",
    "11": "通过日程参与人添加",
    "12": "通过会议参与人添加",
    "13": "添加微信好友对应的企业微信",
    "14": "通过智慧硬件专属客服添加",
    "15": "通过上门服务客服添加",
    "16": "通过获客链接添加",
    "17": "通过定制开发添加",
    "18": "通过需求回复添加",
    "21": "通过第三方售前客服添加",
    "22": "通过可能的商务伙伴添加",
    "24": "通过接受微信账号收到的好友申请添加",
    "201": "内部成员共享",
    "202": "管理员或负责人分配",
}
"""How a contact was added (official page 92114, field add_way)."""
GRADES: Final = {"A": "A 类", "B": "B 类", "C": "C 类", "D": "D 类"}
GRADE_KINDS: Final = {"mid_intent": "资产中等、有购买意愿", "big_no_intent": "资产大、意愿不明显"}
ACTIVITIES: Final = {"active": "正在活跃", "wavering": "犹豫潜逃", "dormant": "休眠"}
DORMANT: Final = {"zero_card": "零元卡", "dead_card": "死卡"}
SIGNAL_SOURCES: Final = {
    "self": "客户自述",
    "group": "客户群",
    "behavior": "点击与到场",
    "chat": "聊天",
}

_WHO, _MONEY, _FLOWS, _BANK = "客户本人", "资产", "资金流", "在本行"
_WECOM, _TRACES = "企业微信", "行为与线索"

_ALL: tuple[Dimension, ...] = (
    Dimension("age", "年龄", Type.NUMBER, _WHO, shown="{} 岁", highest=120),
    Dimension("birth_year", "出生年", Type.NUMBER, _WHO, shown="{} 年", lowest=1900, highest=2100),
    Dimension("born_on", "出生日期", Type.DATE, _WHO, at="customer.born_on"),
    Dimension("gender", "性别", Type.CHOICE, _WHO, at="customer.gender", choices=GENDERS),
    Dimension("occupation", "职业", Type.TEXT, _WHO, at="customer.occupation"),
    Dimension("employer", "单位", Type.TEXT, _WHO, attribute="employer", reads="工作单位"),
    Dimension("department", "部门", Type.TEXT, _WHO, attribute="department", reads="工作部门"),
    Dimension("work_area", "单位所在地", Type.TEXT, _WHO, attribute="work_area"),
    Dimension("life_stage", "生命阶段", Type.CHOICE, _WHO, choices=LIFE_STAGES),
    Dimension("hobby", "登记的兴趣", Type.SET, _WHO, attribute="hobby"),
    Dimension(
        "decision_style", "决策方式", Type.CHOICE, _WHO, attribute="decision_style",
        choices={"alone": "自己拿主意", "family": "与家人商量", "adviser": "听专业意见", "follow": "随大流"},
    ),
    Dimension(
        "expertise", "投资专业度", Type.CHOICE, _WHO, attribute="expertise",
        choices={"novice": "新手", "some": "有经验", "expert": "专业"},
    ),
    Dimension(
        "risk_taste", "风险偏好", Type.NUMBER, _WHO, at="customer.risk_level", shown="C{}",
        lowest=1, highest=5, reads="风险测评等级",
    ),
    Dimension(
        "risk_assessed_on", "测评日期", Type.DATE, _WHO, at="customer.risk_assessed_on",
        reads="风险测评日期",
    ),
    Dimension("tier", "层级", Type.TEXT, _MONEY, at="customer.tier", reads="客户层级"),
    Dimension("band", "资产段", Type.SET, _MONEY),
    Dimension("aum", "时点金融资产", Type.MONEY, _MONEY, at="customer.aum_fen"),
    Dimension("aum_average", "日均金融资产", Type.MONEY, _MONEY, at="customer.aum_average_fen"),
    Dimension("peak", "五年内最高资产", Type.MONEY, _MONEY, at="customer_standing.peak_fen"),
    Dimension("payroll_year", "近一年代发", Type.MONEY, _FLOWS),
    Dimension(
        "retention", "留存率", Type.NUMBER, _FLOWS, shown="{}%", highest=10**9,
        reads="留存率（资产占近一年代发）",
    ),
    Dimension("away_year", "近一年转他行和第三方支付", Type.MONEY, _FLOWS),
    Dimension("large_year", "近一年大额收入", Type.MONEY, _FLOWS),
    Dimension("custody_month", "月均三方存管交易", Type.MONEY, _FLOWS),
    Dimension("pos_month", "月均收单结算", Type.MONEY, _FLOWS),
    Dimension("loans", "贷款笔数", Type.NUMBER, _BANK, shown="{} 笔", highest=10_000),
    Dimension(
        "wealth", "投资类产品笔数", Type.NUMBER, _BANK, shown="{} 笔", highest=10_000,
    ),
    Dimension(
        "grade", "客户分类", Type.CHOICE, _BANK, at="customer_standing.grade", choices=GRADES,
    ),
    Dimension(
        "grade_kind", "B 类的哪一种", Type.CHOICE, _BANK, at="customer_standing.grade_kind",
        choices=GRADE_KINDS,
    ),
    Dimension(
        "activity", "活跃状态", Type.CHOICE, _BANK, at="customer_standing.activity",
        choices=ACTIVITIES,
    ),
    Dimension(
        "dormant_kind", "哪一种休眠", Type.CHOICE, _BANK, at="customer_standing.dormant_kind",
        choices=DORMANT,
    ),
    Dimension(
        "completeness", "档案完整度", Type.NUMBER, _BANK, at="customer_standing.completeness",
        shown="{}%", highest=100,
    ),
    Dimension("unit", "机构", Type.SET, _BANK, reads="归属机构"),
    Dimension("account_unit", "开户机构", Type.TEXT, _BANK, at="customer.account_unit_id"),
    Dimension("owner", "管户经理", Type.SET, _BANK, reads="管户经理（工号）"),
    Dimension("opened_on", "开户日期", Type.DATE, _BANK, at="customer.opened_on"),
    Dimension(
        "holding", "产品", Type.RECORDS, _BANK, reads="持有",
        parts=(
            Part("kind", "种类", Type.CHOICE, "{}", KINDS),
            Part("product", "产品代码", Type.SET, "产品 {}"),
            Part("risk_from", "产品风险不低于", Type.NUMBER, "R{} 及以上", highest=5),
            Part("risk_to", "产品风险不高于", Type.NUMBER, "R{} 及以下", highest=5),
            Part("amount_from", "金额不低于（分）", Type.MONEY, "金额 {} 起", highest=10**13),
            Part("due_within", "多少天内到期", Type.NUMBER, "{} 天内到期", highest=3_650),
            Part("opened_within", "多少天内买入", Type.NUMBER, "{} 天内买入", highest=3_650),
        ),
    ),
    Dimension(
        "event", "客户事件", Type.RECORDS, _BANK, reads="有",
        parts=(
            Part("kind", "种类", Type.CHOICE, "{}", EVENTS),
            Part("amount_from", "金额不低于（分）", Type.MONEY, "金额 {} 起", highest=10**13),
            Part("past_days", "过去多少天", Type.NUMBER, "过去 {} 天内", highest=3_650),
            Part("next_days", "未来多少天", Type.NUMBER, "未来 {} 天内", highest=3_650),
        ),
    ),
    Dimension("merchant", "收款结算商户", Type.FLAG, _BANK, attribute="merchant"),
    Dimension("legal_person", "对公法定代表人", Type.FLAG, _BANK, attribute="legal_person"),
    Dimension("executive", "企业高管", Type.FLAG, _BANK, attribute="executive"),
    Dimension("agri_loan", "涉农贷款户", Type.FLAG, _BANK, attribute="agri_loan"),
    Dimension("agri_subsidy", "惠农补贴入账", Type.FLAG, _BANK, attribute="agri_subsidy"),
    Dimension("children_account", "未成年子女账户监护人", Type.FLAG, _BANK, attribute="children_account"),
    Dimension("passbook", "存折用户", Type.FLAG, _BANK, attribute="passbook"),
    Dimension("pension_payroll", "养老金代发", Type.FLAG, _BANK, attribute="pension_payroll"),
    Dimension("third_party_custody", "签约三方存管", Type.FLAG, _BANK, attribute="third_party_custody"),
    Dimension("persona", "客群", Type.SET, _WECOM),
    Dimension("tag", "企业微信标签", Type.SET, _WECOM, reads="客户经理打了标签"),
    Dimension("group", "客户群", Type.SET, _WECOM, reads="所在的客户群"),
    Dimension("add_way", "获客来源", Type.SET, _WECOM, choices=ADD_WAYS, reads="添加方式"),
    Dimension("channel", "获客渠道", Type.SET, _WECOM, reads="添加时用的渠道码"),
    Dimension("friend", "企业微信好友", Type.FLAG, _WECOM, yes="已是企业微信好友", no="还不是企业微信好友"),
    Dimension("consent_marketing", "营销同意", Type.FLAG, _WECOM, yes="同意营销", no="没有同意营销"),
    Dimension(
        "consent_profiling", "画像同意", Type.FLAG, _WECOM,
        yes="同意画像", no="没有同意画像",
    ),
    Dimension("lead", "商机线索", Type.SET, _TRACES, reads="在跟的商机线索（类别编号）"),
    Dimension(
        "interest", "兴趣线索", Type.RECORDS, _TRACES, reads="有",
        parts=(
            Part("interest", "兴趣", Type.SET, "{}方面"),
            Part("source", "来源", Type.CHOICE, "来自{}", SIGNAL_SOURCES),
            Part("confidence_from", "可信度不低于", Type.NUMBER, "可信度 {}% 起", highest=100),
        ),
    ),
)  # fmt: skip

DIMENSIONS: Final[Mapping[str, Dimension]] = {one.name: one for one in _ALL}
"""Every dimension by its name, in the order of the editor."""

ATTRIBUTE: Final = "attribute:"
"""``attribute:<key>`` asks for any other extra column of the customer file, as a set of values."""


def dimension(name: str) -> Dimension | None:
    """The dimension of that name, a free attribute included; None where there is none."""
    if name.startswith(ATTRIBUTE):
        key = name.removeprefix(ATTRIBUTE)
        if not key or len(key) > 40:
            return None
        return Dimension(
            name, key, Type.SET, "客户文件的附加列", attribute=key, reads=f"客户资料“{key}”"
        )
    return DIMENSIONS.get(name)
