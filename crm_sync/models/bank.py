"""The bank itself: units, staff, what each person may do, and who covers whom (管户)."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from kit.db import Json


class Unit(SQLModel, table=True):
    """A branch or outlet (机构). ``path`` is ``/hq/01/0101/``: a scope is a prefix of it."""

    __tablename__: ClassVar[str] = "unit"
    unit_id: str = Field(primary_key=True, max_length=32)
    name: str = Field(max_length=80)
    parent_id: str | None = Field(default=None, max_length=32, index=True)
    kind: str = Field(default="outlet", max_length=16)  # hq | branch | subbranch | outlet
    path: str = Field(default="", max_length=200, index=True)
    department_id: int | None = Field(default=None, sa_type=BigInteger)
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    removed_at: datetime | None = None


class Staff(SQLModel, table=True):
    """A staff member. ``userid`` is the WeCom identity, lower-cased, where there is one."""

    __tablename__: ClassVar[str] = "staff"
    staff_id: str = Field(primary_key=True, max_length=64)
    userid: str | None = Field(default=None, max_length=64, unique=True)
    name: str = Field(max_length=80)
    unit_id: str = Field(max_length=32, index=True)
    position: str = Field(default="", max_length=80)
    active: bool = True
    licences: list[str] = Field(default_factory=list, sa_type=Json)
    personas: list[str] = Field(default_factory=list, sa_type=Json)
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    digest: str = Field(default="", max_length=64)
    synthetic: bool = False
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last
    seen_in_wecom_at: datetime | None = None
    removed_at: datetime | None = None


class Grant(SQLModel, table=True):
    """A role that a staff member holds over a unit and everything below it."""

    __tablename__: ClassVar[str] = "role_grant"
    staff_id: str = Field(primary_key=True, max_length=64)
    role: str = Field(primary_key=True, max_length=16)  # rm | branch | ops | compliance | it
    unit_id: str = Field(primary_key=True, max_length=32)
    granted_by: str = Field(max_length=120)
    granted_at: datetime
    expires_at: datetime | None = None


class Coverage(SQLModel, table=True):
    """管户: which staff member answers for a customer, by kind of relation; one owner at most."""

    __tablename__: ClassVar[str] = "coverage"
    __table_args__ = (
        Index("ix_coverage_staff_id", "staff_id", "kind"),
        Index(
            "uq_coverage_one_owner",
            "customer_id",
            unique=True,
            postgresql_where=text("kind = 'owner'"),
            sqlite_where=text("kind = 'owner'"),
        ),
    )
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(primary_key=True, max_length=16)  # owner | persona | corporate
    staff_id: str = Field(primary_key=True, max_length=64)
    since: datetime
    source: str = Field(default="", max_length=80)
    synthetic: bool = False
    source_date: str = Field(default="", max_length=10)
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # the load that wrote it last


class CoverageEnd(SQLModel, table=True):
    """A coverage that has ended: who answered for the customer before, and until when."""

    __tablename__: ClassVar[str] = "coverage_end"
    __table_args__ = (Index("ix_coverage_end_customer_id", "customer_id", "ended_at"),)
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    customer_id: int = Field(sa_type=BigInteger)
    kind: str = Field(max_length=16)
    staff_id: str = Field(max_length=64)
    since: datetime
    ended_at: datetime
    reason: str = Field(max_length=40)  # moved | left_file | reverted | why a plan moved them
    source: str = Field(default="", max_length=80)
    run_id: int | None = Field(default=None, sa_type=BigInteger)
