"""盘活轮次: which round a customer is in, and what became of each round."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, text
from sqlmodel import Field, SQLModel


class Activation(SQLModel, table=True):
    """A customer on the way through the rounds; ``place`` counts the rounds from 0."""

    __tablename__: ClassVar[str] = "activation"
    __table_args__ = (
        Index(
            "uq_activation_live",
            "customer_id",
            unique=True,
            postgresql_where=text("state = 'active'"),
            sqlite_where=text("state = 'active'"),
        ),
        Index("ix_activation_staff", "staff_id", "state", "place"),
        Index("ix_activation_unit", "unit_id", "state", "place"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    customer_id: int = Field(sa_type=BigInteger)
    staff_id: str = Field(max_length=64)
    unit_id: str = Field(max_length=32)
    place: int = 0
    skipped: int = 0
    skipped_in_a_row: int = 0
    state: str = Field(default="active", max_length=16)  # active -> finished, by the last round
    # | stopped, by a person
    began_at: datetime  # of the present round
    started_at: datetime
    started_by: str = Field(max_length=120)
    ended_at: datetime | None = None


class ActivationStep(SQLModel, table=True):
    """What became of one round of one customer: done or skipped, by whom, why."""

    __tablename__: ClassVar[str] = "activation_step"
    activation_id: int = Field(primary_key=True, sa_type=BigInteger)
    place: int = Field(primary_key=True)
    customer_id: int = Field(sa_type=BigInteger, index=True)
    round: str = Field(max_length=20)
    result: str = Field(max_length=16)  # done | skipped
    by: str = Field(max_length=120)
    note: str = Field(default="", max_length=200)
    at: datetime
