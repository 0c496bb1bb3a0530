"""Every question about scripts, one function each; facts out."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library.errors import ScriptUnknown
from content_library.facts import (
    ApprovedScript,
    Finding,
    Library,
    ScriptDraft,
    State,
    StepFact,
    VersionFact,
)
from content_library.fields import FIELDS
from content_library.models import ScriptStep, ScriptVersion
from content_library.render import fields_of
from content_library.rules import fingerprint, holds_personal_fields
from kit.clock import bank_date

PERSONA_SCENE = "persona"


async def approved(
    session: AsyncSession, scene: str, at: datetime, persona: str | None = None
) -> list[ApprovedScript]:
    """Approved, valid scripts of a scene, by code.

    With ``persona`` those written for it come first and those for anybody after; one for
    another persona is never in the answer. Without, those for anybody come first and all are.
    ``persona.<name>`` is the scene ``persona`` with that persona.
    """
    if persona is None and scene.startswith(f"{PERSONA_SCENE}."):
        scene, persona = PERSONA_SCENE, scene.removeprefix(f"{PERSONA_SCENE}.")
    query = select(ScriptVersion).where(
        col(ScriptVersion.library) == Library.SCRIPT,
        col(ScriptVersion.scene) == scene,
        *usable(at),
    )
    if persona is not None:
        query = query.where(
            or_(col(ScriptVersion.persona) == persona, col(ScriptVersion.persona).is_(None))
        )
    rows = (await session.execute(query.order_by(col(ScriptVersion.code)))).scalars()
    found = map(script_of, rows)
    return sorted(found, key=lambda script: (script.persona != persona, script.code))


async def approved_by_code(
    session: AsyncSession,
    codes: Iterable[str],
    at: datetime,
    *,
    library: Library = Library.SCRIPT,
) -> dict[str, ApprovedScript]:
    """The approved, valid version of each of ``codes``; those without one are left out."""
    query = select(ScriptVersion).where(
        col(ScriptVersion.library) == library,
        col(ScriptVersion.code).in_(sorted(set(codes))),
        *usable(at),
    )
    return {row.code: script_of(row) for row in (await session.execute(query)).scalars()}


async def approved_in_form(session: AsyncSession, form: str, at: datetime) -> list[ApprovedScript]:
    """Every approved, valid script of one form, by code."""
    query = (
        select(ScriptVersion)
        .where(
            col(ScriptVersion.library) == Library.SCRIPT,
            col(ScriptVersion.form) == form,
            *usable(at),
        )
        .order_by(col(ScriptVersion.code))
    )
    return [script_of(row) for row in (await session.execute(query)).scalars()]


def usable(at: datetime) -> list[Any]:
    """Conditions of what is approved and valid at ``at``."""
    today = bank_date(at)
    starts, ends = col(ScriptVersion.valid_from), col(ScriptVersion.valid_until)
    return [
        col(ScriptVersion.state) == State.APPROVED,
        or_(starts.is_(None), starts <= today),
        or_(ends.is_(None), ends >= today),
    ]


async def by_version(
    session: AsyncSession, version_ids: Iterable[int]
) -> dict[int, ApprovedScript]:
    """Versions by id in whatever state they are now, so that a recall is seen at once."""
    query = select(ScriptVersion).where(col(ScriptVersion.id).in_(sorted(set(version_ids))))
    found = map(script_of, (await session.execute(query)).scalars())
    return {script.version_id: script for script in found}


async def row(session: AsyncSession, version_id: int) -> ScriptVersion:
    """The row of a version, locked until the transaction ends. Raises ScriptUnknown."""
    query = select(ScriptVersion).where(col(ScriptVersion.id) == version_id).with_for_update()
    found = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if found is None:
        raise ScriptUnknown("没有这一版话术", do="回到内容库重新选择", version_id=version_id)
    return found


async def rows_of(session: AsyncSession, code: str) -> list[ScriptVersion]:
    """Every version of a script, oldest first, locked until the transaction ends."""
    query = (
        select(ScriptVersion)
        .where(col(ScriptVersion.code) == code)
        .order_by(col(ScriptVersion.version))
        .with_for_update()
    )
    return list((await session.execute(query)).scalars())


async def newest(session: AsyncSession, codes: Iterable[str]) -> dict[str, ScriptVersion]:
    """The newest version of each of ``codes``."""
    query = (
        select(ScriptVersion)
        .where(col(ScriptVersion.code).in_(sorted(set(codes))))
        .order_by(col(ScriptVersion.code), col(ScriptVersion.version))
    )
    return {found.code: found for found in (await session.execute(query)).scalars()}


async def newest_versions(session: AsyncSession, codes: Iterable[str]) -> list[VersionFact]:
    """The newest version of each code without its steps, by code; unknown ones are left out."""
    found = await newest(session, codes)
    return [version_of(found[code], ()) for code in sorted(found)]


async def version(session: AsyncSession, version_id: int) -> VersionFact:
    """One version with its steps, for the review page. Raises ScriptUnknown."""
    query = select(ScriptVersion).where(col(ScriptVersion.id) == version_id)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise ScriptUnknown("没有这一版话术", do="回到内容库重新选择", version_id=version_id)
    steps = (
        select(ScriptStep)
        .where(col(ScriptStep.version_id) == version_id)
        .order_by(col(ScriptStep.id))
    )
    return version_of(found, (await session.execute(steps)).scalars().all())


async def versions(session: AsyncSession, code: str) -> list[VersionFact]:
    """Every version of a script, newest first, without steps. Raises ScriptUnknown."""
    query = (
        select(ScriptVersion)
        .where(col(ScriptVersion.code) == code)
        .order_by(col(ScriptVersion.version).desc())
    )
    found = (await session.execute(query)).scalars().all()
    if not found:
        raise ScriptUnknown("没有这条话术", saw=code, do="回到内容库重新选择")
    return [version_of(one, ()) for one in found]


async def waiting(session: AsyncSession, *, limit: int = 50) -> list[VersionFact]:
    """Versions that wait for a decision, longest first."""
    query = (
        select(ScriptVersion)
        .where(col(ScriptVersion.state) == State.SUBMITTED)
        .order_by(col(ScriptVersion.submitted_at), col(ScriptVersion.id))
        .limit(limit)
    )
    return [version_of(one, ()) for one in (await session.execute(query)).scalars()]


async def library(
    session: AsyncSession,
    *,
    states: Sequence[State] = tuple(State),
    scene: str | None = None,
    library: Library = Library.SCRIPT,
    after: str = "",
    limit: int = 50,
) -> list[VersionFact]:
    """One page of a library: the newest version of each item in ``states``, by code."""
    newest_number = (
        select(col(ScriptVersion.code), func.max(col(ScriptVersion.version)).label("version"))
        .where(
            col(ScriptVersion.library) == library,
            col(ScriptVersion.state).in_(list(states)),
            col(ScriptVersion.code) > after,
        )
        .group_by(col(ScriptVersion.code))
    )
    if scene is not None:
        newest_number = newest_number.where(col(ScriptVersion.scene) == scene)
    page = newest_number.order_by(col(ScriptVersion.code)).limit(limit).subquery()
    query = (
        select(ScriptVersion)
        .join(
            page,
            (col(ScriptVersion.code) == page.c.code)
            & (col(ScriptVersion.version) == page.c.version),
        )
        .order_by(col(ScriptVersion.code))
    )
    return [version_of(one, ()) for one in (await session.execute(query)).scalars()]


async def counts(session: AsyncSession) -> dict[State, int]:
    """How many versions are in each state."""
    query = select(col(ScriptVersion.state), func.count()).group_by(col(ScriptVersion.state))
    found = {State(state): number for state, number in await session.execute(query)}
    return {state: found.get(state, 0) for state in State}


def draft_of(row: ScriptVersion) -> ScriptDraft:
    """What a row says, as the value whose fingerprint is signed."""
    return ScriptDraft(
        library=row.library,
        timing=frozenset(row.timing),
        detail=row.detail,
        code=row.code,
        title=row.title,
        scene=row.scene,
        purpose=row.purpose,
        template=row.template,
        form=row.form,
        persona=row.persona,
        product_kind=row.product_kind,
        product_code=row.product_code,
        tiers=frozenset(row.tiers),
        personas=frozenset(row.personas),
        licence=row.licence,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def script_of(row: ScriptVersion) -> ApprovedScript:
    """A row as others may know it; the fingerprint is computed from what the row says now."""
    assert row.id is not None  # noqa: S101 — a row that was read has its number
    names = fields_of(row.template)
    return ApprovedScript(
        code=row.code,
        version_id=row.id,
        version=row.version,
        title=row.title,
        purpose=row.purpose,
        scene=row.scene,
        persona=row.persona,
        template=row.template,
        template_hash=fingerprint(draft_of(row)),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        product_kind=row.product_kind,
        product_code=row.product_code,
        tiers=frozenset(row.tiers),
        personas=frozenset(row.personas),
        licence=row.licence,
        form=row.form,
        personal_fields=holds_personal_fields(row.template),
        fields=names,
        state=row.state.value,
        approved_hash=row.approved_hash,
        accepted_rules=frozenset(row.accepted_rules),
        library=row.library,
        timing=frozenset(row.timing),
        detail=row.detail,
        staff_fields=any(FIELDS[name].staff_only for name in names if name in FIELDS),
    )


def version_of(row: ScriptVersion, steps: Sequence[ScriptStep]) -> VersionFact:
    """A row with its steps, for pages."""
    return VersionFact(
        script=script_of(row),
        author=row.author,
        created_at=row.created_at,
        submitted_by=row.submitted_by,
        submitted_at=row.submitted_at,
        submit_reason=row.submit_reason,
        checked_by=row.checked_by,
        checked_at=row.checked_at,
        check_opinion=row.check_opinion,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        opinion=row.opinion,
        retired_at=row.retired_at,
        retire_reason=row.retire_reason,
        sample=row.sample,
        findings=tuple(Finding(**finding) for finding in row.findings),
        steps=tuple(
            StepFact(step.act, step.by, step.at, step.saying, step.template_hash) for step in steps
        ),
    )
