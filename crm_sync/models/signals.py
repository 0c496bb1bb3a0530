"""Traces of interests that customers left: what they clicked, visited, told."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer
from sqlmodel import Field, SQLModel


class BehaviourSignal(SQLModel, table=True):
    """One trace of an interest; ``ref`` is where it can be found again, ``says`` for people."""

    __tablename__: ClassVar[str] = "behaviour_signal"
    __table_args__ = (Index("ix_behaviour_signal_customer_id", "customer_id", "interest"),)
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    signal_no: str = Field(max_length=80, unique=True)
    customer_id: int = Field(sa_type=BigInteger)
    interest: str = Field(max_length=40)
    origin: str = Field(max_length=16)  # self | behavior | chat, as config.persona_policy.Source
    at: datetime
    ref: str = Field(default="", max_length=120)
    says: str = Field(default="", max_length=120)
    consented: bool = False
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    noted_at: datetime = Field(index=True)
