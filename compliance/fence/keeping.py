"""Looks at what WeCom has, says what differs and, where asked, puts it in step.

WeCom holds one rule of a name, so the list is the intent's memory: an addition whose answer was
lost is looked for by its name and adopted, never made again blindly. No transaction is open while
WeCom is asked; every step is on record with its end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.fence.steps import Step, steps
from compliance.models import FenceState
from kit import ledger
from kit.db import Database, upsert
from wecom import intercept
from wecom.client import Caller
from wecom.errors import OutcomeUnknown, RelationGone, WecomError
from wecom.intercept import BLOCK, FoundRule, Rule


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as the page and the command show it."""

    name: str
    rule_id: str
    words: int
    action: str
    departments: tuple[int, ...]
    staff: tuple[str, ...]
    state: str
    difference: str
    last_step: str
    stepped_at: datetime | None
    looked_at: datetime


@dataclass(slots=True)
class Kept:
    """What a round found and did. ``others``: rules of this app that are not ours, left alone."""

    planned: list[Step]
    others: int
    done: list[Step] = field(default_factory=list)
    unknown: list[Step] = field(default_factory=list)
    refused: list[tuple[Step, str]] = field(default_factory=list)


async def look(wecom: Caller) -> list[FoundRule]:
    """Every rule that this app made, whole; one that goes away meanwhile is left out."""
    found = []
    for listed in await intercept.list_all(wecom):
        try:
            found.append(await intercept.get(wecom, listed.rule_id))
        except RelationGone:
            continue
    return found


async def keep(
    database: Database,
    wecom: Caller,
    wanted: Sequence[Rule],
    *,
    prefix: str,
    apply: bool,
    by: str,
    clock: Callable[[], datetime],
) -> Kept:
    """Compare and, with ``apply``, put in step; what was seen and done is kept for the page."""
    found = await look(wecom)
    planned = steps(wanted, found, prefix)
    ours = {one.name: one for one in found if one.name.startswith(f"{prefix}·")}
    kept = Kept(planned, len(found) - len([one for one in found if one.name in ours]))
    ends: dict[str, tuple[str, str]] = {}
    ids = {name: one.rule_id for name, one in ours.items()}
    if apply:
        for step in planned:
            ends[step.name] = await _take(wecom, step, kept, ids)
    at = clock()
    async with database.transaction() as session:
        await _write(session, wanted, planned, ids, ends, apply=apply, at=at)
        if apply and planned:
            await ledger.append(
                session, [_entry(one, ends[one.name], by) for one in planned], at=at
            )
    return kept


async def _take(wecom: Caller, step: Step, kept: Kept, ids: dict[str, str]) -> tuple[str, str]:
    """One step, and its end: in_step, gone, unknown or refused with the reason."""
    try:
        await _call(wecom, step, ids)
    except OutcomeUnknown:
        if not await _arrived(wecom, step, ids):
            kept.unknown.append(step)
            return "unknown", "企业微信没有答复，下次比对时再看"
    except RelationGone:
        if step.kind != "delete":
            kept.refused.append((step, "规则已被删除"))
            return "refused", "规则已被删除，下次比对时重建"
    except WecomError as error:
        kept.refused.append((step, error.person))
        return "refused", error.person
    kept.done.append(step)
    if step.kind == "delete":
        ids.pop(step.name, None)
        return "gone", ""
    return "in_step", ""


async def _call(wecom: Caller, step: Step, ids: dict[str, str]) -> None:
    if step.kind == "delete":
        await intercept.delete(wecom, step.rule_id)
    elif step.rule is not None and step.kind == "update":
        await intercept.update(
            wecom,
            step.rule_id,
            step.rule,
            add_scope=step.add_scope,
            remove_scope=step.remove_scope,
        )
    elif step.rule is not None:
        ids[step.name] = await intercept.add(wecom, step.rule)


async def _arrived(wecom: Caller, step: Step, ids: dict[str, str]) -> bool:
    """Whether a step without an answer has taken effect, by WeCom's own list."""
    try:
        found = {one.name: one for one in await look(wecom)}
    except WecomError:
        return False
    one = found.get(step.name)
    if step.kind == "delete" or one is None:
        return step.kind == "delete" and one is None
    ids[step.name] = one.rule_id
    return step.rule is not None and not steps([step.rule], [one], step.name.partition("·")[0])


async def _write(
    session: AsyncSession,
    wanted: Sequence[Rule],
    planned: Sequence[Step],
    ids: dict[str, str],
    ends: dict[str, tuple[str, str]],
    *,
    apply: bool,
    at: datetime,
) -> None:
    waiting = {step.name: step for step in planned}
    before = {row.name: row for row in (await session.execute(select(FenceState))).scalars()}
    rows = []
    for rule in wanted:
        step, known = waiting.get(rule.name), before.get(rule.name)
        state, why = "in_step", ""
        if step is not None:
            state = "missing" if step.kind == "add" else "differs"
            why = step.why
        state, why = ends.get(rule.name, (state, why))
        stepped = apply and step is not None
        rows.append({
            "name": rule.name,
            "rule_id": ids.get(rule.name, ""),
            "words": len(rule.words),
            "action": "block" if rule.action == BLOCK else "warn",
            "departments": list(rule.scope.departments),
            "staff": list(rule.scope.staff_ids),
            "state": state,
            "difference": why[:200],
            "last_step": step.kind if stepped and step else (known.last_step if known else ""),
            "stepped_at": at if stepped else (known.stepped_at if known else None),
            "looked_at": at,
        })  # fmt: skip
    rows += [_surplus(step, ends, at) for step in planned if step.kind == "delete" and ends.get(step.name, ("", ""))[0] != "gone"]  # fmt: skip
    names = [str(row["name"]) for row in rows]
    await session.execute(delete(FenceState).where(col(FenceState.name).not_in(names)))
    if rows:
        await upsert(
            session, FenceState, rows, key=["name"],
            update=[name for name in rows[0] if name != "name"],
        )  # fmt: skip


def _surplus(step: Step, ends: dict[str, tuple[str, str]], at: datetime) -> dict[str, object]:
    state, why = ends.get(step.name, ("surplus", step.why))
    return {
        "name": step.name, "rule_id": step.rule_id, "words": 0, "action": "", "departments": [],
        "staff": [], "state": state, "difference": why[:200],
        "last_step": "delete" if step.name in ends else "",
        "stepped_at": at if step.name in ends else None, "looked_at": at,
    }  # fmt: skip


def _entry(step: Step, end: tuple[str, str], by: str) -> ledger.Entry:
    return ledger.Entry(
        kind="setup",
        act=f"fence.{step.kind}",
        actor=by,
        object=f"fence:{step.name}",
        reason=step.why[:200],
        payload={
            "end": end[0],
            "said": end[1],
            "words": len(step.rule.words) if step.rule else 0,
        },
    )


async def lines(session: AsyncSession) -> list[Line]:
    """Every rule as it was last seen, by name."""
    rows = (await session.execute(select(FenceState).order_by(col(FenceState.name)))).scalars()
    return [
        Line(
            row.name, row.rule_id, row.words, row.action, tuple(row.departments), tuple(row.staff),
            row.state, row.difference, row.last_step, row.stepped_at, row.looked_at,
        )
        for row in rows
    ]  # fmt: skip
