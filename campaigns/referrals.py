"""客户推荐 (MGM): who introduced whom, by person; credited once, in points, by a second person."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns import grants
from campaigns.benefits import locked
from campaigns.errors import (
    BenefitRefused,
    NoRoom,
    PersonUnknown,
    ReferralCredited,
    ReferralUnknown,
    SecondPerson,
    SelfReferral,
)
from campaigns.models import Referral
from config.benefit_policy import BenefitPolicy
from crm_sync.repository.cards import customers_of_contacts
from crm_sync.selection import customer_facts
from kit.db import is_postgresql
from kit.ledger import Entry, append


async def record_by_contact(
    session: AsyncSession, referrer_contact: str, referred_contact: str, *, by: str, at: datetime
) -> int:
    """As ``record``, between the customers whom two WeCom contacts are bound to.

    Two contacts of one customer are one person: SelfReferral. Unbound: PersonUnknown.
    """
    found: Mapping[str, int] = await customers_of_contacts(
        session, {referrer_contact, referred_contact}
    )
    if referrer_contact not in found or referred_contact not in found:
        raise PersonUnknown("联系人还没有绑定到客户，不能登记推荐", do="先完成实名绑定")
    return await record(session, found[referrer_contact], found[referred_contact], by=by, at=at)


async def record(
    session: AsyncSession,
    referrer_id: int,
    referred_id: int,
    *,
    by: str,
    at: datetime,
    units: Collection[str] | None = None,
) -> int:
    """Note that one customer introduced another; returns the referral's id.

    Raises SelfReferral, PersonUnknown, ReferralCredited (introduced before).
    """
    if referrer_id == referred_id:
        raise SelfReferral("推荐人和被推荐人是同一位客户", do="一个人的几个微信算同一位")
    people = await customer_facts(session, [referrer_id, referred_id])
    for one in (referrer_id, referred_id):
        if one not in people or (units is not None and people[one].unit_id not in units):
            raise PersonUnknown("没有这位客户，或不在您的机构范围内", do="从客户列表里核对客户号")
    if is_postgresql(session):
        # Because two referrals that close a loop between them would not see each other.
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('referral'))"))
    if referred_id in await ancestors(session, referrer_id):
        raise SelfReferral("被推荐人在推荐人的上游，推荐成了圈", do="从推荐关系页看这条链")
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    made = (
        insert(Referral)
        .values(
            referrer_customer_id=referrer_id,
            referred_customer_id=referred_id,
            unit_id=people[referrer_id].unit_id,
            state="recorded",
            recorded_by=by,
            recorded_at=at,
        )
        .on_conflict_do_nothing(index_elements=["referred_customer_id"])
        .returning(col(Referral.id))
    )
    referral_id = (await session.execute(made)).scalar_one_or_none()
    if referral_id is None:
        raise ReferralCredited("这位客户已经由别人推荐过", do="一位客户只算一次推荐")
    await _note(
        session, "referral.recorded", referral_id, people[referrer_id].unit_id, by, at,
        {"referrer": referrer_id, "referred": referred_id},
    )  # fmt: skip
    return referral_id


async def ancestors(session: AsyncSession, customer_id: int) -> list[int]:
    """Who introduced the customer, who introduced those, up to the first."""
    up = (
        select(col(Referral.referrer_customer_id).label("person"))
        .where(col(Referral.referred_customer_id) == customer_id)
        .cte("up", recursive=True)
    )
    above = select(col(Referral.referrer_customer_id)).join(
        up, col(Referral.referred_customer_id) == up.c.person
    )
    return list((await session.execute(select(up.union(above).c.person))).scalars())


async def credit(
    session: AsyncSession,
    referral_id: int,
    benefit_id: int,
    policy: BenefitPolicy,
    *,
    by: str,
    at: datetime,
    units: Collection[str] | None = None,
) -> int:
    """Give the referrer the points of an approved benefit for referrals, once; returns the points.

    The word of a second person: not who recorded it. Raises ReferralUnknown, SecondPerson,
    ReferralCredited, BenefitRefused, NotApproved, NoRoom; the caller rolls back then.
    """
    query = select(Referral).where(col(Referral.id) == referral_id).with_for_update()
    row = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if row is None or (units is not None and row.unit_id not in units):
        raise ReferralUnknown("没有这次推荐，或不在您的机构范围内", do="从推荐列表里打开")
    if row.state != "recorded":
        raise ReferralCredited("这次推荐已经记过积分")
    if row.recorded_by == by:
        raise SecondPerson("登记推荐的人不能自己批准积分", do="请另一位有权限的同事批准")
    benefit = await locked(session, benefit_id)
    if benefit.kind != "point" or benefit.condition != "referral":
        raise BenefitRefused("推荐只能记积分，要选条件为“推荐亲友”的积分", saw=benefit.title)
    report = await grants.grant(
        session, benefit_id, [row.referrer_customer_id], policy, by=by, at=at,
        reason="推荐亲友", occasion=f"referral:{referral_id}", units=units,
    )  # fmt: skip
    if not report.granted:
        raise NoRoom(
            "这次推荐不能记积分", saw=grants.WHY[report.refused[row.referrer_customer_id]],
            where="策略“权益、积分与活动” caps",
        )  # fmt: skip
    await session.execute(
        update(Referral)
        .where(col(Referral.id) == referral_id)
        .values(state="credited", benefit_id=benefit_id, credited_by=by, credited_at=at)
    )
    await _note(
        session, "referral.credited", referral_id, row.unit_id, by, at,
        {"referrer": row.referrer_customer_id, "points": benefit.points},
    )  # fmt: skip
    return benefit.points


async def _note(
    session: AsyncSession,
    act: str,
    referral_id: int,
    unit: str,
    by: str,
    at: datetime,
    payload: Mapping[str, int],
) -> None:
    entry = Entry(
        kind="customer", act=act, actor=by, object=f"referral:{referral_id}", unit=unit,
        payload=payload,
    )  # fmt: skip
    await append(session, [entry], at=at)
