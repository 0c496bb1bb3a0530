"""What all processes know of each limit: one small row a scope, so that a restart forgets nothing."""

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from kit.db import Json


class CallBook(SQLModel, table=True):
    """One scope: an API, our address, a member. Who changes it holds the row."""

    __tablename__: ClassVar[str] = "call_book"
    scope: str = Field(primary_key=True, max_length=160)
    state: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    changed_at: datetime
