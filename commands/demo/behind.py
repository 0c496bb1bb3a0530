"""幕后: what the record says about the sends of the demo, beside the chat."""

from typing import Any
from urllib.parse import quote

from fastapi import Request

from kit.ledger import reading as ledger
from kit.web.guard import site_of


async def behind(request: Request, *, linked: bool) -> list[dict[str, Any]]:
    """幕后: the newest ledger entries of 李敏's sends, oldest first.

    ``linked``: whoever looks may open the desk's page of an entry.
    """
    site = site_of(request)
    async with site.database.reading() as session:
        found = await ledger.page(
            session,
            ledger.Wanted(kind="send", since=request.app.state.demo_began),
            limit=6,
        )
    titles = {
        "send.prepared": "服务端复核：适当性、授权、频次、时段、内容都通过",
        "send.claimed": "企业微信 sendChatMessage 返回 ok",
        "send.confirmed": "会话存档比对：与审核的话术逐字一致",
        "send.differs": "会话存档比对：与审核的话术不一致",
        "send.blocked": "服务端复核：不能发送",
        "send.cancelled": "没有发出，记为未发送",
    }
    return [
        {
            "title": titles.get(one.act, one.act),
            "text": f"日志 {one.place} · 摘要 {one.hash[:8]}… 接上一条 {one.prev[:8]}…",
            "href": _entry_page(one.place) if linked else None,
        }
        for one in reversed(found)
        if one.act in titles
    ]


def _entry_page(place: str) -> str:
    """The desk's page of one entry of the record."""
    stream, _, seq = place.rpartition("#")
    return f"/c/interactions/{quote(stream)}/{seq}"
