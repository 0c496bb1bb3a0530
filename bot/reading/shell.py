"""What every answer of the content pages carries, and who the browser says its person is."""

from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.linking.shell import size_of
from compliance.repository import consent_history, recipient_standing
from config import policy_catalogue
from config.reading_policy import ReadingPolicy
from crm_sync.readings import links
from crm_sync.readings.links import Shared
from crm_sync.readings.rules import PROFILING, Face, Said, face_of
from kit.errors import AppError
from kit.web.guard import Site, site_of

HOME: Final = "/o/c"
COOKIE: Final = "gengyun-reader"


def policy_of(request: Request) -> ReadingPolicy:
    """The policy in force."""
    found = request.app.state.parts.shelf.of(policy_catalogue.READING)
    assert isinstance(found, ReadingPolicy)  # noqa: S101 — the catalogue says so
    return found


def reader_cookie(site: Site) -> str:
    """The cookie of a browser whose person WeChat has named; ``__Host-`` under https."""
    return f"__Host-{COOKIE}" if site.secure else COOKIE


def shared_by(request: Request, token: str, at: datetime) -> Shared:
    """What the address says. Raises ReadingLinkBroken."""
    lasts = timedelta(days=policy_of(request).link_days)
    return links.shared_of(request.app.state.parts.keys.cipher, token, at, lasts)


def named_in(request: Request, at: datetime) -> int | None:
    """The customer whom WeChat named in this browser, if any."""
    token = request.cookies.get(reader_cookie(site_of(request)), "")
    lasts = timedelta(days=policy_of(request).reader_days)
    cipher = request.app.state.parts.keys.cipher
    return links.reader_of(cipher, token, at, lasts) if token else None


async def said_by(session: AsyncSession, customer_id: int) -> Said:
    """What a customer has said about being known by what they read."""
    standing = (await recipient_standing(session, [customer_id])).get(customer_id)
    if standing is None:
        return Said()
    refused_at = None
    if PROFILING in standing.refusals:
        told = await consent_history(session, customer_id)
        noes = [one.at for one in told if one.purpose == PROFILING and not one.given]
        refused_at = max(noes, default=None)
    return Said(standing.consents, standing.refusals, standing.suppressed, refused_at)


async def face(
    request: Request, session: AsyncSession, shared: Shared, at: datetime
) -> tuple[Face, bool]:
    """How the page behaves, and whether WeChat named this browser's person as its customer."""
    if not shared.customer_id:
        return Face.QUIET, False
    named = named_in(request, at) == shared.customer_id
    said = await said_by(session, shared.customer_id)
    found = face_of(
        said, named=named, forwarded=shared.generation > 0, at=at, policy=policy_of(request)
    )
    return found, named


def page(
    request: Request, name: str, context: dict[str, Any], *, status: int = 200
) -> HTMLResponse:
    """Render ``reading/<name>.html``; nothing of it may be kept by a cache."""
    site, parts = site_of(request), request.app.state.parts
    body = site.templates.get_template(f"reading/{name}.html").render(
        csrf_token="",
        size=size_of(request),
        hotline=parts.settings.hotline,
        here=HOME,
        **context,
    )
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    return HTMLResponse(body, status_code=status, headers=headers)


def refused(request: Request, refusal: AppError) -> Response:
    """A page that says what is wrong, and nothing of anybody."""
    context = {"title": refusal.what, "line": refusal.do, "code": refusal.code, "back": ""}
    return page(request, "told", context, status=refusal.status)
