"""One work item: the evidence compared and masked, and the decision with its reason."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.errors import DecisionRefused, ReasonNeeded, WorkUnknown
from console.lists import url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.state_words import BINDINGS
from console.traces import looked
from console.why_links import why_of
from console.wording import act_text
from console.work.listed import PATH, row
from crm_sync import binding_by_hand
from crm_sync.facts import CustomerFact
from crm_sync.merging import merge
from crm_sync.repository import listing, profiles
from crm_sync.repository.evidence import contacts_of
from delivery import undone, worklist
from delivery.binding_work import conflict_key, mismatch_key, work_of
from delivery.facts import BROADCAST, WELCOME
from delivery.repository import work_lists
from delivery.text_messages import SMS
from delivery.worklist import Item
from insights import record
from kit.clock import bank_date
from kit.web.formats import masked_name, masked_number, moment
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
CONFLICT: Final = "binding_conflict"
MISMATCH: Final = "owner_mismatch"
LINKED: Final = (CONFLICT, MISMATCH)
HERE: Final = "here"
"""After a customer's number: from now on messages go to this contact, the other one rests."""
NEITHER: Final = "neither"
UNDO: Final = "undo"
DONE: Final = "done"
CUSTOMERS_CALLS: Final = (WELCOME, BROADCAST, SMS)
"""Calls that carry words to customers; a morning card goes to a member of staff."""


