"""What a customer may refuse, what each refusal means, and that it holds for contacts too.

Refusing is one tap and needs no reason (PIPL 15); taking it back is the customer's own act.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.errors import ConsentRefused
from compliance.facts import ConsentFact, ConsentPurpose, Scope
from compliance.models import ContactSilence
from compliance.repository import suppression
from compliance.service import give_consents, lift, suppress
from kit.among import among
from kit.db import upsert
from kit.ledger import Entry, append


class Choice(StrEnum):
    """What a customer may say no to."""

    MARKETING = "marketing"
    SERVICE = "service"
    PERSONALISED = "personalised"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Meaning:
    """``scope`` that is silenced, consents that are taken back, purposes whose queues empty.

    ``personal`` takes back what was chosen for the customer by persona, and leaves the rest.
    """

    title: str
    scope: Scope | None
    consents: tuple[ConsentPurpose, ...]
    purposes: frozenset[str]
    personal: bool = False


MEANINGS: Final = {
    Choice.MARKETING: Meaning(
        "产品与活动消息",
        Scope.MARKETING,
        (ConsentPurpose.MARKETING,),
        frozenset({"marketing", "care"}),
    ),
    Choice.SERVICE: Meaning(
        "到期、账务等服务提醒", None, (ConsentPurpose.SERVICE,), frozenset({"service"})
    ),
    Choice.PERSONALISED: Meaning(
        "按个人特点挑选的内容",
        Scope.PERSONALISED,
        (ConsentPurpose.PROFILING,),
        frozenset({"marketing", "care"}),
        personal=True,
    ),
    Choice.ALL: Meaning(
        "全部联系",
        Scope.ALL,
        (
            ConsentPurpose.MARKETING,
            ConsentPurpose.CARE,
            ConsentPurpose.SERVICE,
            ConsentPurpose.PROFILING,
        ),
        frozenset({"marketing", "care", "service"}),
    ),
}


def choice_of(name: str) -> Choice:
    """The choice called ``name``; ConsentRefused for another word."""
    try:
        return Choice(name)
    except ValueError:
        raise ConsentRefused(
            "没有这种退订选项", saw=name[:40], do="写成 " + "、".join(Choice) + " 之一"
        ) from None


async def refuse(
    session: AsyncSession,
    customer_id: int,
    choice: Choice,
    *,
    source: str,
    words: str,
    at: datetime,
    actor: str,
    unit: str = "hq",
) -> None:
    """Record that a customer wants no more of it, for every manager and channel.

    ``source``: where it was said (退订页, 聊天, 客户经理代登记, 网点代登记). ``words``: what was said.
    """
    meaning = MEANINGS[choice]
    if meaning.scope is not None:
        await suppress(session, customer_id, meaning.scope, source, words, at, actor, unit=unit)
    await give_consents(
        session,
        [ConsentFact(customer_id, purpose, False, source, at) for purpose in meaning.consents],
        at,
        actor,
        unit=unit,
    )


async def take_back(
    session: AsyncSession,
    customer_id: int,
    choice: Choice,
    *,
    source: str,
    notice: str,
    at: datetime,
    unit: str = "hq",
) -> None:
    """The customer, proved to be the one, wants to hear again. Nobody else may call this.

    What was refused all at once comes back all at once; otherwise only this choice does.
    """
    actor, meaning = f"customer:{customer_id}", MEANINGS[choice]
    for scope in _lifted_by(choice):
        row = await suppression(session, customer_id, scope)
        if row is not None and row.lifted_at is None:
            await lift(session, customer_id, scope, at=at, actor=actor, unit=unit)
    await give_consents(
        session,
        [
            ConsentFact(customer_id, purpose, True, source, at, notice)
            for purpose in meaning.consents
        ],
        at,
        actor,
        unit=unit,
    )


def _lifted_by(choice: Choice) -> tuple[Scope, ...]:
    """Taking anything back ends a silence that covers everything, too."""
    scope = MEANINGS[choice].scope
    if choice is Choice.ALL:
        return tuple(Scope)
    return (Scope.ALL,) if scope is None else (Scope.ALL, scope)


async def silence_contact(
    session: AsyncSession, external_userid: str, choice: Choice, *, source: str, at: datetime
) -> None:
    """A WeCom contact wants no more of it, whoever they turn out to be."""
    scope = MEANINGS[choice].scope
    if scope is None:
        return
    actor = f"contact:{external_userid}"
    await upsert(
        session,
        ContactSilence,
        [
            {
                "external_userid": external_userid,
                "scope": scope,
                "source": source,
                "since": at,
                "actor": actor,
                "lifted_at": None,
            }
        ],
        key=["external_userid", "scope"],
        update=["source", "since", "actor", "lifted_at"],
    )
    entry = Entry(
        kind="customer", act="suppression.set", actor=actor, object=actor, reason=scope,
        payload={"source": source},
    )  # fmt: skip
    await append(session, [entry], at=at)


async def hear_contact(
    session: AsyncSession, external_userid: str, choice: Choice, *, at: datetime
) -> None:
    """The contact themselves want to hear again."""
    lifted = await session.execute(
        update(ContactSilence)
        .where(
            col(ContactSilence.external_userid) == external_userid,
            col(ContactSilence.scope).in_(_lifted_by(choice)),
            col(ContactSilence.lifted_at).is_(None),
        )
        .values(lifted_at=at)
        .returning(col(ContactSilence.scope))
        .execution_options(synchronize_session=False)
    )
    actor = f"contact:{external_userid}"
    await append(
        session,
        [
            Entry(
                kind="customer", act="suppression.lifted", actor=actor, object=actor, reason=scope
            )
            for scope in sorted(lifted.scalars())
        ],
        at=at,
    )


async def silenced_contacts(
    session: AsyncSession, external_userids: Iterable[str]
) -> dict[str, frozenset[str]]:
    """The scopes in which each of these contacts wants no word; those without are left out."""
    wanted = sorted(set(external_userids))
    found: dict[str, set[str]] = {}
    if not wanted:
        return {}
    rows = await session.execute(
        select(col(ContactSilence.external_userid), col(ContactSilence.scope)).where(
            among(session, col(ContactSilence.external_userid), wanted),
            col(ContactSilence.lifted_at).is_(None),
        )
    )
    for contact, scope in rows:
        found.setdefault(contact, set()).add(scope)
    return {contact: frozenset(scopes) for contact, scopes in found.items()}
