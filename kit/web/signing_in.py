"""Sign-in over HTTP for one surface: begin, come back, prove again, leave.

Who somebody is comes from a ``Means`` (WeCom in the app, WeCom's desktop QR, the bank's OIDC);
who they are *here* from ``staff_of``. Every sign-in, refused or not, is a ledger entry.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from kit import ledger
from kit.errors import AppError
from kit.web import sessions, signin
from kit.web.guard import Asking, Site, allow, public, site_of
from kit.web.signin import PersonNotEnrolled, SignInRefused

BROWSER_COOKIE: Final = "gengyun-browser"
REFRESH: Final = "refresh"
"""The purpose of a journey on which somebody proves once more that they are there."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One browser's way there and back: where it returns to, with which one-time state.

    ``again``: the person is signed in and proves once more that they are there.
    """

    back: str
    state: str = field(repr=False)
    began_at: datetime
    again: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """Who somebody is there, and when they proved it; None means just now."""

    who: str
    at: datetime | None = None


@dataclass(frozen=True)
class Means:
    """One way to find out who somebody is.

    ``authorize`` makes the URL to send the browser to; ``identify`` turns the code that comes
    back into a proof, or None for somebody unknown there. Both may raise SignInRefused.
    """

    name: str
    authorize: Callable[[Journey], Awaitable[str]]
    identify: Callable[[str, Journey], Awaitable[Proof | None]]


StaffOf = Callable[[AsyncSession, str, str], Awaitable[str | None]]
"""(session, means, id there) -> our staff id, or None for somebody we do not know."""


def set_cookie(response: Response, site: Site, name: str, value: str, seconds: int) -> None:
    """A cookie that scripts cannot read and other sites cannot send along."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, secure=site.secure, samesite="lax", path="/"
    )


def browser_cookie(site: Site) -> str:
    """The cookie that binds a sign-in under way to one browser."""
    return f"__Host-{BROWSER_COOKIE}" if site.secure else BROWSER_COOKIE


async def let_in(
    request: Request,
    *,
    surface: str,
    staff_id: str,
    means: str,
    next_path: str,
    reason: str = "",
    proved_at: datetime | None = None,
) -> Response:
    """Begin a new sign-in (the old token of this browser ends) and go on to ``next_path``."""
    site = site_of(request)
    at = site.clock()
    old = request.cookies.get(site.cookie(surface), "")
    async with site.database.transaction() as session:
        if old:
            await sessions.end(session, old, at)
        token = await sessions.begin(
            session,
            staff_id=staff_id,
            surface=surface,
            means=means,
            at=at,
            limits=site.limits,
            proved_at=proved_at,
        )
        await record(
            session, "signed_in", staff_id, at, surface=surface, means=means, reason=reason
        )
    response = RedirectResponse(next_path, status_code=303)
    set_cookie(
        response, site, site.cookie(surface), token, int(site.limits.absolute.total_seconds())
    )
    return response


async def record(
    session: AsyncSession,
    act: str,
    staff_id: str,
    at: datetime,
    *,
    reason: str = "",
    **payload: Any,
) -> None:
    """The ledger entry of a sign-in, a refusal or a sign-out."""
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="access",
                act=f"session.{act}",
                actor=f"staff:{staff_id}" if staff_id else "system:sign_in",
                object=f"staff:{staff_id}" if staff_id else "staff:unknown",
                reason=reason,
                payload=payload,
            )
        ],
        at=at,
    )


