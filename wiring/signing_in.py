"""Which means of sign-in exist on which surface, from the settings."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.access import staff_by_userid
from crm_sync.repository.staff import staff_by_id
from kit.web.signing_in import Journey, Means, Proof, break_glass_router, router
from wecom import oauth
from wecom.errors import Refused
from wiring import oidc
from wiring.parts import Parts


def sign_in_routers(parts: Parts) -> list[APIRouter]:
    """In-app OAuth for the phone; the desktop QR, the bank's own sign-in where there is one and
    the emergency code for the console. Raises ConfigurationRefused."""
    wecom = parts.settings.wecom

    async def in_app(journey: Journey) -> str:
        return oauth.authorize_url(
            wecom.corp_id,
            wecom.agent_id,
            journey.back,
            journey.state,
            base=f"{wecom.oauth_base}/connect/oauth2/authorize",
        )

    async def desktop(journey: Journey) -> str:
        return oauth.sso_url(
            wecom.corp_id,
            wecom.agent_id,
            journey.back,
            journey.state,
            base=f"{wecom.sso_base}/wwlogin/sso/login",
        )

    identify = _identify(parts)
    at_the_desk = {"wecom": Means("wecom", desktop, identify)}
    if parts.settings.oidc.issuer:
        at_the_desk[oidc.NAME] = oidc.provider(
            parts.settings, parts.keys.cookie, parts.clock
        ).means()
    return [
        router("h5", "/h5", {"wecom": Means("wecom", in_app, identify)}, _staff_of, home="/h5/"),
        router("console", "/c", at_the_desk, _staff_of, home="/c/"),
        break_glass_router("console", "/c", home="/c/"),
    ]


def _identify(parts: Parts) -> Callable[[str, Journey], Awaitable[Proof | None]]:
    async def identify(code: str, _: Journey) -> Proof | None:
        try:
            found = await oauth.who(parts.wecom, code)
        except Refused:  # 40029: used, or too old
            return None
        return Proof(found.staff_id) if isinstance(found, oauth.SignedInMember) else None

    return identify


async def _staff_of(session: AsyncSession, means: str, there: str) -> str | None:
    """Our staff id: WeCom knows people by userid, the bank's own sign-in by staff id."""
    if means == oidc.NAME:
        staff = (await staff_by_id(session, [there])).get(there)
    else:
        staff = await staff_by_userid(session, there)
    return staff.staff_id if staff is not None and staff.active else None
