"""The life of an item: drafted, submitted, decided by other people, retired. Each recorded."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from config.approval_policy import ApprovalPolicy, shipped
from content_library.errors import ChangedSinceSubmission, ScriptUnknown, WordsBlocked, WrongState
from content_library.facts import ScriptDraft, State
from content_library.findings import Examiner, accepted_rules, blocks, examine
from content_library.models import ScriptStep, ScriptVersion
from content_library.repository import draft_of, row, rows_of, version_of
from content_library.rules import (
    checked,
    fingerprint,
    require_another_person,
    require_opinion,
    require_state,
)
from kit.ledger import Entry, append


async def draft(session: AsyncSession, words: ScriptDraft, *, by: str, at: datetime) -> int:
    """Begin a script with its first version; returns the version's id.

    Raises ScriptRefused for words that cannot be kept, WrongState where the code is taken.
    """
    checked(words)
    if await rows_of(session, words.code):
        raise WrongState("这个编号已经有话术了", saw=words.code, do="换一个编号，或为它新建一版")
    return await _insert(session, words, number=1, by=by, at=at, act="script.drafted")


async def new_version(session: AsyncSession, words: ScriptDraft, *, by: str, at: datetime) -> int:
    """Draft the next version of an existing script; the one in use stays in use meanwhile."""
    checked(words)
    existing = await rows_of(session, words.code)
    if not existing:
        raise ScriptUnknown("没有这条话术", saw=words.code, do="先新建话术")
    _same_library(existing[-1], words)
    number = existing[-1].version + 1
    return await _insert(session, words, number=number, by=by, at=at, act="script.versioned")


async def edit(
    session: AsyncSession, version_id: int, words: ScriptDraft, *, by: str, at: datetime
) -> None:
    """Change a draft. Editing what was submitted voids the submission: it must be sent again.

    Raises WrongState for a version that was decided: a change of wording is a new version.
    """
    found = await row(session, version_id)
    require_state(found.state, (State.DRAFT, State.SUBMITTED), "修改", version_id=version_id)
    checked(words)
    if words.code != found.code:
        raise WrongState("编号不能修改", saw=words.code, do="另建一条话术", version_id=version_id)
    _same_library(found, words)
    voided = found.state == State.SUBMITTED
    for name, value in _columns(words).items():
        setattr(found, name, value)
    found.state, found.author = State.DRAFT, by
    _uncheck(found)
    found.submitted_by = found.submitted_at = None
    found.submit_reason, found.sample, found.findings = "", "", []
    await _step(session, found, "script.edited", by, at, "提交作废，需重新提交" if voided else "")


async def submit(
    session: AsyncSession,
    version_id: int,
    *,
    by: str,
    reason: str,
    at: datetime,
    examiner: Examiner,
) -> None:
    """Hand a draft to whoever decides, with the automatic findings stored beside it."""
    found = await row(session, version_id)
    require_state(found.state, (State.DRAFT,), "提交", version_id=version_id)
    found.sample, findings = examine(draft_of(found), examiner)
    found.findings = [asdict(finding) for finding in findings]
    found.state, found.submitted_by, found.submitted_at = State.SUBMITTED, by, at
    found.submit_reason = reason.strip()[:400]
    await _step(session, found, "script.submitted", by, at, found.submit_reason)


async def approve(
    session: AsyncSession,
    version_id: int,
    *,
    by: str,
    opinion: str,
    at: datetime,
    template_hash: str | None = None,
    valid_until: date | None = None,
    policy: ApprovalPolicy | None = None,
) -> bool:
    """Take a submitted version one level on; True once it is usable, in place of the one in use.

    ``policy`` (by default as it ships) says what needs two levels: there the first call is the
    first check, and only the second one, by a third person, puts the version in use.
    ``template_hash`` is the fingerprint of what the approver read: ChangedSinceSubmission
    where it is another now. ``valid_until`` sets an earlier end. The approval signs the
    fingerprint of the version as it then stands; a later change of the row no longer matches.
    Raises OwnWork, OpinionNeeded, WrongState, WordsBlocked.
    """
    found = await row(session, version_id)
    require_state(found.state, (State.SUBMITTED,), "通过", version_id=version_id)
    require_another_person(by, found.author, found.submitted_by, found.checked_by)
    said = require_opinion(opinion)
    now = fingerprint(draft_of(found))
    if (template_hash or now) != now or (found.checked_hash or now) != now:
        raise ChangedSinceSubmission(
            "这一版在你打开之后或初审之后被改过",
            do="刷新页面，看过新的内容再决定；初审后改过的请退回重新提交",
            version_id=version_id,
        )
    findings = version_of(found, ()).findings
    if blocks(findings):
        raise WordsBlocked(
            "自动检查发现不得出现的说法，不能通过",
            saw="；".join(one.saying for one in findings if one.level == "block")[:200],
            do="退回提交人修改",
            version_id=version_id,
        )
    if valid_until is not None:
        words = draft_of(found)
        if words.valid_until is None or valid_until < words.valid_until:
            checked(replace(words, valid_until=valid_until))
            found.valid_until = valid_until
    if found.checked_by is None and (policy or shipped()).needs_two(
        library=found.library, product_kind=found.product_kind, purpose=found.purpose
    ):
        found.checked_by, found.checked_at, found.check_opinion = by, at, said
        found.checked_hash = fingerprint(draft_of(found))
        await _step(session, found, "script.checked", by, at, said)
        return False
    for other in await rows_of(session, found.code):
        if other.id != found.id and other.state == State.APPROVED:
            await _retire(session, other, by, at, f"由第 {found.version} 版替代")
    found.state, found.decided_by, found.decided_at, found.opinion = State.APPROVED, by, at, said
    found.approved_hash = fingerprint(draft_of(found))
    found.accepted_rules = accepted_rules(findings)
    await _step(session, found, "script.approved", by, at, said)
    return True


async def reject(
    session: AsyncSession, version_id: int, *, by: str, opinion: str, at: datetime
) -> None:
    """Refuse a submitted version for good. Raises OwnWork, OpinionNeeded, WrongState."""
    await _turn_down(session, version_id, State.REJECTED, "script.rejected", by, opinion, at)


async def send_back(
    session: AsyncSession, version_id: int, *, by: str, opinion: str, at: datetime
) -> None:
    """Give a submitted version back to its author, findings kept, to be changed."""
    await _turn_down(session, version_id, State.DRAFT, "script.returned", by, opinion, at)


async def retire(
    session: AsyncSession, version_id: int, *, by: str, reason: str, at: datetime
) -> None:
    """Recall an approved version: from this commit on nobody can send it."""
    found = await row(session, version_id)
    require_state(found.state, (State.APPROVED,), "停用", version_id=version_id)
    await _retire(session, found, by, at, require_opinion(reason))


async def _turn_down(
    session: AsyncSession,
    version_id: int,
    state: State,
    act: str,
    by: str,
    opinion: str,
    at: datetime,
) -> None:
    found = await row(session, version_id)
    step = "驳回" if state is State.REJECTED else "退回"
    require_state(found.state, (State.SUBMITTED,), step, version_id=version_id)
    require_another_person(by, found.author, found.submitted_by, found.checked_by)
    found.opinion = require_opinion(opinion)
    found.state, found.decided_by, found.decided_at = state, by, at
    _uncheck(found)
    await _step(session, found, act, by, at, found.opinion)


def _same_library(found: ScriptVersion, words: ScriptDraft) -> None:
    if found.library != words.library:
        raise WrongState("这个编号是另一个库的", saw=words.code, do="换一个编号")


def _uncheck(found: ScriptVersion) -> None:
    """What the first level said holds for what it read alone."""
    found.checked_by = found.checked_at = found.checked_hash = None
    found.check_opinion = ""


async def _retire(
    session: AsyncSession, found: ScriptVersion, by: str, at: datetime, reason: str
) -> None:
    found.state, found.retired_at, found.retire_reason = State.RETIRED, at, reason
    await _step(session, found, "script.retired", by, at, reason)


async def _insert(
    session: AsyncSession, words: ScriptDraft, *, number: int, by: str, at: datetime, act: str
) -> int:
    fresh = ScriptVersion(
        code=words.code,
        version=number,
        state=State.DRAFT,
        author=by,
        created_at=at,
        **_columns(words),
    )
    session.add(fresh)
    await _step(session, fresh, act, by, at, "")
    assert fresh.id is not None  # noqa: S101 — flushed by the step
    return fresh.id


def _columns(words: ScriptDraft) -> dict[str, Any]:
    return {
        "title": words.title,
        "scene": words.scene,
        "purpose": words.purpose,
        "form": words.form,
        "persona": words.persona,
        "template": words.template,
        "product_kind": words.product_kind,
        "product_code": words.product_code,
        "tiers": sorted(words.tiers),
        "personas": sorted(words.personas),
        "licence": words.licence,
        "valid_from": words.valid_from,
        "valid_until": words.valid_until,
        "library": words.library,
        "timing": sorted(words.timing),
        "detail": dict(words.detail),
    }


async def _step(
    session: AsyncSession, found: ScriptVersion, act: str, by: str, at: datetime, saying: str
) -> None:
    """Write the row, the step and its entry: what was said and what exactly it was about."""
    await session.flush()
    signed = fingerprint(draft_of(found))
    await session.execute(
        insert(ScriptStep),
        [
            {
                "version_id": found.id,
                "act": act,
                "by": by,
                "at": at,
                "saying": saying,
                "template_hash": signed,
            }
        ],
    )
    payload = {
        "template": found.template,
        "template_hash": signed,
        "purpose": found.purpose,
        "valid_until": found.valid_until.isoformat() if found.valid_until else None,
        "saying": saying,
    }
    await append(
        session,
        [
            Entry(
                kind="content",
                act=act,
                actor=by,
                object=f"script:{found.code}/{found.version}",
                payload=payload,
            )
        ],
        at=at,
    )


__all__: Sequence[str] = (
    "approve",
    "draft",
    "edit",
    "new_version",
    "reject",
    "retire",
    "send_back",
    "submit",
)
