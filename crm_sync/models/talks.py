"""Whether a member and a contact have spoken: the first word of each, as the archive shows it."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field, SQLModel


class RelationTalk(SQLModel, table=True):
    """The first word of each side of a pair; empty for a side that has not written.

    Taken from the session archive: without a customer's consent to it there is no row.
    """

    __tablename__: ClassVar[str] = "relation_talk"
    userid: str = Field(primary_key=True, max_length=64)
    external_userid: str = Field(primary_key=True, max_length=64)
    staff_wrote_at: datetime | None = None
    customer_wrote_at: datetime | None = None
