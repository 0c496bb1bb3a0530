"""The table of policies' versions."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from kit.db import stored
from kit.policies.facts import State

_WAITING = text("state = 'proposed'")
_HOLDING = text("state = 'in_force'")


class PolicyVersion(SQLModel, table=True):
    """A version of a policy. Rows are never changed but for their state and the decision.

    At most one version of a policy waits, and at most one is in force: indexes say so, because
    two people may decide at the same moment.
    """

    __tablename__: ClassVar[str] = "policy_version"
    __table_args__ = (
        Index(
            "ix_policy_version_waiting",
            "name",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index(
            "ix_policy_version_holding",
            "name",
            unique=True,
            sqlite_where=_HOLDING,
            postgresql_where=_HOLDING,
        ),
    )
    name: str = Field(primary_key=True, max_length=32)
    number: int = Field(primary_key=True)
    text: str = Field(sa_type=Text)
    digest: str = Field(max_length=64)
    based_on: int
    state: State = Field(default=State.PROPOSED, sa_type=stored(State))
    reason: str = Field(max_length=400)
    proposed_by: str = Field(max_length=120)
    proposed_at: datetime
    opinion: str = Field(default="", max_length=400)
    decided_by: str = Field(default="", max_length=120)
    decided_at: datetime | None = None
