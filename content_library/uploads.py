"""Materials in WeCom: uploaded ahead of use, renewed before their three days end (page 90253).

A media id is used only while it lives longer than the policy's margin; one that lives no longer
is never handed out, whatever is waiting for it. Renewing is two set-based statements and one
upload a file; an upload that fails is counted and tried again, and told once it failed often.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.library_policy import LibraryPolicy
from content_library.facts import Library
from content_library.material_files import content_of
from content_library.material_rules import UPLOADED
from content_library.models import MaterialUpload, ScriptVersion
from content_library.repository import draft_of, usable
from content_library.rules import fingerprint
from kit.db import Database, insert_into
from wecom import media
from wecom.client import Uploader
from wecom.errors import WecomError
from wecom.http import Upload

MESSAGE: Final = "message"
MOMENT: Final = "moment"
_KIND: Final[dict[str, Literal["image", "video", "file"]]] = {
    "image": "image",
    "video": "video",
    "file": "file",
}


@dataclass(frozen=True, slots=True)
class Due:
    """A file that must be uploaded for a use."""

    digest: str
    use: str
    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A file whose uploads fail: how often in a row, and what WeCom said."""

    digest: str
    use: str
    code: str
    failures: int
    problem: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a round did."""

    uploaded: int
    failed: tuple[Failed, ...] = ()
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Alive:
    """How a file stands in WeCom, for its page."""

    use: str
    media_id: str
    created_at: datetime | None
    expires_at: datetime | None
    failures: int
    problem: str


async def live(
    session: AsyncSession,
    digests: Collection[str],
    at: datetime,
    policy: LibraryPolicy,
    *,
    use: str = MESSAGE,
) -> dict[str, str]:
    """The media ids that may be used at ``at``, by digest; those that end too soon are left out."""
    own = MaterialUpload
    oldest = at + timedelta(minutes=policy.media.margin_minutes) - media.LIFETIME
    query = select(col(own.digest), col(own.media_id)).where(
        col(own.digest).in_(sorted(set(digests))),
        col(own.use) == use,
        col(own.media_id) != "",
        col(own.created_at) > oldest,
    )
    return {row.digest: row.media_id for row in await session.execute(query)}


async def standing(session: AsyncSession, digest: str) -> list[Alive]:
    """How a file stands in WeCom, a use a row."""
    query = (
        select(MaterialUpload)
        .where(col(MaterialUpload.digest) == digest)
        .order_by(col(MaterialUpload.use))
        .execution_options(populate_existing=True)
    )
    return [
        Alive(
            row.use,
            row.media_id,
            row.created_at,
            None if row.created_at is None else row.created_at + media.LIFETIME,
            row.failures,
            row.problem,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def due(
    session: AsyncSession, at: datetime, policy: LibraryPolicy, *, codes: Collection[str] = ()
) -> list[Due]:
    """Files of materials in use that are not in WeCom, or not for long enough; oldest first.

    ``codes`` limits it to some materials, for whoever has just approved one.
    """
    query = select(ScriptVersion).where(col(ScriptVersion.library) == Library.MEDIA, *usable(at))
    if codes:
        query = query.where(col(ScriptVersion.code).in_(sorted(codes)))
    wanted: dict[tuple[str, str], str] = {}
    for row in (await session.execute(query)).scalars():
        digest = str(row.detail.get("file") or "")
        if not digest or row.approved_hash != fingerprint(draft_of(row)):
            continue
        wanted.setdefault((digest, MESSAGE), row.code)
        if row.detail.get("kind") in UPLOADED and "moment" in (
            row.detail.get("forms") or ("moment",)
        ):
            wanted.setdefault((digest, MOMENT), row.code)
    young = at + timedelta(hours=policy.media.renew_before_hours) - media.LIFETIME
    own = MaterialUpload
    known = select(col(own.digest), col(own.use), col(own.created_at)).where(
        col(own.media_id) != ""
    )
    ages: dict[tuple[str, str], datetime] = {
        (digest, use): age for digest, use, age in await session.execute(known) if age is not None
    }
    missing = [pair for pair in wanted if pair not in ages]
    ending = sorted(
        (pair for pair in wanted if pair in ages and ages[pair] <= young), key=ages.__getitem__
    )
    return [Due(digest, use, wanted[digest, use]) for digest, use in (*missing, *ending)]


async def renew(
    database: Database,
    wecom: Uploader,
    at: datetime,
    policy: LibraryPolicy,
    *,
    codes: Collection[str] = (),
) -> Renewed:
    """Upload what is due, at most ``at_once`` files; no transaction is open during an upload."""
    async with database.reading() as session:
        waiting = await due(session, at, policy, codes=codes)
    done: list[dict[str, object]] = []
    lost: list[tuple[Due, str]] = []
    for one in waiting[: policy.media.at_once]:
        try:
            uploaded = await _upload(database, wecom, one)
        except WecomError as error:
            lost.append((one, f"{type(error).__name__} {error.errcode or ''}".strip()[:200]))
            continue
        done.append(
            {
                "digest": one.digest,
                "use": one.use,
                "media_id": uploaded.media_id,
                "created_at": uploaded.created_at or at,
                "failures": 0,
                "failed_at": None,
                "problem": "",
            }
        )
    async with database.transaction() as session:
        await _keep(session, done)
        failed = await _count_failures(session, lost, at)
    told = tuple(one for one in failed if one.failures >= policy.media.failures_to_tell)
    return Renewed(len(done), told, max(0, len(waiting) - policy.media.at_once))


async def _upload(database: Database, wecom: Uploader, one: Due) -> media.Material:
    async with database.reading() as session:
        known, content = await content_of(session, one.digest)
    file = Upload(f"{one.code}.{known.suffix}", content, known.content_type)
    kind = _KIND[known.kind]
    if one.use == MOMENT:
        return await media.upload_attachment(wecom, kind, file)
    return await media.upload(wecom, kind, file)


async def _keep(session: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    """Write what was uploaded; of two rounds at once the younger media id stays."""
    if not rows:
        return
    statement = insert_into(session, MaterialUpload)
    new = statement.excluded
    own = MaterialUpload
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["digest", "use"],
            set_={
                name: new[name]
                for name in ("media_id", "created_at", "failures", "failed_at", "problem")
            },
            where=func.coalesce(col(own.created_at), new.created_at) <= new.created_at,
        ),
        list(rows),
    )


async def _count_failures(
    session: AsyncSession, lost: Sequence[tuple[Due, str]], at: datetime
) -> list[Failed]:
    if not lost:
        return []
    statement = insert_into(session, MaterialUpload)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["digest", "use"],
            set_={
                "failures": col(MaterialUpload.failures) + 1,
                "failed_at": statement.excluded.failed_at,
                "problem": statement.excluded.problem,
            },
        ),
        [
            {
                "digest": one.digest,
                "use": one.use,
                "media_id": "",
                "failures": 1,
                "failed_at": at,
                "problem": problem,
            }
            for one, problem in lost
        ],
    )
    own = MaterialUpload
    query = select(col(own.digest), col(own.use), col(own.failures)).where(
        col(own.digest).in_([one.digest for one, _ in lost])
    )
    times = {(digest, use): failures for digest, use, failures in await session.execute(query)}
    return [
        Failed(one.digest, one.use, one.code, times[one.digest, one.use], problem)
        for one, problem in lost
    ]