async def in_sight(session: AsyncSession, asking: Asking, key: str) -> tuple[Item, Sight]:
    """The item, if its unit is in sight. Raises WorkUnknown otherwise, always the same."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await work_lists.one(session, key, units=sight.units)
    if found is None:
        raise WorkUnknown("没有这件工单，或不在你的查看范围内", do="刷新工单列表")
    return found, sight


async def rivals_of(session: AsyncSession, item: Item, sight: Sight) -> list[CustomerFact]:
    """The customers that a conflict is about, as far as they are in sight."""
    told = item.facts.get("rivals") or []
    ids = {int(one["customer_id"]) for one in told if one.get("customer_id")}
    if item.customer_id:
        ids.add(item.customer_id)
    wanted = listing.Wanted(units=sight.units, ids=frozenset(ids))
    return await listing.page(session, wanted) if ids else []


@router.get(PATH + "/{key}", response_class=HTMLResponse)
async def item(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    key: str,
) -> Response:
    """What is to be decided and on what evidence."""
    found, sight = await in_sight(session, asking, key)
    place = await looked(session, asking, "work.viewed", f"work:{key}", unit=found.unit_id)
    rivals = await rivals_of(session, found, sight) if found.kind == CONFLICT else []
    names = await names_for(
        session,
        places=[found.closed_by] if found.closed_by else [],
        staff=[
            found.staff_id,
            *(one.owner_staff_id for one in rivals),
            *_friends(found),
        ],
        customers=[found.customer_id],
    )
    others = await _other_contacts(session, found, rivals)
    contact = await _contact_name(session, found)
    context = await shell(request, session, asking, "work", view_ref=place)
    context |= {
        "w": row(found, names, sight, asking),
        "there": _there(found),
        "evidence": [*_evidence(found, contact), *_owners(found, names)],
        "rivals": [
            {"name": masked_name(one.name), "customer_no": masked_number(one.customer_no)}
            for one in rivals
        ],
        "comparison": _comparison(found, rivals, sight, names.person),
        "decision": _decision(found, rivals, others) if found.state == "open" else None,
        "trail": await _trail(session, found, asking),
    }
    return page(request, "work_item", context)


def _there(found: Item) -> dict[str, str] | None:
    """What the item is about: the list of what was not done, or the chain of one message."""
    facts = found.facts
    if found.kind == undone.KIND:
        day = str(facts["day"])
        kept = {"view": "list", "state": "undone", "staff": str(facts["staff"])}
        return {
            "text": f"看这 {facts['number']} 件",
            "href": url("/c/todos", kept, **{"from": day, "to": day}),
        }
    if found.kind == undone.TASKS:
        first = next(iter(facts["broadcasts"]))
        return {"text": "这个群发的来龙去脉", "href": why_of(f"broadcast:{first}") or ""}
    for kind, name in (("todo", "todo"), ("send", "send"), ("outbox_id", "outbox")):
        if facts.get(kind) and (kind != "outbox_id" or facts.get("kind") in CUSTOMERS_CALLS):
            return {"text": "这条消息的来龙去脉", "href": why_of(f"{name}:{facts[kind]}") or ""}
    return None


async def _contact_name(session: AsyncSession, found: Item) -> str:
    if not found.external_userid:
        return ""
    nick = (await profiles.names_of(session, [found.external_userid])).get(found.external_userid)
    return masked_name(nick) if nick else "企业微信联系人"


def _friends(found: Item) -> list[str]:
    """The staff ids of those who are friends with a contact whose owner is not."""
    told = found.facts.get("friends")
    return [str(one) for one in told] if isinstance(told, list) else []


def _owners(found: Item, names: Names) -> list[tuple[str, str, str]]:
    if found.kind != MISMATCH:
        return []
    friends = "、".join(names.person(one) for one in _friends(found))
    return [
        ("管户经理", names.person(found.staff_id) or "还没有分配", "b"),
        ("现在的好友", friends or "见好友列表", ""),
    ]


async def _other_contacts(
    session: AsyncSession, found: Item, rivals: Sequence[CustomerFact]
) -> dict[int, str]:
    """The contact that each rival has already, where it is another one than this."""
    held = await contacts_of(session, [one.customer_id for one in rivals])
    return {
        customer_id: others[0]
        for customer_id, contacts in held.items()
        if (others := sorted(contacts - {found.external_userid or ""}))
    }


def _evidence(found: Item, contact: str) -> list[tuple[str, str, str]]:
    shown = [("联系人", contact, "")] if contact else []
    method = str(found.facts.get("method") or "")
    if method:
        confidence = found.facts.get("confidence")
        shown.append(("现有证据", f"{BINDINGS.get(method, method)}，把握 {confidence}%", ""))
    for name, value in found.evidence.items():
        shown.append((str(name), str(value)[:200], ""))
    for name in ("outbox_id", "kind", "msgid", "complaint"):
        if name in found.facts:
            labels = {
                "outbox_id": "发送编号",
                "kind": "发送类别",
                "msgid": "会话消息",
                "complaint": "投诉编号",
            }
            shown.append((labels[name], str(found.facts[name]), "mono"))
    if found.resolution:
        shown.append(("处理结果", found.resolution, "b"))
    return shown


def _comparison(
    found: Item, rivals: Sequence[CustomerFact], sight: Sight, person: Any
) -> list[dict[str, Any]]:
    if not rivals:
        return []
    methods: dict[int, list[str]] = {}
    for one in found.facts.get("rivals") or []:
        methods.setdefault(int(one.get("customer_id") or 0), []).append(
            BINDINGS.get(str(one.get("method")), str(one.get("method")))
        )

    def marks(values: Sequence[tuple[bool | None, str]]) -> list[dict[str, Any]]:
        return [{"same": same, "text": text} for same, text in values]

    return [
        {
            "name": "证据",
            "contact": "",
            "marks": marks(
                [
                    (True, "、".join(methods[one.customer_id]))
                    if one.customer_id in methods
                    else (None, "现在匹配的客户" if one.customer_id == found.customer_id else "—")
                    for one in rivals
                ]
            ),
        },
        {
            "name": "管户",
            "contact": person(found.staff_id) or "—",
            "marks": marks(
                [
                    (
                        None if not found.staff_id else one.owner_staff_id == found.staff_id,
                        person(one.owner_staff_id) or "未分配",
                    )
                    for one in rivals
                ]
            ),
        },
        {
            "name": "机构",
            "contact": sight.unit_name(found.unit_id),
            "marks": marks(
                [(one.unit_id == found.unit_id, sight.unit_name(one.unit_id)) for one in rivals]
            ),
        },
    ]


def _decision(
    found: Item, rivals: Sequence[CustomerFact], others: Mapping[int, str]
) -> dict[str, Any]:
    options = []
    for one in rivals:
        who = f"是{masked_name(one.name)}（{masked_number(one.customer_no)}）"
        second = one.customer_id in others
        note = "匹配到这位客户，其他证据作废"
        if second:
            note = "这位客户已有一个微信：两个都算这位客户，消息仍发给原来的"
        options.append({"value": str(one.customer_id), "text": who, "note": note})
        if second:
            options.append(
                {
                    "value": f"{one.customer_id}:{HERE}",
                    "text": f"{who}，以后用这个微信",
                    "note": "两个都算这位客户，以后消息发给这个微信，原来的历史保留",
                }
            )
    if found.kind == CONFLICT:
        options.append({"value": NEITHER, "text": "都不是", "note": "保持现状，同样的证据不再提出"})
    if found.kind in LINKED and found.external_userid:
        options.append({"value": UNDO, "text": "解除现在的匹配", "note": "系统不会自动再匹配"})
    if found.kind != CONFLICT:
        options.append({"value": DONE, "text": "已处理", "note": "写明怎么处理的"})
    return {
        "action": f"{PATH}/{quote(found.key, safe='')}/decide",
        "refused": None,
        "options": options,
        "note": "办结后立即生效，说明会写进日志",
    }


async def _trail(session: AsyncSession, found: Item, asking: Asking) -> list[dict[str, Any]]:
    about = (f"work:{found.key}"[:160],)
    lines = await record.page(
        session, record.Wanted(kinds=("work", "access"), objects=about), limit=20
    )
    names = await names_for(session, places=[one.actor for one in lines])
    today = bank_date(asking.at)
    return [
        {
            "text": f"{names.actor(one.actor)} {act_text(one.act)}",
            "small": moment(one.at, today),
            "now": place == len(lines) - 1,
        }
        for place, one in enumerate(reversed(lines))
    ]


@router.post(PATH + "/{key}/decide")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    key: str,
    choice: Annotated[str, Form(max_length=40)],
    note: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Bind, dismiss, undo or close, with the reason; then the item is closed in the same step."""
    found, sight = await in_sight(session, asking, key)
    reason = " ".join(note.split())
    if len(reason) < 2:
        raise ReasonNeeded("请写说明", do="例如：客户到店核对身份证，确为本人微信")
    done = await _do(session, asking, found, sight, choice, reason[:200])
    await worklist.close_work(
        session, key, by=asking.actor, resolution=f"{done}：{reason}"[:400], at=asking.at
    )
    return RedirectResponse(PATH, status_code=303)


