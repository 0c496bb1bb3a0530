"""The kinds of file that crm_sync takes in, and the fields each has (docs/data.md)."""

from typing import Final

from crm_sync.imports.reported_layouts import CERTIFICATES, COMPLAINTS, FARMING, SIGNALS
from kit.tabular.fields import PAST, Field, Layout, Type

GENDERS: Final = {
    **dict.fromkeys(("F", "f", "女", "女性", "female", "2"), "F"),
    **dict.fromkeys(("M", "m", "男", "男性", "male", "1"), "M"),
    **dict.fromkeys(("U", "u", "未知", "unknown", "0", "9"), ""),
}
RISK_LEVELS: Final = {
    spelling: level
    for level, names in enumerate(("保守型", "稳健型", "平衡型", "成长型", "进取型"), start=1)
    for spelling in (f"C{level}", f"c{level}", str(level), names)
}
PRODUCT_RISKS: Final = {
    spelling: level
    for level in range(1, 6)
    for spelling in (f"R{level}", f"r{level}", f"PR{level}", str(level))
}
PRODUCT_KINDS: Final = {
    **dict.fromkeys(("deposit", "存款", "定期", "大额存单"), "deposit"),
    **dict.fromkeys(("wealth", "理财"), "wealth"),
    **dict.fromkeys(("fund", "基金"), "fund"),
    **dict.fromkeys(("insurance", "保险"), "insurance"),
    **dict.fromkeys(("metal", "贵金属"), "metal"),
    **dict.fromkeys(("loan", "贷款"), "loan"),
    **dict.fromkeys(("card", "卡", "信用卡", "借记卡"), "card"),
}
UNIT_KINDS: Final = {
    **dict.fromkeys(("hq", "总行"), "hq"),
    **dict.fromkeys(("branch", "分行", "支行"), "branch"),
    **dict.fromkeys(("subbranch", "二级支行"), "subbranch"),
    **dict.fromkeys(("outlet", "网点", "分理处"), "outlet"),
}
COVERAGE_KINDS: Final = {
    **dict.fromkeys(("owner", "主管户", "管户"), "owner"),
    **dict.fromkeys(("persona", "客群"), "persona"),
    **dict.fromkeys(("corporate", "对公"), "corporate"),
}
PURPOSES: Final = {
    **dict.fromkeys(("service", "服务通知"), "service"),
    **dict.fromkeys(("care", "关怀"), "care"),
    **dict.fromkeys(("marketing", "营销"), "marketing"),
    **dict.fromkeys(("profiling", "personalisation", "画像", "个性化"), "profiling"),
    **dict.fromkeys(("archive", "会话存档"), "archive"),
    **dict.fromkeys(("sharing", "共享"), "sharing"),
}
EVENT_KINDS: Final = {
    **dict.fromkeys(("money_in", "进账"), "money_in"),
    **dict.fromkeys(("money_out", "转出"), "money_out"),
    **dict.fromkeys(("payroll", "代发"), "payroll"),
    **dict.fromkeys(("bonus", "年薪", "分红"), "bonus"),
    **dict.fromkeys(("compensation", "拆迁款", "安置金"), "compensation"),
    **dict.fromkeys(("life", "人生大事"), "life"),
    **dict.fromkeys(("card_reissue", "换卡"), "card_reissue"),
}
FLOW_KINDS: Final = {
    **dict.fromkeys(("payroll_in", "代发", "代发工资"), "payroll_in"),
    **dict.fromkeys(("out_other_bank", "转他行", "跨行转出"), "out_other_bank"),
    **dict.fromkeys(("out_third_party", "转第三方支付", "第三方支付"), "out_third_party"),
    **dict.fromkeys(("custody_trade", "三方存管交易", "三方存管"), "custody_trade"),
    **dict.fromkeys(("pos_in", "收单结算", "POS"), "pos_in"),
    **dict.fromkeys(("large_in", "大额收入"), "large_in"),
    **dict.fromkeys(("investment", "投资性"), "investment"),
}
TOUCH_CHANNELS: Final = {
    **dict.fromkeys(("manager", "客户经理", "上门", "见面"), "manager"),
    **dict.fromkeys(("branch", "网点"), "branch"),
    **dict.fromkeys(("phone", "电话"), "phone"),
    **dict.fromkeys(("app", "App", "APP", "手机银行"), "app"),
    **dict.fromkeys(("sms", "短信"), "sms"),
    **dict.fromkeys(("email", "邮件"), "email"),
    **dict.fromkeys(("chat", "私域", "企业微信"), "chat"),
    **dict.fromkeys(("media", "新媒体"), "media"),
    **dict.fromkeys(("open", "开放银行"), "open"),
}
TOUCH_PURPOSES: Final = {
    **dict.fromkeys(("service", "服务"), "service"),
    **dict.fromkeys(("care", "关怀"), "care"),
    **dict.fromkeys(("marketing", "营销"), "marketing"),
}
TOUCH_OUTCOMES: Final = {
    **dict.fromkeys(("deal", "成交"), "deal"),
    **dict.fromkeys(("no_deal", "没有成交", "未成交"), "no_deal"),
    **dict.fromkeys(("thinking", "考虑中"), "thinking"),
    **dict.fromkeys(("left", "转他行"), "left"),
    **dict.fromkeys(("unreached", "联系不上"), "unreached"),
}
GRANTED_BY_FILE: Final = ("rm", "branch")
"""Roles that a staff file may give; those over the whole bank are granted by a person."""

