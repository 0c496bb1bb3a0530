"""Sentences that build a small bank: units, staff, customers, holdings, contacts, relations."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from crm_sync.models import (
    Contact,
    Coverage,
    Customer,
    CustomerEvent,
    CustomerFlow,
    CustomerSnapshot,
    Grant,
    Holding,
    Relation,
    Staff,
    Unit,
)
from kit.db import cipher_of
from wecom.contacts import Contact as WecomContact
from wecom.contacts import ContactDetail, Follow

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # 09:00 at the bank
BEFORE = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)

PATHS = {
    "hq": "/hq/",
    "01": "/hq/01/",
    "0101": "/hq/01/0101/",
    "0102": "/hq/01/0102/",
    "02": "/hq/02/",
    "0201": "/hq/02/0201/",
}


async def insert_rows(
    session: AsyncSession, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]
) -> None:
    if rows:
        await session.execute(insert(table), [dict(row) for row in rows])


async def units(session: AsyncSession) -> None:
    """总行, two branches, three outlets."""
    await insert_rows(
        session,
        Unit,
        [
            {
                "unit_id": unit_id,
                "name": f"{unit_id}机构",
                "path": path,
                "parent_id": path.split("/")[-3] or None,
                "kind": {3: "hq", 4: "branch"}.get(path.count("/") + 1, "outlet"),
            }
            for unit_id, path in PATHS.items()
        ],
    )


async def staff(
    session: AsyncSession,
    staff_id: str,
    *,
    unit_id: str = "0101",
    userid: str | None = "",
    active: bool = True,
) -> None:
    """A member of staff whose userid is the staff id, unless another (or None) is given."""
    await insert_rows(
        session,
        Staff,
        [
            {
                "staff_id": staff_id,
                "userid": staff_id.lower() if userid == "" else userid,
                "name": f"员工{staff_id}",
                "unit_id": unit_id,
                "active": active,
            }
        ],
    )


async def grant(
    session: AsyncSession,
    staff_id: str,
    role: str,
    unit_id: str,
    *,
    expires_at: datetime | None = None,
) -> None:
    row = {
        "staff_id": staff_id,
        "role": role,
        "unit_id": unit_id,
        "granted_by": "staff:root",
        "granted_at": BEFORE,
        "expires_at": expires_at,
    }
    await insert_rows(session, Grant, [row])


async def customer(
    session: AsyncSession,
    customer_no: str,
    *,
    owner: str | None = None,
    phone: str | None = None,
    unionid: str | None = None,
    born_on: date | None = None,
    unit_id: str = "0101",
    **fields: Any,
) -> int:
    """A customer, covered by ``owner`` where one is given; returns the id."""
    cipher = cipher_of(session)
    row = {
        "customer_no": customer_no,
        "name": cipher.seal("customer.name", customer_no, f"客户{customer_no}"),
        "phone": cipher.seal("customer.phone", customer_no, phone) if phone else None,
        "phone_hash": cipher.blind("phone", phone) if phone else None,
        "unionid_hash": cipher.blind("unionid", unionid) if unionid else None,
        "born_on": born_on,
        "birthday": born_on.month * 100 + born_on.day if born_on else None,
        "unit_id": unit_id,
        "changed_at": BEFORE,
        **fields,
    }
    await insert_rows(session, Customer, [row])
    found = select(col(Customer.id)).where(col(Customer.customer_no) == customer_no)
    customer_id = (await session.execute(found)).scalar_one()
    assert customer_id is not None
    if owner is not None:
        await covers(session, owner, customer_id)
    return customer_id


async def covers(
    session: AsyncSession, staff_id: str, customer_id: int, kind: str = "owner"
) -> None:
    row = {"customer_id": customer_id, "kind": kind, "staff_id": staff_id, "since": BEFORE}
    await insert_rows(session, Coverage, [row])


async def holding(
    session: AsyncSession, customer_id: int, holding_no: str, kind: str, **fields: Any
) -> None:
    row = {
        "holding_no": holding_no,
        "customer_id": customer_id,
        "kind": kind,
        "changed_at": BEFORE,
        **fields,
    }
    await insert_rows(session, Holding, [row])


async def contact(
    session: AsyncSession, external_userid: str, *, customer_id: int | None = None, **fields: Any
) -> None:
    row = {
        "external_userid": external_userid,
        "name": cipher_of(session).seal("contact.name", external_userid, f"昵称{external_userid}"),
        "kind": 1,
        "customer_id": customer_id,
        "first_seen_at": BEFORE,
        **fields,
    }
    await insert_rows(session, Contact, [row])


async def relation(session: AsyncSession, userid: str, external_userid: str, **fields: Any) -> None:
    row = {"userid": userid, "external_userid": external_userid, "added_at": BEFORE, **fields}
    await insert_rows(session, Relation, [row])


async def reached_customer(
    session: AsyncSession, customer_no: str, *, owner: str, **fields: Any
) -> int:
    """A customer with a bound contact whom the owner follows."""
    customer_id = await customer(session, customer_no, owner=owner, **fields)
    await contact(session, f"wm-{customer_no}", customer_id=customer_id)
    await relation(session, owner.lower(), f"wm-{customer_no}")
    return customer_id


def follow(userid: str, *, remark: str = "", added_at: datetime = BEFORE, **fields: Any) -> Follow:
    """A member's view of a contact, as WeCom shows it."""
    plain: dict[str, Any] = {
        "staff_id": userid,
        "remark": remark,
        "description": "",
        "created_at": added_at,
        "tags": (),
        "tag_ids": (),
        "remark_corp_name": "",
        "remark_mobiles": (),
        "oper_userid": userid,
        "add_way": 1,
        "state": "",
        "channels_name": "",
        "channels_source": None,
    }
    return Follow(**(plain | fields))


def detail(
    external_userid: str, *follows: Follow, name: str = "周", unionid: str = ""
) -> ContactDetail:
    """A contact with its followers, as WeCom shows them."""
    contact = WecomContact(
        external_userid=external_userid,
        name=name,
        kind=1,
        gender=2,
        avatar="",
        unionid=unionid,
        position="",
        corp_name="",
        corp_full_name="",
    )
    return ContactDetail(contact, follows)


async def snapshot(session: AsyncSession, customer_id: int, on: date, aum_fen: int | None) -> None:
    row = {"customer_id": customer_id, "on": on, "aum_fen": aum_fen, "changed_at": BEFORE}
    await insert_rows(session, CustomerSnapshot, [row])


async def flow(
    session: AsyncSession, customer_id: int, month: date, kind: str, amount_fen: int
) -> None:
    row = {
        "customer_id": customer_id,
        "month": month,
        "kind": kind,
        "amount_fen": amount_fen,
        "changed_at": BEFORE,
    }
    await insert_rows(session, CustomerFlow, [row])


async def event(
    session: AsyncSession, customer_id: int, kind: str, on: date, amount_fen: int
) -> None:
    row = {
        "event_no": f"{kind}-{customer_id}-{on}",
        "customer_id": customer_id,
        "kind": kind,
        "on": on,
        "amount_fen": amount_fen,
    }
    await insert_rows(session, CustomerEvent, [row])
