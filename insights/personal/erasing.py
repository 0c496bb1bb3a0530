"""Erases one person: out of every queue, out of every table that the law lets go, and remembered.

What stays is named with its reason. The opt-out stays, and keyed hashes of number and contacts,
so that neither a file nor WeCom brings the person back to be marketed to.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from compliance import opting_out as wishes
from compliance.opting_out import Choice
from crm_sync import erasure
from delivery import opting_out
from delivery.worklist import Work, open_work
from insights.personal.registry import REGISTRY, table_of
from kit.ledger import Entry, append
from kit.personal_data import NOW, Fate, Holds, Person, about

SOURCE: Final = "个人信息删除"


@dataclass(frozen=True, slots=True)
class Erased:
    """Rows by table: those that went, those that were emptied, those that the law keeps."""

    erased: dict[str, int]
    blanked: dict[str, int]
    kept: dict[str, int]

    def as_json(self) -> dict[str, dict[str, int]]:
        """The same for the ledger and the request."""
        return {"erased": self.erased, "blanked": self.blanked, "kept": self.kept}


async def erase(
    session: AsyncSession, person: Person, *, number: str, unit: str, actor: str, at: datetime
) -> Erased:
    """Erase a person in the caller's transaction; the second person's approval is the caller's."""
    await opting_out.opt_out(
        session, person.customer_id, Choice.ALL,
        source=SOURCE, words="", at=at, actor=actor, unit=unit,
    )  # fmt: skip
    for contact in person.contacts:
        await wishes.silence_contact(session, contact, Choice.ALL, source=SOURCE, at=at)
    friends = await _friends(session, person)
    counts = Erased({}, {}, {})
    for holds in reversed(REGISTRY):  # customers last: what names them by number goes before
        await _treat(session, holds, person, counts, at)
    await erasure.remember(
        session, customer_no=person.customer_no, contacts=person.contacts, request=number, at=at
    )
    await open_work(
        session,
        [
            Work(
                key=f"erased_friend:{number}:{userid}:{contact}",
                kind="erased_friend",
                title="按客户要求删除个人信息：请删除企业微信好友并移出客户群",
                why="企业微信里的好友关系只能由成员本人删除；办完请办结本工单",
                unit_id=unit,
                external_userid=contact,
                facts={"userid": userid, "request": number},
            )
            for userid, contact in friends
        ],
        at=at,
    )
    entry = Entry(
        kind="customer",
        act="personal.erased",
        actor=actor,
        object=f"customer:{person.customer_id}",
        unit=unit,
        reason=number,
        payload=counts.as_json(),
    )
    await append(session, [entry], at=at)
    return counts


async def _friends(session: AsyncSession, person: Person) -> list[tuple[str, str]]:
    """(member, contact) of every friendship that stands."""
    if not person.contacts:
        return []
    relation = SQLModel.metadata.tables["relation"]
    found = await session.execute(
        select(relation.c.userid, relation.c.external_userid)
        .where(relation.c.external_userid.in_(person.contacts), relation.c.ended_at.is_(None))
        .order_by(relation.c.userid)
    )
    return [(userid, contact) for userid, contact in found]


async def _treat(
    session: AsyncSession, holds: Holds, person: Person, counts: Erased, at: datetime
) -> None:
    table: Table = table_of(holds)
    conditions = about(table, person)
    if holds.fate is Fate.EXEMPT or not conditions:
        return
    wanted = or_(*conditions)
    if holds.fate is Fate.KEEP:
        query = select(func.count()).select_from(table).where(wanted)
        number = int((await session.execute(query)).scalar_one())
        into = counts.kept
    elif holds.fate is Fate.ERASE:
        gone: Any = await session.execute(delete(table).where(wanted))
        number, into = gone.rowcount, counts.erased
    else:
        values = {name: at if value is NOW else value for name, value in holds.blank.items()}
        emptied: Any = await session.execute(update(table).where(wanted).values(**values))
        number, into = emptied.rowcount, counts.blanked
    if number:
        into[holds.table] = number
