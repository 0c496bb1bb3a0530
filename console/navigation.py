"""Where the desk leads: the pages by what one does there, and the roles each is for."""

from dataclasses import dataclass
from typing import Final

from console import roles


@dataclass(frozen=True, slots=True)
class Place:
    """A page in the navigation, and the roles it is for."""

    id: str
    text: str
    icon: str
    href: str
    roles: tuple[str, ...]


NAVIGATION: Final[tuple[tuple[str, tuple[Place, ...]], ...]] = (
    (
        "经营",
        (
            Place("overview", "总览", "overview", "/c/", roles.BUSINESS),
            Place("plans", "每日计划", "cal", "/c/plans", roles.CENTRE),
            Place("todos", "任务与执行", "list", "/c/todos", roles.EXECUTION),
            Place("daily", "每日联络", "phone", "/c/daily", roles.BUSINESS),
            Place("leads", "商机线索", "flag", "/c/leads", roles.BUSINESS),
            Place("work", "工单", "fork", "/c/work", roles.BUSINESS),
            Place("groups", "客户群", "group", "/c/groups", roles.BUSINESS),
        ),
    ),
    (
        "客户",
        (
            Place("customers", "客户", "person", "/c/customers", roles.BUSINESS),
            Place("structure", "客户结构", "pulse", "/c/structure", roles.BUSINESS),
            Place("personas", "客群画像", "people", "/c/personas", roles.BUSINESS),
            Place("segments", "客群圈选", "fork", "/c/segments", roles.BUSINESS),
            Place("tags", "后台标签", "flag", "/c/tags", roles.CENTRE),
            Place("products", "适销产品", "gift", "/c/products", roles.BUSINESS),
            Place("farming", "种养殖", "list", "/c/farming", roles.BUSINESS),
            Place("funnel", "获客漏斗", "overview", "/c/funnel", roles.BUSINESS),
            Place("adds", "有效添加", "check", "/c/adds", roles.BUSINESS),
        ),
    ),
    (
        "管户",
        (
            Place("duty", "联络与负荷", "clock", "/c/duty", roles.BUSINESS),
            Place("allocation", "管户分配", "people", "/c/allocation", roles.BUSINESS),
            Place("transfers", "提升移交", "right", "/c/transfers", roles.BUSINESS),
            Place("handovers", "好友继承", "fork", "/c/handovers", roles.EXECUTION),
            Place("grids", "网格与团队", "box", "/c/grids", roles.BUSINESS),
            Place("scorecards", "经营评分", "pulse", "/c/scorecards", roles.BUSINESS),
        ),
    ),
    (
        "内容",
        (
            Place("library", "内容库", "doc", "/c/library", roles.BUSINESS),
            Place("review", "审核", "shield-ok", "/c/review", roles.CENTRE),
            Place("campaigns", "营销活动", "flag", "/c/campaigns", roles.BUSINESS),
            Place("moments", "企业朋友圈", "chat", "/c/moments", roles.BUSINESS),
            Place("radar", "客户雷达", "eye", "/c/radar", roles.BUSINESS),
            Place("cards", "经理名片", "person", "/c/cards", roles.BUSINESS),
            Place("playbooks", "打法与准备", "flag", "/c/playbooks", roles.BUSINESS),
            Place("benefits", "权益与积分", "gift", "/c/benefits", roles.BUSINESS),
            Place("events", "活动", "cal", "/c/events", roles.BUSINESS),
            Place("referrals", "客户推荐", "people", "/c/referrals", roles.BUSINESS),
        ),
    ),
    (
        "合规",
        (
            Place("screened", "复核台", "shield-ok", "/c/screened", roles.WATCH),
            Place("touches", "触达记录", "chat", "/c/touches", roles.BUSINESS),
            Place("interactions", "互动留痕", "link", "/c/interactions", roles.BUSINESS),
            Place("white-lists", "产品白名单", "shield-ok", "/c/white-lists", roles.BUSINESS),
            Place("consents", "授权与退订", "shield-ok", "/c/consents", roles.BUSINESS),
            Place("complaints", "投诉", "flag", "/c/complaints", roles.BUSINESS),
            Place("calendar", "节假日与时段", "cal", "/c/calendar", roles.BUSINESS),
            Place("fence", "聊天敏感词", "shield-ok", "/c/fence", roles.CENTRE),
            Place("personal", "个人信息请求", "person", "/c/personal-data", roles.AUDIT),
            Place("audit", "审计检索", "search", "/c/audit", roles.AUDIT),
            Place("alerts", "预警", "bell", "/c/alerts", roles.WATCH),
            Place("evidence", "证据包", "zip", "/c/evidence", roles.AUDIT),
            Place("log", "操作日志", "eye", "/c/log", roles.AUDIT),
        ),
    ),
    (
        "系统",
        (
            Place("launch", "上线清单", "check", "/c/launch", roles.BUSINESS),
            Place("maturity", "成熟度自评", "pulse", "/c/maturity", roles.BUSINESS),
            Place("imports", "数据导入", "box", "/c/imports", roles.KEEPERS),
            Place("policies", "策略", "list", "/c/policies", roles.CENTRE),
            Place("people", "角色与机构", "key", "/c/people", roles.KEEPERS),
            Place("setup", "接入与配置", "cog", "/c/setup", roles.IT),
            Place("health", "运行状况", "pulse", "/c/health", roles.KEEPERS),
        ),
    ),
)
