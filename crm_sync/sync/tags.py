"""Corp tags as WeCom has them: the console's are read, ours are known by what we made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.persona_policy import PersonaPolicy
from crm_sync.models import WecomTag
from crm_sync.repository.keys import UNTRACKED, among
from kit.db import Database, upsert
from kit.ledger import Entry, append
from wecom import tags
from wecom.client import Caller
from wecom.tags import TagGroup


@dataclass(frozen=True, slots=True)
class TagsReport:
    """Tags by what happened to them; ``forbidden`` are tags of others that no tag may be.

    Those are shown to compliance by id and family, and never used as evidence of anything.
    """

    total: int
    new: tuple[str, ...]
    renamed: tuple[str, ...]
    removed: tuple[str, ...]
    forbidden: tuple[tuple[str, str], ...]


async def sync_tags(
    database: Database, wecom: Caller, policy: PersonaPolicy, at: datetime
) -> TagsReport:
    """Read all corp tags and land them."""
    groups = await tags.list_all(wecom)
    async with database.transaction() as session:
        return await land_tags(session, groups, policy, at)


async def land_tags(
    session: AsyncSession, groups: Sequence[TagGroup], policy: PersonaPolicy, at: datetime
) -> TagsReport:
    """Land the whole list of corp tags; those that are missing are marked removed."""
    stored = {
        row.tag_id: row
        for row in await session.execute(
            select(
                col(WecomTag.tag_id),
                col(WecomTag.group_name),
                col(WecomTag.name),
                col(WecomTag.removed_at),
            )
        )
    }
    rows, new, renamed, forbidden = [], [], [], []
    for group in groups:
        for tag in group.tags:
            if group.deleted or tag.deleted:
                continue
            known = stored.get(tag.tag_id)
            if known is None or known.removed_at is not None:
                new.append(tag.tag_id)
            elif (known.group_name, known.name) != (group.name, tag.name):
                renamed.append(tag.tag_id)
            family = policy.forbidden_family(f"{group.name} {tag.name}")
            if family is not None:
                forbidden.append((tag.tag_id, family))
            rows.append(
                {
                    "tag_id": tag.tag_id,
                    "group_id": group.group_id,
                    "group_name": group.name,
                    "name": tag.name,
                    "ours": False,
                    "synced_at": at,
                    "removed_at": None,
                }
            )
    columns = ["group_id", "group_name", "name", "synced_at", "removed_at"]
    await upsert(session, WecomTag, rows, key=["tag_id"], update=columns)
    listed = {row["tag_id"] for row in rows}
    removed = sorted(
        tag_id for tag_id, row in stored.items() if row.removed_at is None and tag_id not in listed
    )
    if removed:
        await session.execute(
            update(WecomTag)
            .where(among(session, col(WecomTag.tag_id), removed))
            .values(removed_at=at),
            execution_options=UNTRACKED,
        )
    if new or renamed or removed:
        changes = {"new": new, "renamed": renamed, "removed": removed}
        await append(
            session,
            [
                Entry(
                    kind="contact",
                    act="tags.landed",
                    actor="system:sync",
                    object="tags:corp",
                    payload=changes,
                )
            ],
            at=at,
        )
    return TagsReport(
        total=len(rows),
        new=tuple(new),
        renamed=tuple(renamed),
        removed=tuple(removed),
        forbidden=tuple(forbidden),
    )
