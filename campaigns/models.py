"""Benefits (权益、积分、活动), what was given of them, who came, and who introduced whom."""

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
