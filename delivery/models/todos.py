"""The manager's to-dos: a reason, a ready text, one tap."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from delivery.facts import TodoState
from kit.db import stored


class Todo(SQLModel, table=True):
    """One thing for one manager to do about one customer.

    Sealed, bound to ``id``: ``todo.text`` (the rendered words), ``todo.detail`` (product,
    amount and reason as JSON), ``todo.note`` (what the manager noted).
    """

    __tablename__: ClassVar[str] = "todo"
    __table_args__ = (
        Index("ix_todo_staff", "staff_id", "state", "due_on"),
        Index("ix_todo_customer", "customer_id", "due_on"),
        Index("ix_todo_unit", "unit_id", "due_on"),
        Index("ix_todo_trigger", "trigger", "due_on"),
        Index("ix_todo_planned_on", "planned_on", "state"),
        Index("ix_todo_campaign", "campaign", "state"),
        Index("ix_todo_noted", "noted_at", "state"),
        Index("ix_todo_contact", "external_userid", "state"),
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    key: str = Field(max_length=160, unique=True)
    trigger: str = Field(max_length=64)
    purpose: str = Field(max_length=16)
    campaign: str = Field(default="", max_length=40)
    kind: str = Field(default="message", max_length=16)  # message | call | visit | sms | care
    customer_id: int = Field(sa_type=BigInteger)
    staff_id: str = Field(max_length=64)
    userid: str = Field(default="", max_length=64)
    external_userid: str = Field(default="", max_length=64)
    unit_id: str = Field(max_length=32)
    script_version_id: int | None = Field(default=None, sa_type=BigInteger)
    script_code: str = Field(default="", max_length=64)
    script_version: int = 0
    text: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    text_hash: str = Field(default="", max_length=64)
    title: str = Field(max_length=120)
    detail: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    channel: str = Field(default="todo", max_length=16)  # of policy channel_choice
    channel_reason: str = Field(default="", max_length=400)
    channel_refused: str = Field(default="", max_length=200)  # channel:why,…
    unreached: int = 0  # calls that nobody answered
    unreached_at: datetime | None = None
    planned_on: date
    due_on: date
    expires_at: datetime
    priority: int = 5
    state: TodoState = Field(default=TodoState.OPEN, sa_type=stored(TodoState))
    outcome: str = Field(default="", max_length=32)
    note: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    created_at: datetime
    announced_at: datetime | None = None
    received_at: datetime | None = None  # WeCom took the card that told the manager
    seen_at: datetime | None = None
    replied_at: datetime | None = None  # the archive has a word of the customer after the send
    deal_on: date | None = None  # the core system has a new holding
    noted_at: datetime | None = None  # the manager said what came of it
    closed_at: datetime | None = None
