"""What farming customers grow or keep (种养殖): how much, when it is sown and sold, who told us."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer
from sqlmodel import Field, SQLModel


class FarmRecord(SQLModel, table=True):
    """One crop or herd of a customer. ``season`` is month * 100 + day on which money is needed.

    ``kind`` is crop | livestock | aquatic | forestry; ``channel`` is visits (走千访万) | buyers
    (收购户) | cold_store (冷藏库) | lectures (农技讲座) | other. ``area_centimu`` is 亩 * 100.
    """

    __tablename__: ClassVar[str] = "farm_record"
    __table_args__ = (
        Index("ix_farm_record_season", "season", "id"),
        Index("ix_farm_record_customer_id", "customer_id"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    farm_no: str = Field(max_length=80, unique=True)
    customer_id: int = Field(sa_type=BigInteger)
    kind: str = Field(max_length=16)
    item: str = Field(max_length=40)
    area_centimu: int | None = Field(default=None, sa_type=BigInteger)
    heads: int | None = Field(default=None, sa_type=BigInteger)
    sow_month: int | None = None
    market_month: int | None = None
    cycle_days: int | None = None
    output: str = Field(default="", max_length=80)
    channel: str = Field(default="", max_length=16)
    noted_on: date | None = None
    season: int | None = None
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    changed_at: datetime
    removed_at: datetime | None = None
