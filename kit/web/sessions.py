"""Sign-ins on the server's side: made, found, refreshed, ended (ASVS 7.2, 7.3, 7.4)."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.errors import AccessDenied, Unauthenticated
from kit.web.models import WebSession

TOUCH_EVERY = timedelta(seconds=30)


class SessionOver(Unauthenticated):
    """The sign-in is over: idle too long, too old, or ended by the bank."""

    code = "E-3001"


class NotFresh(Unauthenticated):
    """This step needs the person to prove again who they are."""

    code = "E-3002"


class ForgedRequest(AccessDenied):
    """A changing request without the token that our own page carries."""

    code = "E-3101"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a sign-in lasts."""

    idle: timedelta
    absolute: timedelta
    fresh: timedelta


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking, by which sign-in."""

    staff_id: str
    surface: str
    means: str
    token: str
    signed_in_at: datetime
    fresh_at: datetime


def hashed(token: str) -> str:
    """What is stored of a token: a stolen table signs nobody in."""
    return hashlib.sha256(token.encode()).hexdigest()


async def begin(
    session: AsyncSession,
    *,
    staff_id: str,
    surface: str,
    means: str,
    at: datetime,
    limits: Limits,
    proved_at: datetime | None = None,
) -> str:
    """A new sign-in; returns the token for the cookie (256 bits).

    ``proved_at`` is when the person proved who they are, where that was before ``at``.
    """
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_hash=hashed(token),
            staff_id=staff_id,
            surface=surface,
            means=means,
            signed_in_at=at,
            seen_at=at,
            fresh_at=proved_at or at,
            ends_at=at + limits.absolute,
        )
    )
    await session.flush()
    return token


async def find(
    session: AsyncSession, token: str, *, surface: str, at: datetime, limits: Limits
) -> SignedIn:
    """The living sign-in behind a cookie. Raises SessionOver."""
    row = await session.get(WebSession, hashed(token)) if token else None
    if (
        row is None
        or row.surface != surface
        or row.ended_at is not None
        or row.ends_at <= at
        or row.seen_at + limits.idle <= at
    ):
        raise SessionOver("登录已失效", do="请重新登录；没提交的内容还在本页")
    return SignedIn(row.staff_id, row.surface, row.means, token, row.signed_in_at, row.fresh_at)


async def touch(session: AsyncSession, signed_in: SignedIn, at: datetime) -> None:
    """Say that the person is still there; writes at most twice a minute."""
    await session.execute(
        update(WebSession)
        .where(
            col(WebSession.token_hash) == hashed(signed_in.token),
            col(WebSession.seen_at) < at - TOUCH_EVERY,
        )
        .values(seen_at=at)
        .execution_options(synchronize_session=False)
    )


async def refresh(session: AsyncSession, token: str, *, staff_id: str, at: datetime) -> None:
    """The person proved again who they are. Raises SessionOver for another person's sign-in."""
    result: Any = await session.execute(
        update(WebSession)
        .where(
            col(WebSession.token_hash) == hashed(token),
            col(WebSession.staff_id) == staff_id,
            col(WebSession.ended_at).is_(None),
        )
        .values(fresh_at=at, seen_at=at)
        .execution_options(synchronize_session=False)
    )
    if not result.rowcount:
        raise SessionOver("这次确认的不是登录的那个人", do="请重新登录")


def demand_fresh(signed_in: SignedIn, at: datetime, limits: Limits) -> None:
    """Raise NotFresh unless the person proved who they are within ``limits.fresh``."""
    if signed_in.fresh_at + limits.fresh <= at:
        raise NotFresh(
            "这一步要再次确认身份", do="请按登录时的方式再确认一次", means=signed_in.means
        )


async def end(session: AsyncSession, token: str, at: datetime) -> None:
    """Sign out one browser."""
    await session.execute(
        update(WebSession)
        .where(col(WebSession.token_hash) == hashed(token), col(WebSession.ended_at).is_(None))
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )


async def end_all(session: AsyncSession, staff_id: str, at: datetime) -> int:
    """Sign a person out everywhere, at once: left, moved, or disabled in WeCom."""
    result: Any = await session.execute(
        update(WebSession)
        .where(col(WebSession.staff_id) == staff_id, col(WebSession.ended_at).is_(None))
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)


async def signed_in_count(session: AsyncSession, staff_id: str, at: datetime) -> int:
    """How many living sign-ins a person has."""
    query = select(col(WebSession.token_hash)).where(
        col(WebSession.staff_id) == staff_id,
        col(WebSession.ended_at).is_(None),
        col(WebSession.ends_at) > at,
    )
    return len((await session.execute(query)).all())


async def last_signed_in(session: AsyncSession, staff_ids: Collection[str]) -> dict[str, datetime]:
    """When each of these people last signed in anywhere; those who never did are left out."""
    if not staff_ids:
        return {}
    query = (
        select(col(WebSession.staff_id), func.max(col(WebSession.signed_in_at)))
        .where(col(WebSession.staff_id).in_(sorted(staff_ids)))
        .group_by(col(WebSession.staff_id))
    )
    return {staff_id: at for staff_id, at in await session.execute(query)}  # noqa: C416


async def living(session: AsyncSession, staff_ids: Collection[str], at: datetime) -> set[str]:
    """Those of these people who have a sign-in that has not ended."""
    if not staff_ids:
        return set()
    query = select(col(WebSession.staff_id)).where(
        col(WebSession.staff_id).in_(sorted(staff_ids)),
        col(WebSession.ended_at).is_(None),
        col(WebSession.ends_at) > at,
    )
    return set((await session.execute(query)).scalars())


async def newest_on(session: AsyncSession, surface: str) -> datetime | None:
    """When anybody last signed in on ``surface``; None where nobody ever did."""
    query = select(func.max(col(WebSession.signed_in_at))).where(col(WebSession.surface) == surface)
    return (await session.execute(query)).scalar_one()


def csrf_token(cookie_key: bytes, token: str) -> str:
    """The token our pages carry, bound to the sign-in; it proves that a form is ours."""
    return hmac.new(cookie_key, f"csrf\x1f{token}".encode(), hashlib.sha256).hexdigest()


def demand_own_page(
    *, cookie_key: bytes, token: str, given: str, origin: str | None, own_origin: str
) -> None:
    """Raise ForgedRequest unless the request carries our token and, where told, our origin."""
    same = hmac.compare_digest(csrf_token(cookie_key, token), given)
    if not same or (origin not in (None, "", own_origin)):
        raise ForgedRequest("这个请求不是从本系统的页面发出的", do="请刷新页面后再试")
