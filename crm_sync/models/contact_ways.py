"""联系我: which code was made for whom, so that an added contact says where it comes from."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class ContactWay(SQLModel, table=True):
    """A contact way (联系我) that this app made; WeCom lists no other way to find its config.

    ``state`` comes back with whoever adds the member through it. ``customer_id`` is set where
    the code was handed to one customer alone: then the state is evidence of who it is.
    """

    __tablename__: ClassVar[str] = "contact_way"
    state: str = Field(primary_key=True, max_length=64)
    config_id: str = Field(default="", max_length=64, index=True)
    customer_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    staff_id: str = Field(max_length=64, index=True)
    purpose: str = Field(default="", max_length=40)
    created_by: str = Field(default="", max_length=120)
    created_at: datetime
    closed_at: datetime | None = None
