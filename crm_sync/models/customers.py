"""The bank's people. Names and phones are sealed; what rules select by stands in the clear."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from kit.db import Json


class Customer(SQLModel, table=True):
    """A customer of the bank (客户).

    Sealed columns are bound to ``customer_no`` (columns ``customer.name``, ``customer.phone``).
    Money is in 分. ``birthday`` is month * 100 + day, derived from ``born_on`` for selection.
    ``unit_id`` is 归属 (who manages), ``account_unit_id`` where the account is held.
    ``supplements`` says, by source, which columns another file than ``source`` has filled:
    ``{source: {"digest", "source_date", "columns", "synthetic", "run"}}``.
    """

    __tablename__: ClassVar[str] = "customer"
    __table_args__ = (
        Index("ix_customer_unit", "unit_id", "id"),
        Index("ix_customer_birthday", "birthday", "id"),
        Index("ix_customer_born_on", "born_on", "id"),
        Index("ix_customer_aum", "aum_fen", "id"),
        Index("ix_customer_opened_on", "opened_on", "id"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    customer_no: str = Field(max_length=64, unique=True)
    name: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    phone: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    phone_hash: str | None = Field(default=None, max_length=32, index=True)
    unionid_hash: str | None = Field(default=None, max_length=32, index=True)
    gender: str = Field(default="", max_length=1)  # F | M | empty
    born_on: date | None = None
    birthday: int | None = None
    unit_id: str = Field(max_length=32)
    account_unit_id: str | None = Field(default=None, max_length=32, index=True)
    risk_level: int | None = None  # C1..C5
    risk_assessed_on: date | None = None
    fund_risk_level: int | None = None  # C1..C5 by a fund company's assessment
    fund_risk_assessed_on: date | None = None
    fund_risk_until: date | None = None  # the end that the document states
    fund_risk_lowest: bool | None = None  # 风险承受能力最低类别
    fund_risk_by: str | None = Field(default=None, max_length=60)  # whose assessment
    professional_until: date | None = None  # 专业投资者, the last day
    tier: str = Field(default="", max_length=32)
    aum_fen: int | None = Field(default=None, sa_type=BigInteger)
    aum_average_fen: int | None = Field(default=None, sa_type=BigInteger)
    occupation: str = Field(default="", max_length=40)
    opened_on: date | None = None
    attributes: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    supplements: dict[str, dict[str, Any]] = Field(default_factory=dict, sa_type=Json)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    changed_at: datetime
    removed_at: datetime | None = None


class CustomerSnapshot(SQLModel, table=True):
    """What a customer held on one day, for trends: outflow, tier edges, retention. In 分."""

    __tablename__: ClassVar[str] = "customer_snapshot"
    __table_args__ = (UniqueConstraint("customer_id", "on"), Index("ix_customer_snapshot_on", "on"))
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    customer_id: int = Field(sa_type=BigInteger)
    on: date
    aum_fen: int | None = Field(default=None, sa_type=BigInteger)
    deposit_fen: int | None = Field(default=None, sa_type=BigInteger)
    wealth_fen: int | None = Field(default=None, sa_type=BigInteger)
    fund_fen: int | None = Field(default=None, sa_type=BigInteger)
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    changed_at: datetime | None = None  # when an import last wrote it
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last


class CustomerEvent(SQLModel, table=True):
    """A dated fact about a customer: money that will come in or went out, a turn in life."""

    __tablename__: ClassVar[str] = "customer_event"
    __table_args__ = (
        Index("ix_customer_event_on", "on", "kind"),
        Index("ix_customer_event_customer_id", "customer_id", "on"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    event_no: str = Field(max_length=80, unique=True)
    customer_id: int = Field(sa_type=BigInteger)
    kind: str = Field(max_length=24)  # as imports.layouts.EVENT_KINDS
    on: date
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    note: str = Field(default="", max_length=120)
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    changed_at: datetime | None = None  # when an import last wrote it