UNITS: Final = Layout(
    kind="units",
    title="机构",
    key=("unit_id",),
    fields=(
        Field("unit_id", "机构号", Type.KEY, required=True, longest=32, example="0101"),
        Field("name", "机构名称", required=True, example="翠湖支行"),
        Field("parent_id", "上级机构号", Type.KEY, longest=32, example="01"),
        Field("kind", "机构类型", Type.CHOICE, choices=UNIT_KINDS, example="outlet"),
        Field(
            "department_id", "企业微信部门号", Type.INTEGER, lowest=1, highest=2**32, example="3"
        ),
    ),
)

STAFF: Final = Layout(
    kind="staff",
    title="员工",
    key=("staff_id",),
    fields=(
        Field("staff_id", "工号", Type.KEY, required=True, longest=64, example="003127"),
        Field("name", "姓名", required=True, personal=True, distinct=True, example="李敏"),
        Field("userid", "企业微信账号", Type.KEY, longest=64, example="limin"),
        Field("unit_id", "机构号", Type.KEY, required=True, longest=32, example="0101"),
        Field("position", "岗位", example="客户经理"),
        Field("active", "在岗", Type.FLAG, example="1"),
        Field("licences", "从业资格", Type.LIST, example="基金;保险"),
        Field("personas", "擅长客群", Type.LIST, example="老年;宝妈"),
        Field("roles", "角色", Type.LIST, example="rm", note="只能是 rm、branch"),
    ),
)

CUSTOMERS: Final = Layout(
    kind="customers",
    title="客户",
    key=("customer_no",),
    free="attributes",
    fields=(
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("name", "姓名", longest=40, personal=True, distinct=True, example="周桂兰"),
        Field("phone", "手机号", Type.PHONE, personal=True, example="15400000001"),
        Field(
            "unionid",
            "unionid",
            Type.KEY,
            longest=64,
            personal=True,
            example="oQH5xS7aMpLe0000000000000001",
        ),
        Field("gender", "性别", Type.CHOICE, choices=GENDERS, example="F"),
        Field("born_on", "出生日期", Type.DATE, when=PAST, personal=True, example="1958-03-21"),
        Field("unit_id", "归属机构号", Type.KEY, required=True, longest=32, example="0101"),
        Field("account_unit_id", "开户机构号", Type.KEY, longest=32, example="0101"),
        Field("risk_level", "风险等级", Type.CHOICE, choices=RISK_LEVELS, example="C2"),
        Field("risk_assessed_on", "测评日期", Type.DATE, when=PAST, example="2026-03-12"),
        Field("fund_risk_level", "基金测评等级", Type.CHOICE, choices=RISK_LEVELS, example="C2"),
        Field("fund_risk_assessed_on", "基金测评日期", Type.DATE, when=PAST, example="2026-05-20"),
        Field("fund_risk_until", "基金测评到期日", Type.DATE, example="2027-05-19"),
        Field("fund_risk_lowest", "基金测评最低类别", Type.FLAG, example="0"),
        Field("fund_risk_by", "基金测评机构", longest=60, example="青禾基金"),
        Field("professional_until", "专业投资者认定到期日", Type.DATE, example="2027-03-31"),
        Field("tier", "客户层级", longest=32, example="有效"),
        Field("aum_yuan", "金融资产（元）", Type.YUAN, into="aum_fen", example="286000.50"),
        Field("aum_fen", "金融资产（分）", Type.FEN, example="28600050"),
        Field(
            "aum_average_yuan",
            "日均资产（元）",
            Type.YUAN,
            into="aum_average_fen",
            example="270000",
        ),
        Field("aum_average_fen", "日均资产（分）", Type.FEN, example="27000000"),
        Field("occupation", "职业", longest=40, example="退休教师"),
        Field("opened_on", "开户日期", Type.DATE, when=PAST, example="2008-06-01"),
    ),
)

