"""A handover is drafted, planned with successors, approved by a second person, or called off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_sync import handing_over, ownership
from crm_sync.facts import StaffFact
from crm_sync.repository.keys import UNTRACKED
from crm_sync.repository.staff import staff_by_id
from kit import ledger
from kit.db import insert_into
from portfolio.handover import store
from portfolio.handover.errors import (
    HandoverNotOpen,
    HandoverUnknown,
    NobodyTakes,
    SecondPersonNeeded,
    TakerRefused,
)
from portfolio.handover.facts import CONTACT, CUSTOMER, GONE, GROUP, PLANNED, TAKEN, RunFact
from portfolio.models.handovers import OPEN, HandoverLine, HandoverRun

MOST_TAKERS: Final = 50
OWNER: Final = "owner"
SOURCE: Final = "handover"
HANDED_OVER: Final = "客户移交"


async def draft(
    session: AsyncSession,
    *,
    staff_id: str,
    userid: str,
    unit_id: str,
    kind: str,
    origin: str,
    by: str,
    reason: str,
    at: datetime,
) -> tuple[int, bool]:
    """The open handover of a member of staff, begun where there is none; and whether it is new.

    Two events of the same leaver meet on a unique index: there is one run, not two.
    """
    row = {
        "kind": kind, "origin": origin, "staff_id": staff_id, "userid": userid.lower(),
        "unit_id": unit_id, "state": "draft", "reason": reason[:200], "takers": [],
        "created_at": at, "created_by": by, "planned_by": "", "approved_by": "",
    }  # fmt: skip
    statement = (
        insert_into(session, HandoverRun)
        .on_conflict_do_nothing(index_elements=["staff_id"], index_where=text(OPEN))
        .returning(HandoverRun.id)
    )
    new = (await session.execute(statement, [row])).scalars().all()
    if new:
        await _record(session, "handover.drafted", int(new[0] or 0), unit_id, by, at, reason)
        return int(new[0] or 0), True
    found = await store.open_run(session, staff_id)
    if found is None:  # it ended between the two statements
        raise HandoverNotOpen("这位员工的移交刚刚变化", do="再试一次")
    return found.run_id, False


async def plan(
    session: AsyncSession,
    run_id: int,
    *,
    takers: Sequence[str],
    chat_ids: Sequence[str] = (),
    by: str,
    at: datetime,
) -> RunFact:
    """Write a line for everything the giver holds, with who takes it. Planning anew replaces.

    A contact whose customer already has another owner goes to that owner; the rest is spread
    evenly over ``takers`` (staff ids), the best customers first. Without takers the lines are
    there and say that nobody takes them. Raises HandoverUnknown, HandoverNotOpen, TakerRefused.
    """
    run = await _held(session, run_id, "draft", "planned")
    chosen = await _takers(session, run, takers)
    await session.execute(
        delete(HandoverLine).where(col(HandoverLine.run_id) == run_id), execution_options=UNTRACKED
    )
    await _plan_customers(session, run, chosen)
    if run.userid:
        await _plan_contacts(session, run, chosen)
    await _plan_groups(session, run_id, chosen, chat_ids)
    await session.execute(
        update(HandoverRun)
        .where(col(HandoverRun.id) == run_id)
        .values(
            state="planned" if chosen else "draft",
            takers=[one.staff_id for one in chosen],
            planned_at=at,
            planned_by=by,
        ),
        execution_options=UNTRACKED,
    )
    made = await store.one(session, run_id)
    assert made is not None  # noqa: S101 — its row is locked by us
    counts = {kind: made.of_kind(kind) for kind in (CUSTOMER, CONTACT, GROUP)}
    taking = {"takers": list(made.takers)}
    await _record(
        session, "handover.planned", run_id, run.unit_id, by, at, run.reason, **counts, **taking
    )
    return made


async def _held(session: AsyncSession, run_id: int, *states: str) -> HandoverRun:
    run = await store.locked(session, run_id)
    if run is None:
        raise HandoverUnknown("没有这次移交", saw=str(run_id), do="从移交列表里选")
    if run.state not in states:
        raise HandoverNotOpen(
            "这次移交现在不能这样办", saw=run.state, do="刷新页面，看它走到了哪一步"
        )
    return run


async def _takers(
    session: AsyncSession, run: HandoverRun, takers: Sequence[str]
) -> list[StaffFact]:
    wanted = list(dict.fromkeys(one.strip() for one in takers if one.strip()))
    if len(wanted) > MOST_TAKERS:
        raise TakerRefused(
            "接手人太多", saw=f"{len(wanted)} 位", do=f"一次最多 {MOST_TAKERS} 位，分几次办"
        )
    known = await staff_by_id(session, wanted)
    for staff_id in wanted:
        one = known.get(staff_id)
        if staff_id == run.staff_id:
            raise TakerRefused("接手人就是移出人", saw=staff_id, do="换一位接手人")
        if one is None or not one.active:
            raise TakerRefused(
                "接手人不在在岗员工名单里", saw=staff_id[:64], where="角色与机构", do="核对工号"
            )
        if run.userid and not one.userid:
            raise TakerRefused(
                "接手人没有企业微信账号，接不了好友", saw=staff_id, do="换一位，或先补上账号"
            )
    return [known[staff_id] for staff_id in wanted]


def _spread(chosen: Sequence[StaffFact], place: Any) -> tuple[Any, Any]:
    """(staff id, userid) of the taker of the ``place``-th line, in turn; null without takers."""
    if not chosen:
        return cast(null(), String(64)), cast(null(), String(64))
    turn = place % literal(len(chosen), Integer())
    staff = case(*((turn == n, literal(one.staff_id)) for n, one in enumerate(chosen)))
    userid = case(*((turn == n, literal(one.userid)) for n, one in enumerate(chosen)))
    return staff, cast(userid, String(64))


async def _insert(session: AsyncSession, rows: dict[str, Any], source: Any) -> None:
    await session.execute(
        insert(HandoverLine).from_select(
            list(rows),
            select(*(value.label(name) for name, value in rows.items())).select_from(source),
        ),
        execution_options=UNTRACKED,
    )


def _blank(run_id: int, kind: str) -> dict[str, Any]:
    return {
        "run_id": literal(run_id, BigInteger()),
        "kind": literal(kind, String()),
        "state": literal(PLANNED, String()),
        "attempts": literal(0, Integer()),
    }


async def _plan_customers(
    session: AsyncSession, run: HandoverRun, chosen: Sequence[StaffFact]
) -> None:
    """The bank's books: every customer the giver answers for, of whatever relation."""
    own = handing_over.covered(run.staff_id).subquery("own")
    place = func.row_number().over(order_by=(own.c.aum_fen.desc(), own.c.customer_id)) - 1
    staff, userid = _spread(chosen, place)
    rows = _blank(run.id or 0, CUSTOMER) | {
        "item": cast(own.c.customer_id, String(32)) + "|" + own.c.kind,
        "customer_id": own.c.customer_id,
        "relation": own.c.kind,
        "to_staff_id": staff,
        "to_userid": userid,
    }
    await _insert(session, rows, own)


