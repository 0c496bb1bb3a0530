"""Who is asking, and whether they may: the one dependency every page and twin goes through.

Access is denied unless granted: a route without ``allow`` fails a test. ``allow`` finds the
sign-in, checks that a changing request comes from our own page, asks what the person may do now
(never what they could do when they signed in), and demands a fresh proof where it must.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from jinja2 import Environment
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.contextvars import bind_contextvars

from kit.db import Database
from kit.errors import AccessDenied
from kit.web import sessions
from kit.web.models import UserPreference
from kit.web.sessions import Limits, SignedIn

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ANYBODY: Final = "anybody"


class RoleNeeded(AccessDenied):
    """The person is signed in, but this is for other roles."""

    code = "E-3102"


@dataclass(frozen=True)
class Site:
    """What every page stands on; one per process, at ``app.state.site``.

    ``viewer_of`` finds what a person may know of; ``confine`` holds a transaction to it, below
    every query.
    """

    database: Database
    clock: Callable[[], datetime]
    limits: Limits
    cookie_key: bytes = field(repr=False)
    public_url: str
    is_demo: bool
    templates: Environment
    viewer_of: Callable[[AsyncSession, str, datetime], Awaitable[Any]]
    brand: Mapping[str, str]
    confine: Callable[[AsyncSession, Any], Awaitable[None]]

    @property
    def secure(self) -> bool:
        """Whether cookies travel over https alone."""
        return self.public_url.startswith("https://")

    def cookie(self, surface: str) -> str:
        """The name of a surface's sign-in cookie; ``__Host-`` wherever there is https."""
        return f"__Host-gengyun-{surface}" if self.secure else f"gengyun-{surface}"


@dataclass(frozen=True)
class Asking:
    """Somebody who may ask this: who they are, what they may see, when, by which sign-in."""

    viewer: Any
    signed_in: SignedIn
    at: datetime
    request_id: str
    csrf_token: str
    text_size: str

    @property
    def actor(self) -> str:
        """The person as the ledger names them."""
        return f"staff:{self.signed_in.staff_id}"


def site_of(request: Request) -> Site:
    """The site of the app that serves this request."""
    site = request.app.state.site
    assert isinstance(site, Site)  # noqa: S101 — the composition puts one there
    return site


def allow(surface: str, *roles: str, fresh: bool = False) -> Any:
    """A dependency: the asking person, signed in on ``surface`` and holding one of ``roles``.

    ``roles`` empty means every member of staff. ``fresh`` demands that the person proved who
    they are within the last minutes (unmasking, export, approval).
    """

    async def asking(request: Request) -> Asking:
        site = site_of(request)
        at = site.clock()
        token = request.cookies.get(site.cookie(surface), "")
        async with site.database.reading() as session:
            signed_in = await sessions.find(
                session, token, surface=surface, at=at, limits=site.limits
            )
            viewer = await site.viewer_of(session, signed_in.staff_id, at)
            preference = await session.get(UserPreference, signed_in.staff_id)
            text_size = preference.text_size if preference else ""
        if request.method not in SAFE:
            await _demand_own_page(request, site, token)
        if roles and not set(roles) & set(viewer.roles):
            raise RoleNeeded(
                "这一页不对你的角色开放", do="需要时请科技部授权，或请有权限的同事查看"
            )
        if fresh:
            sessions.demand_fresh(signed_in, at, site.limits)
        if signed_in_long_ago(signed_in, at):
            await _touch(request, site, signed_in, at)
        request_id = uuid.uuid4().hex[:16]
        bind_contextvars(request_id=request_id, staff_id=signed_in.staff_id)
        await _confine_all(request, site, viewer)
        return Asking(
            viewer=viewer,
            signed_in=signed_in,
            at=at,
            request_id=request_id,
            csrf_token=sessions.csrf_token(site.cookie_key, token),
            text_size=text_size,
        )

    asking.policy = (surface, roles, fresh)  # type: ignore[attr-defined]
    return Depends(asking)


def signed_in_long_ago(signed_in: SignedIn, at: datetime) -> bool:
    """Whether the sign-in is old enough for its idle clock to be worth a write."""
    return at - signed_in.signed_in_at > sessions.TOUCH_EVERY


async def _touch(request: Request, site: Site, signed_in: SignedIn, at: datetime) -> None:
    """In this request's own transaction where one is open already: on SQLite there is one writer,
    and a second transaction would wait for the first for ever."""
    own: AsyncSession | None = getattr(request.state, "writing", None)
    if own is not None:
        await sessions.touch(own, signed_in, at)
        return
    async with site.database.transaction() as session:
        await sessions.touch(session, signed_in, at)


async def _demand_own_page(request: Request, site: Site, token: str) -> None:
    given = request.headers.get("x-csrf-token", "")
    kind = request.headers.get("content-type", "")
    if not given and ("form" in kind):
        form = await request.form()
        given = str(form.get("csrf_token", ""))
    sessions.demand_own_page(
        cookie_key=site.cookie_key,
        token=token,
        given=given,
        origin=request.headers.get("origin"),
        own_origin=site.public_url if site.secure else f"http://{request.headers.get('host', '')}",
    )


async def _confine_all(request: Request, site: Site, viewer: Any) -> None:
    """What this request reads and writes stays within what ``viewer`` may know of.

    The page may have asked for its transaction before or after it asked who is there: those
    already open are confined here, those still to come when they open.
    """
    request.state.viewer = viewer
    for session in getattr(request.state, "sessions", ()):
        await site.confine(session, viewer)


@asynccontextmanager
async def _confined(request: Request, session: AsyncSession) -> AsyncIterator[None]:
    viewer = getattr(request.state, "viewer", None)
    if viewer is not None:
        await site_of(request).confine(session, viewer)
    request.state.sessions = (*getattr(request.state, "sessions", ()), session)
    try:
        yield
    finally:  # closed from here on: to touch it again would open it anew, for ever
        request.state.sessions = tuple(one for one in request.state.sessions if one is not session)


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    database = site_of(request).database
    async with database.transaction() as session, _confined(request, session):
        request.state.writing = session
        try:
            yield session
        finally:
            request.state.writing = None


async def _reading(request: Request) -> AsyncIterator[AsyncSession]:
    database = site_of(request).database
    async with database.reading() as session, _confined(request, session):
        yield session


Writing = Annotated[AsyncSession, Depends(_transaction, scope="function")]
"""One transaction of this request; committed before the answer leaves, because with the default
scope a failed commit would still answer 200."""

Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]
"""One consistent picture for this request."""


def public(why: str) -> Any:
    """A dependency for the few routes that need no sign-in; says why, for the policy test."""

    async def nobody() -> None:
        return None

    nobody.policy = (ANYBODY, (why,), False)  # type: ignore[attr-defined]
    return Depends(nobody)
