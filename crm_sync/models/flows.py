"""Money that moved through a customer's accounts, a month and a kind a row (资金流)."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel


class CustomerFlow(SQLModel, table=True):
    """What flowed in a month. ``month`` is its first day, money is in 分.

    ``kind`` is payroll_in (代发) | out_other_bank (转他行) | out_third_party (转第三方支付) |
    custody_trade (三方存管交易) | pos_in (收单结算) | large_in (大额收入) | investment (投资性).
    """

    __tablename__: ClassVar[str] = "customer_flow"
    __table_args__ = (UniqueConstraint("customer_id", "month", "kind"),)
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    customer_id: int = Field(sa_type=BigInteger)
    month: date
    kind: str = Field(max_length=24)
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    count: int | None = None
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    changed_at: datetime