PRODUCTS: Final = Layout(
    kind="products",
    title="产品",
    key=("product_code",),
    free="attributes",
    fields=(
        Field("product_code", "产品代码", Type.KEY, required=True, longest=64, example="QHWY90"),
        Field("name", "产品名称", required=True, longest=120, example="青禾稳盈 90 天"),
        Field(
            "kind", "产品类型", Type.CHOICE, required=True, choices=PRODUCT_KINDS, example="wealth"
        ),
        Field("risk_level", "产品风险等级", Type.CHOICE, choices=PRODUCT_RISKS, example="R2"),
        Field("issuer", "发行机构", longest=120, example="青禾理财"),
        Field("private", "私募", Type.FLAG, example="0"),
        Field("on_sale", "在售", Type.FLAG, example="1"),
        Field("matures_on", "到期日", Type.DATE, example="2027-02-20"),
        Field("open_days", "开放日", Type.DAYS, example="2026-12-01~2026-12-03;2027-03-01"),
        Field("manager_risk", "管理人评级", Type.CHOICE, choices=PRODUCT_RISKS, example="R2"),
        Field("raised_by", "募集机构", longest=120, example="青禾理财"),
        Field("term", "期限", longest=60, example="90 天"),
        Field("min_amount_yuan", "起购金额（元）", Type.YUAN, into="min_amount_fen", example="1"),
        Field("fee", "费用", longest=200, example="固定管理费 0.20%/年"),
        Field("benchmark", "业绩比较基准", longest=40, example="2.20%-2.70%"),
        Field("benchmark_basis", "基准测算依据", longest=400, example="按拟投资债券的票息测算"),
    ),
)

NAVS: Final = Layout(
    kind="navs",
    title="产品净值",
    key=("product_code", "on"),
    fields=(
        Field("product_code", "产品代码", Type.KEY, required=True, longest=64, example="QHWY90"),
        Field("on", "净值日", Type.DATE, required=True, when=PAST, example="2026-11-20"),
        Field("nav", "单位净值", required=True, longest=12, example="1.0234"),
        Field("total", "累计净值", longest=12, example="1.0834"),
    ),
)

HOLDINGS: Final = Layout(
    kind="holdings",
    title="持仓",
    key=("holding_no",),
    fields=(
        Field("holding_no", "持仓号", Type.KEY, required=True, longest=80, example="D000000001"),
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("kind", "类型", Type.CHOICE, required=True, choices=PRODUCT_KINDS, example="deposit"),
        Field("product_code", "产品代码", Type.KEY, longest=64, example="QHDC1Y"),
        Field("product_name", "产品名称", longest=120, example="整存整取一年"),
        Field("amount_yuan", "金额（元）", Type.YUAN, into="amount_fen", example="200000"),
        Field("amount_fen", "金额（分）", Type.FEN, example="20000000"),
        Field("opened_on", "起息日", Type.DATE, example="2025-11-23"),
        Field("matures_on", "到期日", Type.DATE, example="2026-11-23"),
        Field("due_day", "还款日", Type.INTEGER, lowest=1, highest=31, example="15"),
        Field("instalment_yuan", "每期（元）", Type.YUAN, into="instalment_fen", example="3370"),
        Field("instalment_fen", "每期（分）", Type.FEN, example="337000"),
        Field("risk_level", "产品风险等级", Type.CHOICE, choices=PRODUCT_RISKS, example="R2"),
    ),
)