async def _do(
    session: AsyncSession, asking: Asking, found: Item, sight: Sight, choice: str, reason: str
) -> str:
    """What the choice means, in words; the links are changed by crm_sync, each recorded."""
    actor, at, request_id = asking.actor, asking.at, asking.request_id
    external = found.external_userid or ""
    if choice == DONE and found.kind != CONFLICT:
        return "已处理"
    if choice == NEITHER and found.kind == CONFLICT:
        await binding_by_hand.dismiss_conflict(
            session, external, actor=actor, reason=reason, at=at, request_id=request_id
        )
        return "都不是"
    if choice == UNDO and found.kind in LINKED and external:
        undone = await binding_by_hand.undo(
            session, external, actor=actor, reason=reason, at=at, request_id=request_id
        )
        keys = {conflict_key(external), mismatch_key(external, undone)} - {found.key}
        await worklist.close_open(session, sorted(keys), by=actor, resolution=reason, at=at)
        return "解除匹配"
    rivals = await rivals_of(session, found, sight)
    number, _, where = choice.partition(":")
    known = {one.customer_id for one in rivals}
    if found.kind == CONFLICT and number.isdecimal() and int(number) in known:
        if where not in ("", HERE):
            raise DecisionRefused("这件工单不能这样办", saw=choice, do="从页面列出的办法里选")
        others = await _other_contacts(session, found, rivals)
        outcome = await binding_by_hand.bind_by_hand(
            session, external, int(number), actor=actor, reason=reason, at=at, request_id=request_id
        )
        if (other := others.get(int(number))) is not None:
            pair = (external, other) if where == HERE else (other, external)
            await merge(session, *pair, actor=actor, reason=reason, at=at, request_id=request_id)
        work = work_of(outcome)
        if work is not None:
            await worklist.open_work(session, [work], at=at)
        return "匹配到选定的客户" + ("，以后用这个微信" if where == HERE else "")
    raise DecisionRefused(
        "这件工单不能这样办", saw=choice, do="从页面列出的办法里选；别的机构的客户请对方网点核对"
    )
