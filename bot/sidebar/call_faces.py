"""What stands on a to-do about calling: the tap, how its call goes, or why there is no tap."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.repository.people import phones
from delivery import dialling
from delivery.desk import Desk
from delivery.facts import GOING, CallState, TodoState
from delivery.repository import phone_calls
from delivery.repository.phone_calls import PhoneCallFact
from delivery.repository.todos import TodoView
from kit.web.formats import masked_phone

SAID: Final = {
    CallState.ASKED: "正在请电话平台接通，请等分机响",
    CallState.UNSURE: "电话平台没有答复，正在核对；核对清楚之前不会再拨",
    CallState.RINGING: "电话平台正在接通",
    CallState.TALKING: "已接通，正在通话",
    CallState.TALKED: "已接通",
    CallState.UNANSWERED: "上一次没有接通",
    CallState.REFUSED: "电话平台没有接",
    CallState.LAPSED: "一分钟内没有拨出（线路忙，或没有连上电话平台），没有打扰客户，可以再点",
    CallState.STOPPED: "拨出之前被拦下，没有拨",
    CallState.UNTOLD: "电话平台没有说上一次的结果，请记下结果",
}
BY_HAND: Final = "没有接入电话平台，系统不能代拨。请自己拨打 {phone}，打完点“已电话”记结果。"
NO_WORDS: Final = "这件事没有审核过的话术，闸门无从判断，系统不能代拨。请自己拨打，打完记结果。"


async def faces(
    session: AsyncSession, shown: Sequence[TodoView], desk: Desk
) -> dict[int, dict[str, Any]]:
    """What stands on each of these to-dos about calling; those on other ways have nothing."""
    ours = [one for one in shown if one.channel == dialling.PHONE]
    last = await phone_calls.newest(session, [one.id for one in ours])
    numbers = await phones(session, {one.customer_id for one in ours})
    return {
        one.id: face(one, last.get(one.id), masked_phone(numbers.get(one.customer_id)), desk)
        for one in ours
    }


def face(todo: TodoView, last: PhoneCallFact | None, phone: str, desk: Desk) -> dict[str, Any]:
    """One to-do's: how its call goes or went, the tap where there is one, or why there is none."""
    going = last is not None and last.state in GOING
    waits = todo.state == TodoState.OPEN.value
    text = _said(last) if last is not None else ""
    if waits and not going and not desk.dials:
        text = BY_HAND.format(phone=phone)
    elif waits and not going and todo.script_version_id is None:
        text = NO_WORDS
    return {
        "todo_id": todo.id,
        "text": text,
        "going": going,
        "offered": waits and not going and desk.dials and todo.script_version_id is not None,
        "phone": phone,
        "objections": [],
    }


def _said(call: PhoneCallFact) -> str:
    said = SAID[call.state]
    if call.state is CallState.TALKED:
        return f"{said}，通话 {call.seconds} 秒"
    if call.state is CallState.REFUSED and call.cause:
        return f"{said}：{call.cause}"
    return said
