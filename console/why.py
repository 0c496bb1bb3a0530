"""为什么: the chain behind one message, or behind one that was never sent."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.objections import BY_CODE
from config import policy_catalogue as kinds
from console import roles, seals
from console.entry_links import entry_url, in_sight
from console.errors import TodoUnknown
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from console.why_links import PATH
from console.wording import act_text
from crm_sync.repository import listing
from delivery.facts import STAFF_CARD, WELCOME
from delivery.messages.facts import Message
from insights.plan_items import FATES
from insights.why import chain as chains
from insights.why.facts import Chain, Proof
from insights.why.wording import CALLS, OUTCOMES, TICKETS, TODOS
from kit.web.formats import count, digest, exact_stamp
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
HEADINGS: Final = {
    "todo": "为什么给{who}安排“{title}”",
    "sidebar": "为什么给{who}发这一条",
    "group": "为什么往客户群里发这一条",
    "broadcast": "为什么给{who}群发",
    "moment": "为什么{who}能看到这条朋友圈",
    WELCOME: "为什么发这条欢迎语",
    STAFF_CARD: "为什么给客户经理发这张卡片",
    "refused": "为什么没有发给{who}",
}
WHOLE: Final = {"broadcast": "为什么有这个群发任务", "moment": "为什么有这条朋友圈"}
STATES: Final = {
    "todo": TODOS, "sidebar": TICKETS, "group": TICKETS, WELCOME: CALLS, STAFF_CARD: CALLS,
}  # fmt: skip
KINDS: Final = {"done": "ok", "bad": "danger", "": "info"}


@router.get(PATH + "/{todo_id}", response_class=HTMLResponse)
async def why_todo(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    todo_id: int,
) -> Response:
    """The chain of one to-do: reason, words, gate, sending, proof."""
    return await _shown(request, session, asking, f"todo:{todo_id}", back="/c/todos?view=list")


@router.get(PATH, response_class=HTMLResponse)
async def why_message(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    key: str = "",
    ref: str = "",
) -> Response:
    """The chain of any message by what names it: ``ref`` of a list, or the ``key`` of an intent.

    Without a name: where to put one in.
    """
    if not (key or ref):
        context = await shell(request, session, asking, "todos")
        return page(request, "why_search", context | {"back_url": "/c/touches", "action": PATH})
    back = "/c/plans" if key else "/c/touches"
    return await _shown(request, session, asking, (key or ref)[:200], back=back)


async def _shown(
    request: Request, session: AsyncSession, asking: Asking, name: str, *, back: str
) -> Response:
    parts = request.app.state.parts
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await chains.of(
        session,
        name,
        reminders=parts.reminders,
        channels=parts.shelf.of(kinds.CHANNEL_CHOICE),
        gate=parts.desk.policy,
    )
    if found is None or not await _in_sight(session, sight, found):
        raise TodoUnknown("没有这一件，或不在你的查看范围内", do="回到列表重新选择")
    one = found.message
    about = one.ref
    if one.kind == "refused":
        about = f"customer:{one.customer_id}" if one.customer_id else "list:why"
    place = await looked(
        session, asking, "why.viewed", about, unit=one.unit_id, payload={"key": one.key}
    )
    names = await names_for(
        session,
        customers=[one.customer_id],
        places=[entry.actor for entry in found.proof.entries],
    )
    context = await shell(request, session, asking, "todos", view_ref=place)
    context |= {
        "back_url": back,
        "heading": _heading(one, names),
        "fate": _fate(found),
        "chain": [
            {
                "state": step.mark,
                "name": step.name,
                "text": step.said,
                "at": step.at,
                "ref": step.ref,
                "href": step.href or None,
                "link": step.link,
            }
            for step in found.steps
        ],
        "seal": _seal(found, asking),
        "rules": _rules(found),
        "unjudged": "" if found.judged else _unjudged(found),
        "entries": _entries(found.proof, names, sight, asking),
    }
    return page(request, "why", context)


async def _in_sight(session: AsyncSession, sight: Sight, found: Chain) -> bool:
    """Whether it is of a unit in sight, or about a customer of one."""
    one = found.message
    if sight.units is None:
        return True
    if one.kind != "refused" and one.unit_id in sight.units:
        return True
    if one.customer_id is None:
        return False
    wanted = listing.Wanted(units=sight.units, ids=frozenset({one.customer_id}))
    return await listing.count(session, wanted) > 0


def _heading(one: Message, names: Names) -> str:
    who = names.customer(one.customer_id)
    if one.customer_id is None and one.kind in WHOLE:
        return WHOLE[one.kind]
    return HEADINGS[one.kind].format(who=who, title=one.title or one.trigger)


def _fate(found: Chain) -> dict[str, str]:
    """The badge beside the heading: where the message stands."""
    one = found.message
    if one.kind == "refused":
        text = FATES.get(one.outcome, OUTCOMES.get(one.outcome, one.outcome))
        return {"text": text, "kind": "danger"}
    if one.kind in ("broadcast", "moment"):
        return {"text": FATES["broadcast"] if one.kind == "broadcast" else "朋友圈", "kind": "info"}
    mark, text = STATES[one.kind].get(one.state, ("", one.state))
    return {"text": text, "kind": KINDS[mark]}


def _seal(found: Chain, asking: Asking) -> dict[str, Any]:
    """The integrity of exactly these entries, recomputed for this page."""
    proof = found.proof
    facts = [
        ("本件", f"{count(len(proof.entries))} 条", ""),
        ("重算", f"{count(sum(one.entries for one in proof.segments))} 条", "num"),
        ("核验时间", exact_stamp(asking.at), ""),
    ]
    if proof.checked_at is not None:
        facts.append(("上次全量核验", exact_stamp(proof.checked_at), ""))
    if proof.signed_at is not None:
        facts.append(("签名检查点", exact_stamp(proof.signed_at), ""))
    if not proof.entries and found.message.kind == "refused":
        return seals.seal(True, "没有发出", "没有发的不逐件记日志", facts)
    if not proof.entries:
        return seals.seal(False, "日志里没有这一件的记录", "每一件都应当有，请告诉科技部", facts)
    if proof.sound:
        return seals.seal(True, "未被改动", "刚刚重算所在的各段链，与存证一致", facts)
    first = next(fault for one in proof.segments for fault in one.faults)
    return seals.seal(False, seals.name_of(first.place), first.saying, facts)


def _unjudged(found: Chain) -> str:
    """Why there is no judgement to show."""
    return next(step.said for step in found.steps if step.code == "gate")


def _rules(found: Chain) -> list[dict[str, Any]]:
    if not found.judged:
        return []
    _, newest = found.judged[0]
    if not newest.objections:
        text = "适当性、授权、频次、时段、内容都通过"
        return [{"ok": True, "name": "全部规则", "text": text, "code": ""}]
    return [
        {
            "ok": False,
            "name": BY_CODE[code].saying.partition("。")[0] if code in BY_CODE else code,
            "text": newest.details.get(code, ""),
            "code": code,
        }
        for code in newest.objections
    ]


def _entries(proof: Proof, names: Names, sight: Sight, asking: Asking) -> list[dict[str, Any]]:
    return [
        {
            "place": one.place,
            "at": one.at,
            "act_text": act_text(one.act),
            "actor_text": names.actor(one.actor),
            "hash": digest(one.hash),
            "href": entry_url(one.stream, one.seq) if in_sight(one.stream, sight, asking) else None,
        }
        for one in proof.entries
    ]