async def _plan_contacts(
    session: AsyncSession, run: HandoverRun, chosen: Sequence[StaffFact]
) -> None:
    """WeCom: every contact, with its customer's taker, the customer's own owner, or in turn."""
    own = handing_over.followed(run.userid).subquery("own")
    book = aliased(HandoverLine)
    in_book = (
        (col(book.run_id) == run.id)
        & (col(book.kind) == CUSTOMER)
        & (col(book.relation) == OWNER)
        & (col(book.customer_id) == own.c.customer_id)
    )
    place = func.row_number().over(order_by=(own.c.customer_id, own.c.external_userid)) - 1
    staff, userid = _spread(chosen, place)
    elsewhere = own.c.owner_staff_id.is_not(None) & (own.c.owner_staff_id != run.staff_id)
    rows = _blank(run.id or 0, CONTACT) | {
        "item": own.c.external_userid,
        "customer_id": own.c.customer_id,
        "relation": literal("", String()),
        "to_staff_id": case(
            (elsewhere, own.c.owner_staff_id), else_=func.coalesce(col(book.to_staff_id), staff)
        ),
        "to_userid": case(
            (elsewhere, own.c.owner_userid), else_=func.coalesce(col(book.to_userid), userid)
        ),
    }
    await _insert(session, rows, own.outerjoin(book, in_book))


