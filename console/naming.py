"""Names for the ids that entries and lists hold: staff in full, customers masked, the rest plain."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from community import names as group_names
from console.wording import SYSTEMS
from crm_sync import selection
from crm_sync.facts import StaffFact
from crm_sync.repository.staff import staff_by_id, staff_by_userids
from kit.web.formats import masked_name

OBJECTS = {
    "policy": "策略",
    "case": "复核",
    "rule": "合规规则",
    "benefit": "权益",
    "referral": "客户推荐",
    "complaint": "投诉",
    "fence": "聊天敏感词",
    "segment": "客群规则",
    "alert": "预警",
    "allocation": "分配方案",
    "batch": "一批联络",
    "card": "卡片",
    "preparation": "活动准备",
    "department": "部门",
    "outbox": "企业微信调用",
    "tags": "企业标签",
    "todo": "待办",
    "send": "发送",
    "way": "联系我二维码",
    "transfer": "移交审批表",
    "grid": "网格",
    "scorecard": "经营评分",
    "message": "会话消息",
    "run": "批次",
    "evidence": "证据包",
    "archive": "会话存档",
    "import": "数据导入",
    "ledger": "互动日志",
    "work": "工单",
    "handover": "客户移交",
    "member": "企业微信成员",
    "broadcast": "群发",
    "moment": "企业朋友圈",
    "campaign": "营销活动",
    "list": "列表",
    "record": "留痕",
    "unit": "机构",
    "tag": "标签",
    "calendar": "日历",
    "product": "产品",
}


@dataclass(frozen=True)
class Names:
    """What ids are called; customers are masked here, so that no page can forget it."""

    staff: Mapping[str, StaffFact] = field(default_factory=dict)
    customers: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def person(self, staff_id: str | None) -> str:
        """A member of staff by name, by id where we do not know them."""
        if not staff_id:
            return ""
        found = self.staff.get(staff_id)
        return found.name if found else staff_id

    def actor(self, actor: str) -> str:
        """Who did it: staff by name, customers and systems by what they are."""
        kind, _, who = actor.partition(":")
        if kind == "staff":
            return self.person(who)
        if kind == "customer":
            return f"客户 {self.customer(who)}"
        if kind == "system":
            return SYSTEMS.get(who, f"系统 · {who}")
        return "企业微信" if kind == "wecom" else actor

    def customer(self, number: str | int | None) -> str:
        """A customer's masked name."""
        try:
            return self.customers.get(int(number or 0), "客户")
        except ValueError:
            return "客户"

    def object(self, about: str) -> str:
        """What it was done to, for people."""
        kind, _, which = about.partition(":")
        if kind == "customer":
            return self.customer(which)
        if kind == "staff":
            return self.person(which)
        if kind == "group":
            return self.groups.get(which, "客户群")
        if kind == "contact":
            return "企业微信联系人"
        if kind == "script":
            code, _, version = which.partition("/")
            return f"话术 {code} 第 {version} 版" if version else f"话术 {code}"
        if kind in ("run", "evidence", "work") and len(which) <= 40:
            return f"{OBJECTS[kind]} {which}"
        return OBJECTS.get(kind, kind)


async def names_for(
    session: AsyncSession,
    *,
    places: Iterable[str] = (),
    staff: Iterable[str | None] = (),
    customers: Iterable[int | None] = (),
) -> Names:
    """Names for ledger actors and objects (``places``), staff ids and customer ids; three queries."""
    kinds: dict[str, set[str]] = {"staff": set(), "customer": set(), "group": set()}
    for place in places:
        kind, _, which = place.partition(":")
        if kind in kinds:
            kinds[kind].add(which)
    people = {one for one in staff if one} | kinds["staff"]
    ids = {one for one in customers if one} | {
        int(one) for one in kinds["customer"] if one.isdecimal()
    }
    return Names(
        staff=await staff_by_id(session, people),
        customers={
            customer_id: masked_name(fact.name)
            for customer_id, fact in (await selection.customer_facts(session, ids)).items()
        },
        groups=await group_names.names(session, kinds["group"]) if kinds["group"] else {},
    )


async def staff_of_userids(session: AsyncSession, userids: Iterable[str | None]) -> Names:
    """Names by WeCom userid: ``person`` then takes userids."""
    return Names(staff=await staff_by_userids(session, {one for one in userids if one}))
