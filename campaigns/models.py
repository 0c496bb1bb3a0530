"""Benefits (权益、积分、活动) and what was given of them; campaigns, their waves and their customers."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from kit.db import Json


def _row_id() -> Any:
    return Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )


class Benefit(SQLModel, table=True):
    """Something of value for customers, proposed by one and approved by another. Money in 分.

    ``approved_hash`` binds the approval to every field that ``rules.digest`` reads.
    ``granted_fen`` and ``seats_taken`` count up to ``budget_fen`` and ``seats`` in one statement.
    """

    __tablename__: ClassVar[str] = "benefit"
    __table_args__ = (Index("ix_benefit_kind", "kind", "state", "id"),)
    id: int | None = _row_id()
    kind: str = Field(max_length=8)  # point | event | right
    form: str = Field(max_length=24)  # points, or a right or an event type of benefits.toml
    title: str = Field(max_length=60)
    words: str = Field(max_length=1_000)
    condition: str = Field(max_length=24)
    points: int = 0
    value_fen: int = Field(default=0, sa_type=BigInteger)
    budget_fen: int = Field(default=0, sa_type=BigInteger)
    granted_fen: int = Field(default=0, sa_type=BigInteger)
    tiers: list[str] = Field(default_factory=list, sa_type=Json)
    valid_from: date
    valid_until: date
    held_on: date | None = None
    place: str = Field(default="", max_length=80)
    seats: int = 0
    seats_taken: int = 0
    state: str = Field(max_length=12)  # proposed | approved | refused | withdrawn
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    approved_hash: str = Field(default="", max_length=64)
    proposed_by: str = Field(max_length=120)
    proposed_at: datetime
    decided_by: str | None = Field(default=None, max_length=120)
    decided_at: datetime | None = None
    opinion: str = Field(default="", max_length=400)


class BenefitGrant(SQLModel, table=True):
    """A benefit given to a customer; once for each ``occasion`` (empty, or ``referral:<id>``)."""

    __tablename__: ClassVar[str] = "benefit_grant"
    __table_args__ = (
        UniqueConstraint("benefit_id", "customer_id", "occasion"),
        Index("ix_benefit_grant_customer", "customer_id", "granted_at"),
        Index("ix_benefit_grant_until", "state", "until"),
    )
    id: int | None = _row_id()
    benefit_id: int = Field(sa_type=BigInteger)
    customer_id: int = Field(sa_type=BigInteger)
    unit_id: str = Field(max_length=32)
    occasion: str = Field(default="", max_length=40)
    points: int = 0
    value_fen: int = Field(default=0, sa_type=BigInteger)
    until: date
    state: str = Field(max_length=12)  # granted | withdrawn
    reason: str = Field(default="", max_length=200)
    granted_by: str = Field(max_length=120)
    granted_at: datetime
    withdrawn_at: datetime | None = None


class BenefitYear(SQLModel, table=True):
    """What a customer was given in a year, over all benefits; raised only while below the caps."""

    __tablename__: ClassVar[str] = "benefit_year"
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    year: int = Field(primary_key=True)
    spent_fen: int = Field(default=0, sa_type=BigInteger)
    referrals: int = 0


class Attendance(SQLModel, table=True):
    """A customer's place at an event, and whether they came."""

    __tablename__: ClassVar[str] = "attendance"
    __table_args__ = (UniqueConstraint("benefit_id", "customer_id"),)
    id: int | None = _row_id()
    benefit_id: int = Field(sa_type=BigInteger)
    customer_id: int = Field(sa_type=BigInteger, index=True)
    unit_id: str = Field(max_length=32)
    state: str = Field(max_length=12)  # registered | attended | absent
    registered_by: str = Field(max_length=120)
    registered_at: datetime
    settled_by: str | None = Field(default=None, max_length=120)
    settled_at: datetime | None = None


class Referral(SQLModel, table=True):
    """One customer introduced another; nobody is introduced twice, so chains are trees."""

    __tablename__: ClassVar[str] = "referral"
    __table_args__ = (Index("ix_referral_referrer", "referrer_customer_id"),)
    id: int | None = _row_id()
    referrer_customer_id: int = Field(sa_type=BigInteger)
    referred_customer_id: int = Field(sa_type=BigInteger, unique=True)
    unit_id: str = Field(max_length=32)
    state: str = Field(max_length=12)  # recorded | credited
    benefit_id: int | None = Field(default=None, sa_type=BigInteger)
    recorded_by: str = Field(max_length=120)
    recorded_at: datetime
    credited_by: str | None = Field(default=None, max_length=120)
    credited_at: datetime | None = None