async def _plan_groups(
    session: AsyncSession, run_id: int, chosen: Sequence[StaffFact], chat_ids: Sequence[str]
) -> None:
    """The customer groups the giver owns, in turn."""
    rows = []
    for number, chat_id in enumerate(sorted(set(chat_ids))):
        taker = chosen[number % len(chosen)] if chosen else None
        rows.append(
            {
                "run_id": run_id,
                "kind": GROUP,
                "item": chat_id,
                "relation": "",
                "attempts": 0,
                "to_staff_id": taker.staff_id if taker else None,
                "to_userid": taker.userid if taker else None,
                "state": PLANNED,
            }
        )
    if rows:
        await session.execute(insert(HandoverLine), rows, execution_options=UNTRACKED)


async def approve(session: AsyncSession, run_id: int, *, by: str, at: datetime) -> int:
    """A second person lets it happen: the bank's books change at once, WeCom is asked from now on.

    Returns how many customers moved. Raises HandoverUnknown, HandoverNotOpen, SecondPersonNeeded,
    NobodyTakes, TakerRefused.
    """
    run = await _held(session, run_id, "planned")
    if by == run.planned_by:
        raise SecondPersonNeeded("拟定移交的人不能自己批准", saw=by, do="请另一位同事批准")
    nobody = await store.count_lines(session, run_id, nobody=True)
    if nobody:
        raise NobodyTakes(
            f"还有 {nobody} 项没有接手人", do="先指定接手人再批准", run_id=str(run_id)
        )
    await _takers(session, run, run.takers)  # somebody may have left since the plan
    moved = await _move_books(session, run, by, at)
    await session.execute(
        update(HandoverLine)
        .where(
            col(HandoverLine.run_id) == run_id,
            col(HandoverLine.kind) != CUSTOMER,
            col(HandoverLine.state) == PLANNED,
        )
        .values(next_at=at),
        execution_options=UNTRACKED,
    )
    await session.execute(
        update(HandoverRun)
        .where(col(HandoverRun.id) == run_id)
        .values(state="running", approved_at=at, approved_by=by),
        execution_options=UNTRACKED,
    )
    await _record(
        session, "handover.approved", run_id, run.unit_id, by, at, run.reason, customers=moved
    )
    return moved


async def _move_books(session: AsyncSession, run: HandoverRun, by: str, at: datetime) -> int:
    mine = (
        (col(HandoverLine.run_id) == run.id)
        & (col(HandoverLine.kind) == CUSTOMER)
        & (col(HandoverLine.state) == PLANNED)
    )
    moves: Any = select(
        col(HandoverLine.customer_id),
        col(HandoverLine.relation).label("kind"),
        literal(run.staff_id).label("from_staff_id"),
        col(HandoverLine.to_staff_id).label("staff_id"),
    ).where(mine)
    applied = await ownership.apply(
        session,
        moves,
        source=SOURCE,
        reason=run.reason or HANDED_OVER,
        actor=by,
        at=at,
        about=f"handover:{run.id}",
        alone=False,
    )
    now = handing_over.covering().subquery("now")
    landed = exists(
        select(1)
        .select_from(now)
        .where(
            now.c.customer_id == col(HandoverLine.customer_id),
            now.c.kind == col(HandoverLine.relation),
            now.c.staff_id == col(HandoverLine.to_staff_id),
        )
    )
    for state, condition in ((TAKEN, mine & landed), (GONE, mine)):
        await session.execute(
            update(HandoverLine).where(condition).values(state=state, settled_at=at),
            execution_options=UNTRACKED,
        )
    return applied.moved


async def cancel(session: AsyncSession, run_id: int, *, by: str, reason: str, at: datetime) -> None:
    """Call off what nobody has approved. Raises HandoverUnknown, HandoverNotOpen."""
    run = await _held(session, run_id, "draft", "planned")
    await session.execute(
        update(HandoverRun)
        .where(col(HandoverRun.id) == run_id)
        .values(state="cancelled", finished_at=at),
        execution_options=UNTRACKED,
    )
    await _record(session, "handover.cancelled", run_id, run.unit_id, by, at, reason)


async def _record(
    session: AsyncSession,
    act: str,
    run_id: int,
    unit: str,
    by: str,
    at: datetime,
    reason: str,
    **payload: Any,
) -> None:
    entry = ledger.Entry(
        kind="staff", act=act, actor=by, object=f"handover:{run_id}", unit=unit, reason=reason,
        payload=payload,
    )  # fmt: skip
    await ledger.append(session, [entry], at=at)
