"""Turns in a customer's life that a manager writes down: what, on which day, by whom (E6).

What happened is one of the words the reminder policy knows, never free text: so nothing about
health, faith or a broken marriage can be written here, and every word has its greeting. A row
like an imported one, so planners, segments and the erasure of a person need nothing new.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.errors import LifeEventRefused
from crm_sync.facts import CustomerFact
from crm_sync.models import CustomerEvent
from kit import ledger
from kit.clock import bank_date
from kit.db import insert_into

LIFE: Final = "life"
BY_HAND: Final = "hand:"
"""How the number of an event begins that a person wrote down; an import's never does."""
FURTHEST: Final = timedelta(days=400)
MOST: Final = 6
"""Turns to come of one customer: more than that is a list, not a life."""


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """A turn with its day. ``by``: the actor who wrote it down, empty where a file brought it."""

    number: str
    what: str
    on: date
    by: str

    @property
    def by_hand(self) -> bool:
        """Whether a person wrote it down, so that a person may take it back."""
        return self.number.startswith(BY_HAND)


async def note(
    session: AsyncSession,
    customer: CustomerFact,
    *,
    what: str,
    on: date,
    known: Collection[str],
    by: str,
    at: datetime,
    request_id: str = "",
) -> bool:
    """Write down ``what`` happens on ``on``; False where the same stood there already.

    ``known``: the words that may be written. ``by``: ``staff:…``. One ledger entry with the word
    and the day. Raises LifeEventRefused for another word, a day that is not ahead of us, or too
    many turns for one customer.
    """
    today = bank_date(at)
    if what not in known:
        raise LifeEventRefused(
            "这不是可以登记的事", saw=what[:20], do=f"从这些里选：{'、'.join(known)}"
        )
    if not today < on <= today + FURTHEST:
        raise LifeEventRefused(
            "日期要在明天到 400 天之内",
            saw=on.isoformat(),
            do="已经到了的好日子，直接在侧边栏选一条问候；提醒从第二天起编排",
        )
    waiting = select(func.count()).where(
        col(CustomerEvent.customer_id) == customer.customer_id,
        col(CustomerEvent.kind) == LIFE,
        col(CustomerEvent.on) > today,
    )
    if (await session.execute(waiting)).scalar_one() >= MOST:
        raise LifeEventRefused(f"这位客户已经登记了 {MOST} 件", do="先撤掉不再需要的，再登记新的")
    number = f"{BY_HAND}{customer.customer_id}:{on.isoformat()}:{what}"
    made = await session.execute(
        insert_into(session, CustomerEvent)
        .values(
            event_no=number,
            customer_id=customer.customer_id,
            kind=LIFE,
            on=on,
            note=what,
            source=by[:80],
            source_date=today.isoformat(),
            changed_at=at,
        )
        .on_conflict_do_nothing(index_elements=["event_no"])
        .returning(CustomerEvent.__table__.c.id)  # type: ignore[attr-defined]
    )
    if made.first() is None:
        return False
    await _record(session, "life.noted", customer, what, on, by=by, at=at, request_id=request_id)
    return True


async def take_back(
    session: AsyncSession,
    customer: CustomerFact,
    number: str,
    *,
    by: str,
    at: datetime,
    request_id: str = "",
) -> None:
    """Take back what was written down, before its day. Raises LifeEventRefused for anything else."""
    gone = await session.execute(
        delete(CustomerEvent)
        .where(
            col(CustomerEvent.event_no) == number,
            col(CustomerEvent.event_no).startswith(BY_HAND, autoescape=True),
            col(CustomerEvent.customer_id) == customer.customer_id,
            col(CustomerEvent.on) > bank_date(at),
        )
        .returning(col(CustomerEvent.note), col(CustomerEvent.on))
        .execution_options(synchronize_session=False)
    )
    row = gone.first()
    if row is None:
        raise LifeEventRefused(
            "没有这一件，或已经不能撤",
            do="导入来的请在来源系统里改；日子已经到了的不用撤",
        )
    what, on = row
    await _record(
        session, "life.taken_back", customer, what, on, by=by, at=at, request_id=request_id
    )


async def coming(session: AsyncSession, customer_id: int, today: date) -> list[LifeEvent]:
    """The turns of a customer from ``today`` on, the nearest first."""
    query = (
        select(
            col(CustomerEvent.event_no),
            col(CustomerEvent.note),
            col(CustomerEvent.on),
            col(CustomerEvent.source),
        )
        .where(
            col(CustomerEvent.customer_id) == customer_id,
            col(CustomerEvent.kind) == LIFE,
            col(CustomerEvent.on) >= today,
        )
        .order_by(col(CustomerEvent.on), col(CustomerEvent.event_no))
        .limit(MOST * 2)
    )
    return [
        LifeEvent(number, what, on, source if number.startswith(BY_HAND) else "")
        for number, what, on, source in await session.execute(query)
    ]


async def _record(
    session: AsyncSession,
    act: str,
    customer: CustomerFact,
    what: str,
    on: date,
    *,
    by: str,
    at: datetime,
    request_id: str,
) -> None:
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="customer",
                act=act,
                actor=by,
                object=f"customer:{customer.customer_id}",
                unit=customer.unit_id,
                payload={"what": what, "on": on.isoformat()},
                request_id=request_id,
            )
        ],
        at=at,
    )