class Campaign(SQLModel, table=True):
    """A campaign (营销活动), proposed by one and approved by another. Money in 分.

    state: proposed -> approved | refused; approved -> running (drawn) -> over; any but the last
    two -> stopped. ``approved_hash`` binds the approval to everything ``rules.digest`` reads.
    ``seed`` decides the draw of the hold-out and is on record before anybody is drawn.
    """

    __tablename__: ClassVar[str] = "campaign"
    __table_args__ = (Index("ix_campaign_state", "state", "id"),)
    id: int = Field(primary_key=True, sa_type=BigInteger)
    title: str = Field(max_length=60)
    kind: str = Field(max_length=24)
    level: str = Field(max_length=8)  # head | branch | outlet: who leads it
    unit_id: str = Field(max_length=32)
    units: list[str] = Field(default_factory=list, sa_type=Json)
    goal: str = Field(max_length=400)
    measure: str = Field(max_length=24)
    target: int = Field(default=0, sa_type=BigInteger)
    owner_staff_id: str = Field(max_length=64)
    departments: list[str] = Field(default_factory=list, sa_type=Json)
    budget_fen: int = Field(default=0, sa_type=BigInteger)
    overrun_percent: int = 0
    starts_on: date
    ends_on: date
    review_on: date
    segment: str = Field(max_length=40)
    segment_title: str = Field(max_length=60)
    hold_out_percent: int
    seed: str = Field(max_length=32)
    per_day: int
    preparation_id: int = Field(sa_type=BigInteger)
    state: str = Field(max_length=12)
    approved_hash: str = Field(default="", max_length=64)
    proposed_by: str = Field(max_length=120)
    proposed_at: datetime
    decided_by: str = Field(default="", max_length=120)
    decided_at: datetime | None = None
    opinion: str = Field(default="", max_length=400)
    drawn_at: datetime | None = None
    stopped_by: str = Field(default="", max_length=120)
    stopped_at: datetime | None = None
    cause: str = Field(default="", max_length=400)
    result: str = Field(default="", max_length=1_000)
    reviewed_by: str = Field(default="", max_length=120)
    reviewed_at: datetime | None = None


class CampaignWave(SQLModel, table=True):
    """One wave: approved words, a channel, a day, and whom it is for.

    ``asked`` holds other words that somebody asked for and nobody has approved yet;
    ``revision`` counts the words that were approved for it.
    """

    __tablename__: ClassVar[str] = "campaign_wave"
    campaign_id: int = Field(primary_key=True, sa_type=BigInteger)
    number: int = Field(primary_key=True)
    channel: str = Field(max_length=16)  # todo | broadcast
    who: str = Field(max_length=12)  # everybody | silent
    on: date
    script_version_id: int = Field(sa_type=BigInteger)
    script_code: str = Field(max_length=64)
    script_version: int
    script_hash: str = Field(max_length=64)
    revision: int = 1
    ran_on: date | None = None
    asked: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class CampaignMember(SQLModel, table=True):
    """A customer of a campaign as the draw left them; who is held out hears nothing of it.

    ``turn``: their place among the manager's customers, in an order that chance made.
    ``aum_fen``: what they had with the bank when they were drawn.
    """

    __tablename__: ClassVar[str] = "campaign_member"
    __table_args__ = (
        Index("ix_campaign_member_unit", "campaign_id", "unit_id", "customer_id"),
        Index("ix_campaign_member_customer", "customer_id"),
    )
    campaign_id: int = Field(primary_key=True, sa_type=BigInteger)
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    unit_id: str = Field(max_length=32)
    staff_id: str = Field(default="", max_length=64)
    arm: str = Field(max_length=8)  # treated | held
    turn: int
    aum_fen: int | None = Field(default=None, sa_type=BigInteger)
    answered_at: datetime | None = None


class CampaignExpense(SQLModel, table=True):
    """Money of a campaign's budget that was spent, in 分; what was wrong is taken back by a minus."""

    __tablename__: ClassVar[str] = "campaign_expense"
    __table_args__ = (Index("ix_campaign_expense_campaign", "campaign_id", "id"),)
    id: int = Field(primary_key=True, sa_type=BigInteger)
    campaign_id: int = Field(sa_type=BigInteger)
    spent_on: date
    what: str = Field(max_length=80)
    amount_fen: int = Field(sa_type=BigInteger)
    by: str = Field(max_length=120)
    at: datetime


class CampaignTouch(SQLModel, table=True):
    """What became of one wave for one customer: the door's outcome, with every reason.

    ``tries``: on how many days it was tried.
    """

    __tablename__: ClassVar[str] = "campaign_touch"
    __table_args__ = (Index("ix_campaign_touch_customer", "customer_id"),)
    campaign_id: int = Field(primary_key=True, sa_type=BigInteger)
    wave: int = Field(primary_key=True)
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    unit_id: str = Field(max_length=32)
    staff_id: str = Field(default="", max_length=64)
    outcome: str = Field(max_length=16)
    reasons: str = Field(default="", max_length=400)
    planned_on: date
    revision: int = 1
    tries: int = 1
