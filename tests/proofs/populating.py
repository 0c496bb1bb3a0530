"""A bank with ten thousand customers whom their managers follow, here and at WeCom, in a few statements."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_sync.models import Contact, Coverage, Customer, PersonaMembership, Relation
from kit.db import Database, cipher_of
from tests.flows.crm_sync import bank

Books = Mapping[str, Sequence[str]]


def friends(books: Books, **followed: Any) -> list[dict[str, Any]]:
    """The contacts of each member as the simulated WeCom loads them."""
    return [
        {
            "external_userid": contact,
            "name": contact,
            "followers": [
                {"userid": userid, "createtime": 1_760_000_000}
                | {name: values.get(contact, []) for name, values in followed.items()}
            ],
        }
        for userid, contacts in books.items()
        for contact in contacts
    ]


async def populate(
    database: Database, books: Books, *, persona: str = "", staffed: bool = True
) -> dict[str, int]:
    """A customer behind each contact, in the member's book; the customers' ids by contact.

    ``staffed``: the units and members are not there yet either.
    """
    owner = {contact: userid for userid, contacts in books.items() for contact in contacts}
    async with database.transaction() as session:
        if staffed:
            await bank.units(session)
            for userid in books:
                await bank.staff(session, userid)
        seal = cipher_of(session).seal
        customers = [
            {
                "customer_no": contact, "name": seal("customer.name", contact, contact),
                "born_on": date(1988, 1, 1), "birthday": 101, "unit_id": "0101",
                "changed_at": bank.BEFORE,
            }
            for contact in owner
        ]  # fmt: skip
        await bank.insert_rows(session, Customer, customers)
        query = select(col(Customer.customer_no), col(Customer.id))
        ids = {number: known or 0 for number, known in await session.execute(query)}
        contacts = [
            {
                "external_userid": contact, "name": seal("contact.name", contact, contact),
                "kind": 1, "customer_id": ids[contact], "first_seen_at": bank.BEFORE,
            }
            for contact in owner
        ]  # fmt: skip
        await bank.insert_rows(session, Contact, contacts)
        relations = [
            {"userid": userid, "external_userid": contact, "added_at": bank.BEFORE}
            for contact, userid in owner.items()
        ]
        await bank.insert_rows(session, Relation, relations)
        covers = [
            {
                "customer_id": ids[contact], "kind": "owner", "staff_id": userid,
                "since": bank.BEFORE,
            }
            for contact, userid in owner.items()
        ]  # fmt: skip
        await bank.insert_rows(session, Coverage, covers)
        members = [
            {
                "customer_id": known, "persona": persona, "source": "crm", "confidence": 100,
                "evidence": [], "rule_version": "1", "since": bank.BEFORE,
            }
            for known in ids.values()
        ]  # fmt: skip
        if persona:
            await bank.insert_rows(session, PersonaMembership, members)
    return ids
