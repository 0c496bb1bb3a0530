"""How often: one row a window, counted up in one statement, so that racing requests all count."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.linking_policy import By, LinkingPolicy, What
from crm_sync.linking.rules import window_of
from crm_sync.models import LinkTry
from kit.db import cipher_of, insert_into


async def count(
    session: AsyncSession,
    policy: LinkingPolicy,
    what: What,
    keys: Mapping[By, str],
    at: datetime,
) -> datetime | None:
    """Count one try by each of ``keys``; the moment it may go on where a limit is passed.

    The try counts whether it is let through or not. Nothing here asks who the number belongs to.
    """
    cipher = cipher_of(session)
    limits = [one for one in policy.limit if one.what == what and one.by in keys]
    rows: list[dict[str, Any]] = sorted(
        (
            {
                "what": what,
                "by": one.by,
                "key_hash": cipher.blind(f"link_{one.by}", keys[one.by]),
                "minutes": one.minutes,
                "since": window_of(one, at)[0],
                "tries": 1,
            }
            for one in limits
        ),
        key=lambda row: (row["by"], row["minutes"]),
    )
    if not rows:
        return None
    key = ["what", "by", "key_hash", "minutes", "since"]
    statement = insert_into(session, LinkTry).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=key, set_={"tries": col(LinkTry.tries) + 1}
    ).returning(col(LinkTry.by), col(LinkTry.minutes), col(LinkTry.tries))
    counted = {(by, minutes): tries for by, minutes, tries in await session.execute(statement)}
    passed = [one for one in limits if counted[one.by, one.minutes] > one.most]
    return max((window_of(one, at)[1] for one in passed), default=None)
