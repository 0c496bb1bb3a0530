"""/o/card/…: who a manager is, on which certificates; withdrawn the day the last one ends."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from bot.linking.shell import size_of
from bot.reading.shell import refused
from crm_sync.readings import links
from crm_sync.readings.errors import ReadingLinkBroken
from crm_sync.repository.staff import units_by_id
from crm_sync.staff_cards import service
from crm_sync.staff_cards.errors import CardNotShown
from crm_sync.staff_cards.rules import CardFact
from kit.clock import bank_date
from kit.web.guard import Reading, public, site_of

router = APIRouter()
HOME: Final = "/o/card"


@router.get(
    HOME + "/{token}",
    response_class=HTMLResponse,
    dependencies=[public("a manager's card; the sealed token says whose, nothing is kept")],
)
async def card(request: Request, session: Reading, token: str) -> Response:
    """The card; CardNotShown in words where no verified certificate holds today."""
    site, parts = site_of(request), request.app.state.parts
    at = site.clock()
    try:
        staff_id = links.card_of(parts.keys.cipher, token[:400], at)
        found = await service.shown(session, staff_id, bank_date(at))
        if found is None:
            raise CardNotShown("这张名片暂不展示", do="需要联系时，请回到企业微信聊天")
    except (ReadingLinkBroken, CardNotShown) as refusal:
        return refused(request, refusal)
    units = await units_by_id(session, {found.unit_id})
    body = site.templates.get_template("staff_card/card.html").render(
        csrf_token="",
        size=size_of(request),
        hotline=parts.settings.hotline,
        here=HOME,
        c=face_of(found, units[found.unit_id].name if found.unit_id in units else ""),
    )
    return HTMLResponse(body, headers={"cache-control": "no-store"})


def face_of(found: CardFact, unit_name: str) -> dict[str, Any]:
    """What a card shows."""
    return {
        "name": found.name,
        "title": found.title,
        "unit_name": unit_name,
        "specialties": found.specialties,
        "intro": found.intro,
        "portrait": found.portrait,
        "certificates": [
            {
                "kind": one.kind,
                "number": one.number,
                "issuer": one.issuer,
                "valid_until": one.valid_until,
            }
            for one in found.certificates
        ],
    }
