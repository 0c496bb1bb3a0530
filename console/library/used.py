"""用在哪里: what picks an item by itself, and what carries it."""

from typing import Any
from urllib.parse import quote

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from console.library import showing
from console.library.item_lists import MOST
from console.library.places import CATALOG, SCRIPTS
from content_library import repository as items_of
from content_library.article_text import blocks
from content_library.facts import ApprovedScript, Library, State


async def used(
    request: Request, session: AsyncSession, one: ApprovedScript
) -> list[dict[str, Any]]:
    """The places of an item that is in use; one that nobody carries is picked by hand alone."""
    if one.library == Library.PRODUCT:
        there = f"{CATALOG}/{quote(one.product_code or '', safe='')}"
        return [_place("box", "在售清单", f"产品 {one.product_code}", there)]
    if one.library == Library.MEDIA:
        return await _carriers(session, one.code)
    if one.library == Library.ARTICLE:
        return []
    return [*_reminders(request, one), *_days(request, one)]


async def _carriers(session: AsyncSession, code: str) -> list[dict[str, Any]]:
    found = []
    for library, icon in ((Library.SCRIPT, "doc"), (Library.ARTICLE, "doc")):
        in_use = await items_of.library(
            session, states=(State.APPROVED,), library=library, limit=MOST
        )
        for item in (each.script for each in in_use):
            pictures = {one.material for one in blocks(item.template) if one.kind == "picture"}
            carried = (
                {*map(str, item.detail.get("materials") or ())}
                if library == Library.SCRIPT
                else pictures | {str(item.detail.get("cover") or "")}
            )
            if code in carried:
                there = f"{SCRIPTS}/{quote(item.code)}"
                found.append(_place(icon, item.title, f"{item.code} 带着它", there))
    return found


def _reminders(request: Request, one: ApprovedScript) -> list[dict[str, Any]]:
    names = showing.scene_names(request)
    return [
        _place(
            "clock", showing.scene_text(one.scene, names), f"每日计划按“{trigger.title}”自动选用",
            "/c/plans",
        )
        for trigger in request.app.state.parts.reminders.trigger
        if one.scene in {*(step.scene for step in trigger.step), *trigger.by_note.values()}
    ]  # fmt: skip


def _days(request: Request, one: ApprovedScript) -> list[dict[str, Any]]:
    return [
        _place(
            "cal", line.why, f"内容日历{f'，给{line.persona}' if line.persona else ''}", "/c/plans"
        )
        for line in request.app.state.parts.content_calendar.lines
        if line.script == one.code
    ]


def _place(icon: str, title: str, text: str, href: str) -> dict[str, Any]:
    return {"icon": icon, "title": title, "text": text, "href": href, "n": None}
