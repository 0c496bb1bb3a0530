"""The layouts of what people report beside the core's files: farms, signals, complaints, papers."""

from typing import Final

from kit.tabular.fields import PAST, Field, Layout, Type

FARM_KINDS: Final = {
    **dict.fromkeys(("crop", "种植"), "crop"),
    **dict.fromkeys(("livestock", "养殖", "畜禽"), "livestock"),
    **dict.fromkeys(("aquatic", "水产"), "aquatic"),
    **dict.fromkeys(("forestry", "林果"), "forestry"),
}
FARM_CHANNELS: Final = {
    **dict.fromkeys(("visits", "走千访万"), "visits"),
    **dict.fromkeys(("buyers", "收购户"), "buyers"),
    **dict.fromkeys(("cold_store", "冷藏库"), "cold_store"),
    **dict.fromkeys(("lectures", "农技讲座"), "lectures"),
    **dict.fromkeys(("other", "其他"), "other"),
}
FARMING: Final = Layout(
    kind="farming",
    title="种养殖",
    key=("farm_no",),
    fields=(
        Field("farm_no", "种养殖编号", Type.KEY, required=True, longest=80, example="F2026000001"),
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("kind", "类型", Type.CHOICE, required=True, choices=FARM_KINDS, example="crop"),
        Field("item", "品种", required=True, longest=40, example="玉米"),
        Field("area_mu", "面积（亩）", Type.YUAN, into="area_centimu", example="32.5"),
        Field("heads", "存栏（头、只、尾）", Type.INTEGER, lowest=0, highest=10**9, example="120"),
        Field("sow_month", "播种或补栏月", Type.INTEGER, lowest=1, highest=12, example="3"),
        Field("market_month", "上市月", Type.INTEGER, lowest=1, highest=12, example="9"),
        Field("cycle_days", "周期（天）", Type.INTEGER, lowest=1, highest=360, example="150"),
        Field("output", "产量", longest=80, example="每亩 600 公斤"),
        Field("channel", "来自", Type.CHOICE, choices=FARM_CHANNELS, example="visits"),
        Field("noted_on", "登记日", Type.DATE, when=PAST, example="2026-10-12"),
    ),
)

SIGNAL_ORIGINS: Final = {
    **dict.fromkeys(("self", "客户自述", "报名"), "self"),
    **dict.fromkeys(("behavior", "点击", "到场", "浏览"), "behavior"),
    **dict.fromkeys(("chat", "聊天"), "chat"),
}
SIGNALS: Final = Layout(
    kind="signals",
    title="行为线索",
    key=("signal_no",),
    fields=(
        Field("signal_no", "线索号", Type.KEY, required=True, longest=80, example="S2026112000001"),
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field("interest", "兴趣", required=True, longest=40, example="长跑"),
        Field(
            "origin", "来源", Type.CHOICE, required=True, choices=SIGNAL_ORIGINS, example="behavior"
        ),
        Field("at", "时间", Type.MOMENT, required=True, example="2026-11-20 10:20:00"),
        Field("ref", "出处", longest=120, example="活动 20261120-01"),
        Field("says", "说明", longest=120, example="2026-11-20 参加翠湖晨跑"),
        Field("consented", "画像同意", Type.FLAG, example="1"),
    ),
)

COMPLAINT_ABOUTS: Final = {
    **dict.fromkeys(("disturbed", "打扰", "打扰太多，或内容不合适"), "disturbed"),
    **dict.fromkeys(("service", "服务", "服务态度或办事效率"), "service"),
    **dict.fromkeys(("product", "产品", "产品、收益或收费"), "product"),
    **dict.fromkeys(("privacy", "个人信息"), "privacy"),
    **dict.fromkeys(("other", "其他"), "other"),
}
COMPLAINT_STATES: Final = {
    **dict.fromkeys(("opened", "待受理", "已登记"), "opened"),
    **dict.fromkeys(("in_hand", "办理中", "处理中"), "in_hand"),
    **dict.fromkeys(("answered", "已答复"), "answered"),
    **dict.fromkeys(("closed", "已结案", "已办结"), "closed"),
}
COMPLAINTS: Final = Layout(
    kind="complaints",
    title="投诉",
    key=("complaint_no",),
    fields=(
        Field(
            "complaint_no", "投诉号", Type.KEY, required=True, longest=64, example="KS2026110001"
        ),
        Field("customer_no", "客户号", Type.KEY, required=True, longest=64, example="6200000001"),
        Field(
            "about", "事由", Type.CHOICE, required=True, choices=COMPLAINT_ABOUTS, example="service"
        ),
        Field("words", "说明", longest=500, personal=True, example="柜台等了一小时没有人叫号"),
        Field("opened_at", "受理时间", Type.MOMENT, required=True, example="2026-11-18 09:30:00"),
        Field("due_on", "最迟答复日", Type.DATE, example="2026-12-03"),
        Field(
            "state", "状态", Type.CHOICE, required=True, choices=COMPLAINT_STATES, example="opened"
        ),
        Field("result", "处理结果", longest=500, personal=True, example="已电话致歉，客户认可"),
    ),
)

CERTIFICATES: Final = Layout(
    kind="certificates",
    title="从业证书",
    key=("staff_id", "kind", "number"),
    fields=(
        Field("staff_id", "工号", Type.KEY, required=True, longest=64, example="003127"),
        Field("kind", "证书", required=True, longest=40, example="基金从业资格"),
        Field("number", "编号", Type.KEY, required=True, longest=40, example="F3000117788"),
        Field("issuer", "发证机构", longest=80, example="中国证券投资基金业协会"),
        Field("licence", "对应资格", longest=20, example="基金"),
        Field("valid_until", "有效至", Type.DATE, required=True, example="2027-06-30"),
    ),
)
