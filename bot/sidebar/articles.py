"""A 资讯 goes to a customer as a link card of our own page; its address names nobody."""

from datetime import datetime
from typing import Any, Final

from fastapi import Request

from content_library.facts import ApprovedScript, Library
from crm_sync.readings import links
from delivery.intents import Intent
from kit.web.guard import site_of

LONGEST: Final = 120


def cards_of(
    request: Request, item: ApprovedScript, intent: Intent, send_id: int, at: datetime
) -> list[dict[str, Any]]:
    """The card of an article (sendChatMessage ``news``, page 100749); nothing for other items.

    The gate has let this customer have this version; the address says so to us alone.
    """
    if item.library != Library.ARTICLE or intent.reach is None:
        return []
    shared = links.shared_now(
        item.code,
        item.version,
        intent.reach.staff_id,
        intent.customer.unit_id,
        intent.customer.customer_id,
        send=str(send_id),
    )
    token = links.share_token(request.app.state.parts.keys.cipher, shared, at)
    summary = str(item.detail.get("summary", ""))[:LONGEST]
    address = f"{site_of(request).public_url}/o/c/{token}"
    return [{"msgtype": "news", "news": {"link": address, "title": item.title, "desc": summary}}]
