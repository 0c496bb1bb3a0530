"""What follows from what became of contacts: relations, ownership, and work for a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import String, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.handover_policy import HandoverPolicy
from crm_sync import handing_over, ownership
from crm_sync.handing_over import Taken
from crm_sync.repository.keys import UNTRACKED, among
from delivery.worklist import Work, open_work
from kit import ledger
from portfolio.handover import store
from portfolio.handover.facts import (
    CUSTOMER,
    KEPT,
    LIMIT,
    ON_JOB,
    REFUSED,
    TAKEN,
    LineFact,
    Verdict,
    sentence_of,
)
from portfolio.models.handovers import HandoverLine, HandoverRun

SYSTEM: Final = "system:handover"
SOURCE: Final = "handover"
FOR_A_PERSON: Final[Mapping[str, str]] = {
    REFUSED: "客户拒绝了移交",
    LIMIT: "企业微信的次数或人数上限",
    KEPT: "企业微信没有移交成",
}


async def apply(
    session: AsyncSession,
    run: HandoverRun,
    lines: Sequence[LineFact],
    verdicts: Mapping[int, Verdict],
    *,
    at: datetime,
    policy: HandoverPolicy,
) -> None:
    """Write the verdicts of a run's lines, and what follows, in the caller's transaction."""
    if run.kind == ON_JOB and any(one.state in policy.returns_on_job for one in verdicts.values()):
        await ownership.lock(session)
    await store.settle(session, verdicts, at)
    of_state: dict[str, list[LineFact]] = {}
    for line in lines:
        if line.line_id in verdicts:
            of_state.setdefault(verdicts[line.line_id].state, []).append(line)
    taken = [
        Taken(line.item, run.userid, line.to_userid or "", verdicts[line.line_id].settled_at or at)
        for line in of_state.get(TAKEN, ())
        if line.kind == "contact"
    ]
    await handing_over.land_taken(session, taken, unit=run.unit_id)
    for state in FOR_A_PERSON:
        failed = of_state.get(state, [])
        if failed:
            back = run.kind == ON_JOB and state in policy.returns_on_job
            returned = await _give_back(session, run, failed, at) if back else 0
            await _tell(session, run, state, failed, verdicts, returned=bool(returned), at=at)
    settled = {state: len(found) for state, found in of_state.items()}
    entry = ledger.Entry(
        kind="staff",
        act="handover.answered",
        actor=SYSTEM,
        object=f"handover:{run.id}",
        unit=run.unit_id,
        payload={"lines": settled},
    )
    await ledger.append(session, [entry], at=at)


async def _give_back(
    session: AsyncSession, run: HandoverRun, failed: Sequence[LineFact], at: datetime
) -> int:
    """The customers of these contacts belong to the giver again, who still works with them."""
    ids = {line.customer_id for line in failed if line.kind == "contact" and line.customer_id}
    if not ids:
        return 0
    mine = (
        (col(HandoverLine.run_id) == run.id)
        & (col(HandoverLine.kind) == CUSTOMER)
        & (col(HandoverLine.state) == TAKEN)
        & among(session, col(HandoverLine.customer_id), ids)
    )
    moves: Any = select(
        col(HandoverLine.customer_id),
        col(HandoverLine.relation).label("kind"),
        col(HandoverLine.to_staff_id).label("from_staff_id"),
        literal(run.staff_id, String()).label("staff_id"),
    ).where(mine)
    applied = await ownership.apply(
        session,
        moves,
        source=SOURCE,
        reason="企业微信里没有移交成，归属退回",
        actor=SYSTEM,
        at=at,
        about=f"handover:{run.id}",
        alone=False,
    )
    await session.execute(
        update(HandoverLine).where(mine).values(state=KEPT, settled_at=at),
        execution_options=UNTRACKED,
    )
    return applied.moved


async def _tell(
    session: AsyncSession,
    run: HandoverRun,
    state: str,
    failed: Sequence[LineFact],
    verdicts: Mapping[int, Verdict],
    *,
    returned: bool,
    at: datetime,
) -> None:
    where = "业绩归属已退回原来的经理" if returned else "业绩归属已在接手人名下"
    works = []
    for line in failed:
        said = sentence_of(verdicts[line.line_id].code)
        works.append(
            Work(
                key=f"handover:{line.line_id}",
                kind="transfer_failed",
                title="客户群没有移交成功" if line.kind == "group" else "客户没有移交成功",
                why=f"{FOR_A_PERSON[state]}：{said}{where}"
                if said
                else f"{FOR_A_PERSON[state]}；{where}",
                unit_id=run.unit_id,
                staff_id=run.staff_id if returned else line.to_staff_id,
                customer_id=line.customer_id,
                external_userid=line.item if line.kind == "contact" else None,
                facts={"run_id": run.id, "line_id": line.line_id, "state": state},
            )
        )
    await open_work(session, works, at=at)
