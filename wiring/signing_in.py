"""Which means of sign-in exist on which surface, from the settings."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.access import staff_by_userid
from kit.web.signing_in import Means, break_glass_router, router
from wecom import oauth
from wecom.errors import Refused
from wiring.parts import Parts


def sign_in_routers(parts: Parts) -> list[APIRouter]:
    """In-app OAuth for the phone, the desktop QR for the console, the emergency code."""
    wecom = parts.settings.wecom

    def in_app(back: str, state: str) -> str:
        return oauth.authorize_url(
            wecom.corp_id,
            wecom.agent_id,
            back,
            state,
            base=f"{wecom.oauth_base}/connect/oauth2/authorize",
        )

    def desktop(back: str, state: str) -> str:
        return oauth.sso_url(
            wecom.corp_id, wecom.agent_id, back, state, base=f"{wecom.sso_base}/wwlogin/sso/login"
        )

    identify = _identify(parts)
    return [
        router("h5", "/h5", {"wecom": Means("wecom", in_app, identify)}, _staff_of, home="/h5/"),
        router(
            "console", "/c", {"wecom": Means("wecom", desktop, identify)}, _staff_of, home="/c/"
        ),
        break_glass_router("console", "/c", home="/c/"),
    ]


def _identify(parts: Parts) -> Callable[[str], Awaitable[str | None]]:
    async def identify(code: str) -> str | None:
        try:
            found = await oauth.who(parts.wecom, code)
        except Refused:  # 40029: used, or too old
            return None
        return found.staff_id if isinstance(found, oauth.SignedInMember) else None

    return identify


async def _staff_of(session: AsyncSession, means: str, there: str) -> str | None:
    staff = await staff_by_userid(session, there)
    return staff.staff_id if staff is not None and staff.active else None
