"""Erased people stay erased: what comes in about them later is recognised by a keyed hash.

A customer number stays blocked for every file, until the person has come back and said so herself
(``readmit``, two members of staff); the number then begins a new record. A WeCom contact stays blocked as long as the
friendship is the old one; whoever adds a manager again after the erasure has acted themselves and
begins anew, matched to nobody.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models.erasure import ErasedPerson
from kit.crypto import FieldCipher
from kit.db import cipher_of, insert_new

CUSTOMER: Final = "customer"
CONTACT: Final = "contact"


def erased_hash(cipher: FieldCipher, kind: str, value: str) -> str:
    """What is kept of a number or contact once it is erased."""
    return cipher.blind(f"erased.{kind}", value)


async def remember(
    session: AsyncSession,
    *,
    customer_no: str,
    contacts: Iterable[str],
    request: str,
    at: datetime,
) -> None:
    """Keep the hashes of an erased customer and their contacts."""
    cipher = cipher_of(session)
    named = [(CUSTOMER, customer_no), *((CONTACT, one) for one in contacts)]
    await insert_new(
        session,
        ErasedPerson,
        [
            {
                "kind": kind,
                "hash": erased_hash(cipher, kind, value),
                "erased_at": at,
                "request": request,
            }
            for kind, value in named
        ],
        key=["kind", "hash"],
    )


async def erased_numbers(session: AsyncSession) -> frozenset[str]:
    """The hashes of every erased customer number, for a whole file at once."""
    query = select(col(ErasedPerson.hash)).where(col(ErasedPerson.kind) == CUSTOMER)
    return frozenset((await session.execute(query)).scalars())


async def erased_by(session: AsyncSession, customer_no: str) -> str | None:
    """The request by which this customer number was erased; None where it was not."""
    digest = erased_hash(cipher_of(session), CUSTOMER, customer_no)
    query = select(col(ErasedPerson.request)).where(
        col(ErasedPerson.kind) == CUSTOMER, col(ErasedPerson.hash) == digest
    )
    return (await session.execute(query)).scalar_one_or_none()


async def readmit(session: AsyncSession, request: str) -> None:
    """Let files bring the number that ``request`` erased; the old record and the old friendships
    stay erased."""
    await session.execute(
        delete(ErasedPerson).where(
            col(ErasedPerson.kind) == CUSTOMER, col(ErasedPerson.request) == request
        )
    )


async def erased_contacts(session: AsyncSession, contacts: Collection[str]) -> dict[str, datetime]:
    """When each of these contacts was erased; those that were not are left out."""
    query = select(col(ErasedPerson.hash), col(ErasedPerson.erased_at)).where(
        col(ErasedPerson.kind) == CONTACT
    )
    known = {digest: erased_at for digest, erased_at in await session.execute(query)}  # noqa: C416
    if not known:
        return {}
    cipher = cipher_of(session)
    hashed = {one: erased_hash(cipher, CONTACT, one) for one in contacts}
    return {one: known[digest] for one, digest in hashed.items() if digest in known}
