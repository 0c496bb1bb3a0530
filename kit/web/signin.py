"""A sign-in under way: one state, bound to one browser, five minutes, used once.

The redirect target is a path of our own and never a URL, so that a sign-in cannot be made to
lead elsewhere (ASVS 3.7.2).
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kit.errors import InputRefused, Unauthenticated
from kit.web.models import BreakGlass, SignInState
from kit.web.sessions import hashed

LIFETIME = timedelta(minutes=5)
BREAK_GLASS_LIFETIME = timedelta(minutes=10)
MOST_FAILURES = 5
_OWN_PATH = re.compile(
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%-]+/?)*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)


class SignInRefused(Unauthenticated):
    """The sign-in cannot be finished: state unknown, used, too old, or of another browser."""

    code = "E-3003"


class PersonNotEnrolled(SignInRefused):
    """Somebody proved who they are, and is no active member of staff that we know."""

    code = "E-3006"


class PathRefused(InputRefused):
    """The page to return to after the sign-in is not one of ours."""

    code = "E-3004"


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser needs: the state for the URL, the secret for its own cookie."""

    state: str
    browser: str


@dataclass(frozen=True, slots=True)
class Finished:
    """What was begun, now that the browser came back with its state."""

    surface: str
    next_path: str
    purpose: str
    staff_id: str
    began_at: datetime


def own_path(path: str) -> str:
    """``path`` if it is a plain path of ours. Raises PathRefused."""
    if len(path) > 400 or path.startswith("//") or "\\" in path or not _OWN_PATH.fullmatch(path):
        raise PathRefused("登录后要去的页面不对", saw=path[:40], do="从首页重新进入")
    return path


async def begin(
    session: AsyncSession,
    *,
    surface: str,
    next_path: str,
    at: datetime,
    purpose: str = "sign_in",
    staff_id: str = "",
    browser: str = "",
) -> Begun:
    """Remember that this browser wants to sign in (or to prove again who is there)."""
    begun = Begun(secrets.token_hex(24), browser or secrets.token_urlsafe(24))
    session.add(
        SignInState(
            state_hash=hashed(begun.state),
            browser_hash=hashed(begun.browser),
            surface=surface,
            next_path=own_path(next_path),
            purpose=purpose,
            staff_id=staff_id,
            expires_at=at + LIFETIME,
        )
    )
    await session.flush()
    return begun


async def finish(
    session: AsyncSession, *, state: str, browser: str, surface: str, at: datetime
) -> Finished:
    """Take the state, once. Raises SignInRefused alike for every cause."""
    row = await session.get(SignInState, hashed(state), with_for_update=True)
    if (
        row is None
        or row.used_at is not None
        or row.expires_at <= at
        or row.surface != surface
        or not hmac.compare_digest(row.browser_hash, hashed(browser))
    ):
        raise SignInRefused("这次登录没有完成", do="请从登录页重新开始")
    row.used_at = at
    await session.flush()
    began_at = row.expires_at - LIFETIME
    return Finished(row.surface, row.next_path, row.purpose, row.staff_id, began_at)


async def make_break_glass(
    session: AsyncSession, *, staff_id: str, reason: str, made_by: str, at: datetime
) -> str:
    """A one-time emergency code; shown once at the command line, kept only as a hash."""
    code = secrets.token_hex(10)
    session.add(
        BreakGlass(
            code_hash=hashed(code),
            staff_id=staff_id,
            reason=reason,
            made_by=made_by,
            made_at=at,
            expires_at=at + BREAK_GLASS_LIFETIME,
        )
    )
    await session.flush()
    return code


async def use_break_glass(session: AsyncSession, *, code: str, at: datetime) -> tuple[str, str]:
    """Take an emergency code, once; returns (staff_id, reason). Raises SignInRefused."""
    result: Any = await session.execute(
        update(BreakGlass)
        .where(
            col(BreakGlass.code_hash) == hashed(code.strip().lower()),
            col(BreakGlass.used_at).is_(None),
            col(BreakGlass.expires_at) > at,
        )
        .values(used_at=at)
        .returning(col(BreakGlass.staff_id), col(BreakGlass.reason))
        .execution_options(synchronize_session=False)
    )
    row = result.first()
    if row is None:
        raise SignInRefused(
            "应急码不对、用过了或过期了", do="请科技部重新生成：gengyun users break-glass"
        )
    return row.staff_id, row.reason