ASSIGNMENTS: Final = Layout(
    kind="assignments",
    title="管户",
    key=("customer_no",),
    fields=(
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("staff_id", "工号", Type.KEY, required=True, longest=64, example="003127"),
        Field("kind", "关系", Type.CHOICE, choices=COVERAGE_KINDS, example="owner"),
        Field("since", "起始日", Type.DATE, example="2024-05-06"),
    ),
)

CONSENTS: Final = Layout(
    kind="consents",
    title="客户同意",
    key=("customer_no", "purpose", "at"),
    fields=(
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("purpose", "用途", Type.CHOICE, required=True, choices=PURPOSES, example="marketing"),
        Field("given", "是否同意", Type.FLAG, required=True, example="1"),
        Field("source", "来源", required=True, longest=80, example="手机银行授权页"),
        Field("notice", "告知书版本", longest=40, example="2026-1"),
        Field("at", "时间", Type.MOMENT, required=True, example="2026-03-12 10:20:00"),
    ),
)

SNAPSHOTS: Final = Layout(
    kind="snapshots",
    title="资产快照",
    key=("customer_no", "on"),
    fields=(
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("on", "日期", Type.DATE, required=True, when=PAST, example="2026-11-20"),
        Field("aum_yuan", "金融资产（元）", Type.YUAN, into="aum_fen", example="286000.50"),
        Field("deposit_yuan", "存款（元）", Type.YUAN, into="deposit_fen", example="200000"),
        Field("wealth_yuan", "理财（元）", Type.YUAN, into="wealth_fen", example="86000.50"),
        Field("fund_yuan", "基金（元）", Type.YUAN, into="fund_fen", example="0"),
    ),
)

EVENTS: Final = Layout(
    kind="events",
    title="客户事件",
    key=("event_no",),
    fields=(
        Field("event_no", "事件号", Type.KEY, required=True, longest=80, example="E2026112000001"),
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("kind", "类型", Type.CHOICE, required=True, choices=EVENT_KINDS, example="money_in"),
        Field("on", "日期", Type.DATE, required=True, example="2026-12-15"),
        Field("amount_yuan", "金额（元）", Type.YUAN, into="amount_fen", example="50000"),
        Field("note", "说明", longest=120, example="年终分红"),
    ),
)

FLOWS: Final = Layout(
    kind="flows",
    title="资金流",
    key=("customer_no", "month", "kind"),
    fields=(
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("month", "月份", Type.DATE, required=True, when=PAST, example="2026-10-01"),
        Field("kind", "类型", Type.CHOICE, required=True, choices=FLOW_KINDS, example="payroll_in"),
        Field("amount_yuan", "金额（元）", Type.YUAN, into="amount_fen", example="12800.50"),
        Field("amount_fen", "金额（分）", Type.FEN, example="1280050"),
        Field("count", "笔数", Type.INTEGER, lowest=0, highest=1_000_000, example="2"),
    ),
)

TOUCHES: Final = Layout(
    kind="touches",
    title="触达记录",
    key=("touch_no",),
    fields=(
        Field("touch_no", "触达号", Type.KEY, required=True, longest=80, example="T2026112000001"),
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("staff_id", "工号", Type.KEY, longest=64, example="003127"),
        Field(
            "channel", "渠道", Type.CHOICE, required=True, choices=TOUCH_CHANNELS, example="phone"
        ),
        Field("at", "时间", Type.MOMENT, required=True, example="2026-11-20 10:20:00"),
        Field("purpose", "用途", Type.CHOICE, choices=TOUCH_PURPOSES, example="service"),
        Field("act", "办理事项", longest=40, example="双录"),
        Field("outcome", "结果", Type.CHOICE, choices=TOUCH_OUTCOMES, example="no_deal"),
        Field("void", "作废", Type.FLAG, example="0"),
    ),
)

LAYOUTS: Final = {
    layout.kind: layout
    for layout in (
        UNITS, STAFF, CUSTOMERS, PRODUCTS, NAVS, HOLDINGS, ASSIGNMENTS, CONSENTS, SNAPSHOTS, EVENTS,
        FLOWS, TOUCHES, FARMING, SIGNALS, COMPLAINTS, CERTIFICATES,
    )
}  # fmt: skip
"""Every kind by its name, in the order in which a bank's files are imported."""
