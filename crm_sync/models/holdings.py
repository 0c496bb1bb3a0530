"""What customers hold, and the products the bank sells."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from kit.db import Json


class Product(SQLModel, table=True):
    """A product (产品). ``risk_level`` is R1..R5 as 1..5; deposits, cards and loans have none.

    ``manager_risk`` is the rating of whoever issues or manages it: the bank's own is never lower.
    ``benchmark`` is the text that may be shown, ``benchmark_basis`` how it was reckoned;
    ``raised_by`` is who raises the money (募集机构). Money is in 分.
    """

    __tablename__: ClassVar[str] = "product"
    product_code: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=120)
    kind: str = Field(max_length=16)  # deposit | wealth | fund | insurance | metal | loan | card
    risk_level: int | None = None
    issuer: str = Field(default="", max_length=120)
    private: bool = False
    on_sale: bool = True
    matures_on: date | None = None
    manager_risk: int | None = None
    raised_by: str = Field(default="", max_length=120)
    term: str = Field(default="", max_length=60)
    min_amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    fee: str = Field(default="", max_length=200)
    benchmark: str = Field(default="", max_length=40)
    benchmark_basis: str = Field(default="", max_length=400)
    attributes: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    removed_at: datetime | None = None


class ProductOpenDay(SQLModel, table=True):
    """A day on which holders of a product may buy or redeem (定开产品开放)."""

    __tablename__: ClassVar[str] = "product_open_day"
    product_code: str = Field(primary_key=True, max_length=64)
    opens_on: date = Field(primary_key=True)
    closes_on: date | None = None


class ProductNav(SQLModel, table=True):
    """The net value of a product on a day (净值). Values are in ten-thousandths of a 元."""

    __tablename__: ClassVar[str] = "product_nav"
    __table_args__ = (Index("ix_product_nav_product", "product_code", "on"),)
    nav_no: str = Field(primary_key=True, max_length=90)  # product|day
    product_code: str = Field(max_length=64)
    on: date
    nav_e4: int
    total_e4: int | None = None  # accumulated
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    changed_at: datetime


class Holding(SQLModel, table=True):
    """One thing a customer has: a deposit, a wealth product, a card, a loan (持仓).

    ``matures_on`` is the maturity of a deposit or wealth product, the expiry of a card, the
    last due date of a loan. ``due_day`` is the day of month an instalment falls due (loans).
    """

    __tablename__: ClassVar[str] = "holding"
    __table_args__ = (
        Index("ix_holding_matures_on", "matures_on", "kind", "id"),
        Index("ix_holding_customer_id", "customer_id"),
        Index("ix_holding_product_code", "product_code", "id"),
        Index(
            "ix_holding_due_day",
            "due_day",
            "id",
            postgresql_where=text("due_day IS NOT NULL"),
            sqlite_where=text("due_day IS NOT NULL"),
        ),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    holding_no: str = Field(max_length=80, unique=True)
    customer_id: int = Field(sa_type=BigInteger)
    kind: str = Field(max_length=16)  # as Product.kind
    product_code: str | None = Field(default=None, max_length=64)
    product_name: str = Field(default="", max_length=120)
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    opened_on: date | None = None
    matures_on: date | None = None
    due_day: int | None = None
    instalment_fen: int | None = Field(default=None, sa_type=BigInteger)
    risk_level: int | None = None
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    changed_at: datetime
    removed_at: datetime | None = None
