"""全量网格: areas that one person each looks after, three to five a grid; and team roles."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, text
from sqlalchemy import Index as Indexed
from sqlmodel import Field, SQLModel


class Grid(SQLModel, table=True):
    """A grid of a unit; ``ended_at`` where it was dissolved."""

    __tablename__: ClassVar[str] = "grid"
    __table_args__ = (Indexed("ix_grid_unit", "unit_id", "id"),)
    id: int = Field(primary_key=True, sa_type=BigInteger)
    unit_id: str = Field(max_length=32)
    name: str = Field(max_length=40)
    made_by: str = Field(max_length=120)
    made_at: datetime
    ended_at: datetime | None = None
    ended_by: str = Field(default="", max_length=120)


class GridArea(SQLModel, table=True):
    """包区: a piece of ground with one person; a person has one area at a time."""

    __tablename__: ClassVar[str] = "grid_area"
    __table_args__ = (
        Indexed(
            "uq_grid_area_staff",
            "staff_id",
            unique=True,
            postgresql_where=text("live"),
            sqlite_where=text("live"),
        ),
    )
    grid_id: int = Field(primary_key=True, sa_type=BigInteger)
    place: int = Field(primary_key=True)
    name: str = Field(max_length=60)
    staff_id: str = Field(max_length=64)
    live: bool = True


class TeamRole(SQLModel, table=True):
    """A person's team form (驻点经理 …) or group (策划 …)."""

    __tablename__: ClassVar[str] = "team_role"
    staff_id: str = Field(primary_key=True, max_length=64)
    aspect: str = Field(primary_key=True, max_length=8)  # form | group
    name: str = Field(max_length=32)
    unit_id: str = Field(max_length=32, index=True)
    set_by: str = Field(max_length=120)
    set_at: datetime