def router(
    surface: str, prefix: str, means: Mapping[str, Means], staff_of: StaffOf, *, home: str
) -> APIRouter:
    """``{prefix}/sign-in/{means}``, ``{prefix}/sign-in/{means}/back``, ``{prefix}/sign-out``."""
    routes = APIRouter()

    @routes.get(
        f"{prefix}/sign-in/{{name}}",
        include_in_schema=False,
        dependencies=[public("signing in is how one becomes somebody")],
    )
    async def begin(request: Request, name: str, next: str = home) -> Response:
        return await _begin(request, name, next_path=next, purpose="sign_in", staff_id="")

    @routes.get(f"{prefix}/sign-in-again/{{name}}", include_in_schema=False)
    async def again(
        request: Request, name: str, asking: Annotated[Asking, allow(surface)], next: str = home
    ) -> Response:
        return await _begin(
            request, name, next_path=next, purpose=REFRESH, staff_id=asking.signed_in.staff_id
        )

    async def _begin(
        request: Request, name: str, *, next_path: str, purpose: str, staff_id: str
    ) -> Response:
        if name not in means:
            raise SignInRefused("没有这种登录方式", do="请从登录页重新开始")
        site = site_of(request)
        at = site.clock()
        async with site.database.transaction() as session:
            begun = await signin.begin(
                session,
                surface=surface,
                next_path=next_path,
                at=at,
                purpose=purpose,
                staff_id=staff_id,
                browser=request.cookies.get(browser_cookie(site), ""),
            )
        journey = Journey(returns_to(site, name), begun.state, at, purpose == REFRESH)
        response = RedirectResponse(await means[name].authorize(journey), status_code=303)
        set_cookie(response, site, browser_cookie(site), begun.browser, 3600)
        return response

    def returns_to(site: Site, name: str) -> str:
        return f"{site.public_url}{prefix}/sign-in/{name}/back"

    @routes.get(
        f"{prefix}/sign-in/{{name}}/back",
        include_in_schema=False,
        dependencies=[public("the browser comes back with its one-time state")],
    )
    async def back(request: Request, name: str, code: str = "", state: str = "") -> Response:
        site = site_of(request)
        at = site.clock()
        async with site.database.transaction() as session:
            finished = await signin.finish(
                session,
                state=state,
                browser=request.cookies.get(browser_cookie(site), ""),
                surface=surface,
                at=at,
            )
        if name not in means or not code:
            raise SignInRefused("这次登录没有完成", do="请从登录页重新开始")
        again = finished.purpose == REFRESH
        journey = Journey(returns_to(site, name), state, finished.began_at, again)
        try:
            proof, staff_id = await _who(site, name, code, journey)
        except SignInRefused as refusal:
            async with site.database.transaction() as session:
                await record(
                    session, "refused", "", at, surface=surface, means=name, code=refusal.code
                )
            raise
        if again:
            token = request.cookies.get(site.cookie(surface), "")
            async with site.database.transaction() as session:
                await sessions.refresh(session, token, staff_id=staff_id, at=at)
                await record(session, "proved_again", staff_id, at, surface=surface, means=name)
            return RedirectResponse(finished.next_path, status_code=303)
        return await let_in(
            request,
            surface=surface,
            staff_id=staff_id,
            means=name,
            next_path=finished.next_path,
            proved_at=proof.at,
        )

    async def _who(site: Site, name: str, code: str, journey: Journey) -> tuple[Proof, str]:
        """The proof, and who that is here. Raises SignInRefused, PersonNotEnrolled."""
        proof = await means[name].identify(code, journey)
        if proof is not None:
            async with site.database.reading() as session:
                staff_id = await staff_of(session, name, proof.who)
            if staff_id is not None:
                return proof, staff_id
        raise PersonNotEnrolled("你还没有开通，请网点负责人添加", do="开通后重新打开本页")

    @routes.post(f"{prefix}/sign-out", include_in_schema=False)
    async def leave(request: Request, asking: Annotated[Asking, allow(surface)]) -> Response:
        site = site_of(request)
        async with site.database.transaction() as session:
            await sessions.end(session, asking.signed_in.token, asking.at)
            await record(
                session, "signed_out", asking.signed_in.staff_id, asking.at, surface=surface
            )
        response = RedirectResponse(home, status_code=303)
        response.delete_cookie(site.cookie(surface), path="/")
        return response

    return routes


def break_glass_router(surface: str, prefix: str, *, home: str) -> APIRouter:
    """``POST {prefix}/sign-in/break-glass``: the emergency code from the command line, once."""
    routes = APIRouter()

    @routes.post(
        f"{prefix}/sign-in/break-glass",
        include_in_schema=False,
        dependencies=[public("the emergency code is the proof")],
    )
    async def enter(request: Request, code: Annotated[str, Form(max_length=64)]) -> Response:
        site = site_of(request)
        at = site.clock()
        try:
            async with site.database.transaction() as session:
                staff_id, reason = await signin.use_break_glass(session, code=code, at=at)
        except AppError:
            async with site.database.transaction() as session:
                await record(session, "refused", "", at, surface=surface, means="break_glass")
            raise
        return await let_in(
            request,
            surface=surface,
            staff_id=staff_id,
            means="break_glass",
            next_path=home,
            reason=reason,
        )

    return routes
