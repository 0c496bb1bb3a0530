"""Segments are saved, changed by versions, put in force, retired; each act has its entry."""

import re
from datetime import datetime
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.conditions import Condition, as_json
from config.persona_policy import PersonaPolicy
from crm_sync.errors import ReasonMissing, SegmentRefused, TagWordForbidden
from crm_sync.models import Segment, SegmentUse, SegmentVersion
from crm_sync.rules.conditions import checked, sentence
from crm_sync.segments import repository
from crm_sync.segments.facts import SegmentFact
from kit.db import insert_new, upsert
from kit.ledger import Entry, append

CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST: Final = 2_000
DRAFT, IN_FORCE, RETIRED = "draft", "in_force", "retired"


async def save(
    session: AsyncSession,
    code: str,
    title: str,
    condition: Condition,
    *,
    policy: PersonaPolicy,
    by: str,
    at: datetime,
    reason: str,
    pack: str = "",
    request_id: str = "",
) -> int:
    """Keep a new segment as a draft, or the next version of one that is there; its number.

    A version of a segment in force counts at once. The same words again are refused. Raises
    RuleForbidden, TagWordForbidden, ReasonMissing, SegmentRefused.
    """
    words, name = " ".join(reason.split())[:200], " ".join(title.split())
    if not CODE.fullmatch(code):
        raise SegmentRefused("编号写错了", saw=code[:40], do="用小写字母、数字和连字符，最多 40 个")
    if not name or len(name) > 40:
        raise SegmentRefused("名称要有 1 至 40 个字", saw=name[:50], do="写一个大家看得懂的名字")
    if not words:
        raise ReasonMissing
    family = policy.forbidden_family(f"{name} {words}")
    if family is not None:
        raise TagWordForbidden(family)
    told = as_json(checked(condition, policy))
    says = sentence(condition, policy.labels)
    if len(says) > LONGEST:
        raise SegmentRefused("条件太长，读不成一句话", saw=f"{len(says)} 字", do="分成几个客群")
    past = await repository.versions(session, code)
    if past and (as_json(past[0].condition), past[0].title) == (told, name):
        raise SegmentRefused("和现在这一版一模一样", saw=code, do="改了条件或名称再保存")
    number = past[0].number + 1 if past else 1
    version = {
        "code": code, "number": number, "title": name, "conditions": told, "sentence": says,
        "by": by, "at": at, "reason": words,
    }  # fmt: skip
    state = (await repository.segment(session, code)).state if past else DRAFT
    row = {
        "code": code, "title": name, "state": DRAFT if state == RETIRED else state,
        "version": number, "pack": pack, "changed_at": at,
    }  # fmt: skip
    await insert_new(session, SegmentVersion, [version], key=["code", "number"])
    columns = ["title", "state", "version", "changed_at", *(["pack"] if pack else [])]
    await upsert(session, Segment, [row], key=["code"], update=columns)
    payload = {"version": number, "sentence": says, "conditions": told}
    await _entry(session, "segment.saved", code, payload, by, at, words, request_id)
    return number


async def put_in_force(
    session: AsyncSession, code: str, *, by: str, at: datetime, reason: str, request_id: str = ""
) -> None:
    """From now on the segment may be used. Raises SegmentUnknown, SegmentRefused."""
    payload = await _move(session, code, (DRAFT, RETIRED), IN_FORCE, at, reason)
    await _entry(session, "segment.in_force", code, payload, by, at, reason, request_id)


async def retire(
    session: AsyncSession, code: str, *, by: str, at: datetime, reason: str, request_id: str = ""
) -> None:
    """Nobody may use it any more. Raises SegmentRefused while something relies on it."""
    uses = await repository.used_by(session, code)
    if uses:
        raise SegmentRefused(
            "还有地方在用这个客群，不能停用",
            saw="、".join(one.title or one.ref for one in uses[:3]),
            where=f"/c/segments/{code} 的“谁在用”",
            do="先让它们换一个客群",
        )
    payload = await _move(session, code, (DRAFT, IN_FORCE), RETIRED, at, reason)
    await _entry(session, "segment.retired", code, payload, by, at, reason, request_id)


async def _move(
    session: AsyncSession,
    code: str,
    allowed: tuple[str, ...],
    state: str,
    at: datetime,
    reason: str,
) -> dict[str, Any]:
    if not reason.strip():
        raise ReasonMissing
    found: SegmentFact = await repository.segment(session, code)
    if found.state not in allowed:
        raise SegmentRefused("现在的状态不能这样改", saw=found.state, where=f"/c/segments/{code}")
    change = update(Segment).where(col(Segment.code) == code)
    await session.execute(change.values(state=state, changed_at=at))
    return {"was": found.state, "now": state, "version": found.version.number}


async def note_use(
    session: AsyncSession, code: str, *, kind: str, ref: str, title: str, at: datetime
) -> None:
    """Something relies on the segment from now on. Raises SegmentRefused unless it is in force."""
    found = await repository.segment(session, code)
    if found.state != IN_FORCE:
        raise SegmentRefused("这个客群没有启用，不能使用", saw=code, do="先在客群规则页启用")
    row = {"code": code, "kind": kind, "ref": ref, "title": title[:120], "at": at}
    await insert_new(session, SegmentUse, [row], key=["code", "kind", "ref"])


async def _entry(
    session: AsyncSession,
    act: str,
    code: str,
    payload: dict[str, Any],
    by: str,
    at: datetime,
    reason: str,
    request_id: str,
) -> None:
    entry = Entry(
        kind="persona",
        act=act,
        actor=by,
        object=f"segment:{code}",
        reason=" ".join(reason.split())[:200],
        request_id=request_id,
        payload=payload,
    )
    await append(session, [entry], at=at)
