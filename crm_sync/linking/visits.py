"""One browser on the way from WeChat's identity to a proven customer; a few minutes, one result."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.linking_policy import LinkingPolicy
from crm_sync.models import Contact, LinkVisit
from kit.db import cipher_of, insert_new

PURPOSE = "link_visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is on the way; ``ended`` once there is a ``result``."""

    key: str = field(repr=False)
    external_userid: str
    ended: bool
    result: str


async def begin(
    session: AsyncSession, external_userid: str, policy: LinkingPolicy, at: datetime
) -> str:
    """A visit of this WeChat identity; returns the token for the browser's cookie (256 bits).

    A contact whose add event never arrived is made known here: the identity is WeChat's word.
    """
    shell = {"external_userid": external_userid, "first_seen_at": at, "kind": 0, "gender": 0}
    await insert_new(session, Contact, [shell | {"digest": ""}], key=["external_userid"])
    token = secrets.token_urlsafe(32)
    session.add(
        LinkVisit(
            token_hash=cipher_of(session).blind(PURPOSE, token),
            external_userid=external_userid,
            began_at=at,
            ends_at=at + timedelta(minutes=policy.visit_minutes),
        )
    )
    await session.flush()
    return token


async def find(session: AsyncSession, token: str, at: datetime) -> Visit | None:
    """The visit behind a cookie, or None where there is none or its time is over."""
    if not token:
        return None
    row = await session.get(LinkVisit, cipher_of(session).blind(PURPOSE, token))
    if row is None or row.ends_at <= at:
        return None
    return Visit(row.token_hash, row.external_userid, row.ended_at is not None, row.result)


async def end(session: AsyncSession, visit: Visit, result: str, at: datetime) -> None:
    """Close the visit with what its last page may show."""
    await session.execute(
        update(LinkVisit)
        .where(col(LinkVisit.token_hash) == visit.key)
        .values(ended_at=at, result=result)
        .execution_options(synchronize_session=False)
    )
