"""聊天敏感词: our rules in WeCom as they were last seen, and what differs."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from compliance.fence import keeping
from compliance.fence import words as fence_words
from compliance.fence.keeping import Line
from config import policy_catalogue
from console import roles
from console.errors import FormRefused
from console.lists import nothing, tab, url
from console.shell import page, shell
from console.tables import cell, column, row, table
from console.traces import looked
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/fence"
STATES: Final = {
    "in_step": ("一致", "ok"),
    "missing": ("企业微信里没有", "warn"),
    "differs": ("内容不同", "warn"),
    "surplus": ("应删除", "warn"),
    "unknown": ("结果不明", "danger"),
    "refused": ("不被接受", "danger"),
}
STEPS: Final = {"add": "新增", "update": "修改", "delete": "删除"}
ACTIONS: Final = {"block": "拦下", "warn": "提醒"}


@router.get(PATH, response_class=HTMLResponse)
async def fence(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    status: str = "",
) -> Response:
    """Each rule with its words' number, its range, the last step and what differs."""
    if status not in ("", *STATES):
        raise FormRefused("没有这种状态", saw=status[:40], do="从页面上选")
    found = await keeping.lines(session)
    shown = [one for one in found if status in ("", one.state)]
    place = await looked(session, asking, "fence.viewed", "list:fence", payload={"state": status})
    policy = request.app.state.parts.shelf.of(policy_catalogue.INTERCEPT)
    context = await shell(request, session, asking, "fence", view_ref=place)
    context |= {
        "automatic": policy.automatic,
        "looked_at": max((one.looked_at for one in found), default=None),
        "tabs": [
            tab("全部", PATH, len(found), not status),
            *(
                tab(text, url(PATH, status=name), n, status == name)
                for name, (text, _) in STATES.items()
                if (n := sum(one.state == name for one in found))
            ),
        ],
        "state": None
        if shown
        else nothing("规则", [status], PATH, "运行 gengyun intercept 后会出现在这里。"),
        "rules": [_row(one) for one in shown],
    }
    return page(request, "fence", context)


@router.get(PATH + "/words", response_class=HTMLResponse)
async def words(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    rule: Annotated[str, Query(max_length=40)],
) -> Response:
    """The words of one rule as our rulebook wants them in WeCom. FormRefused for one it has not."""
    parts = request.app.state.parts
    policy = parts.shelf.of(policy_catalogue.INTERCEPT)
    certain = await asyncio.to_thread(
        fence_words.certain, parts.screener, fence_words.concept_words(), policy.least_chars
    )
    found = next((one for one in fence_words.wanted(certain, policy) if one.name == rule), None)
    if found is None:
        raise FormRefused("规则库里没有这条规则", saw=rule[:40], do="回到聊天敏感词重新选择")
    place = await looked(session, asking, "fence.viewed", "list:fence", payload={"rule": rule})
    context = await shell(request, session, asking, "fence", view_ref=place)
    listed = [row([cell(word, strong=True)], word=word) for word in found.words]
    context |= table(
        found.name,
        PATH + "/words",
        [column("词")],
        listed,
        sub=f"{len(listed)} 个词，经理单独说出来就会被拦下",
        tabs=[
            tab("聊天敏感词", PATH),
            tab(found.name, url(PATH + "/words", rule=rule), current=True),
        ],
        state=None if listed else nothing("词", [], PATH, "这条规则只认手机号，没有词。"),
    )
    return page(request, "table", context)


def _row(one: Line) -> dict[str, Any]:
    text, kind = STATES.get(one.state, (one.state, ""))
    ranges = [f"部门 {'、'.join(map(str, one.departments))}"] if one.departments else []
    ranges += [f"员工 {len(one.staff)} 人"] if one.staff else []
    return {
        "name": one.name,
        "words": one.words,
        "words_url": url(PATH + "/words", rule=one.name) if one.state != "surplus" else None,
        "action": ACTIONS.get(one.action, "—"),
        "range": "；".join(ranges) or "—",
        "step": STEPS.get(one.last_step, "—"),
        "stepped_at": one.stepped_at,
        "state_text": text,
        "state_kind": kind,
        "difference": one.difference or "—",
    }
