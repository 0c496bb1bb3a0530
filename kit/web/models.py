"""Sign-ins: a reference token in the cookie, everything else here."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field, SQLModel


class WebSession(SQLModel, table=True):
    """One sign-in of one staff member on one browser; the cookie's token only as a hash."""

    __tablename__: ClassVar[str] = "web_session"
    token_hash: str = Field(primary_key=True, max_length=64)
    staff_id: str = Field(max_length=64, index=True)
    surface: str = Field(max_length=16)  # h5 | console
    means: str = Field(max_length=16)  # wecom | oidc | break_glass | demo
    signed_in_at: datetime
    seen_at: datetime
    fresh_at: datetime  # when the person last proved who they are
    ends_at: datetime
    ended_at: datetime | None = None
    text_size: str = Field(default="", max_length=4)


class SignInState(SQLModel, table=True):
    """A sign-in under way: its state, bound to the browser that began it, used once."""

    __tablename__: ClassVar[str] = "sign_in_state"
    state_hash: str = Field(primary_key=True, max_length=64)
    browser_hash: str = Field(max_length=64)
    surface: str = Field(max_length=16)
    next_path: str = Field(max_length=400)
    purpose: str = Field(default="sign_in", max_length=16)  # sign_in | refresh
    staff_id: str = Field(default="", max_length=64)
    expires_at: datetime
    used_at: datetime | None = None


class BreakGlass(SQLModel, table=True):
    """A one-time emergency sign-in made at the command line, for when WeCom is away."""

    __tablename__: ClassVar[str] = "break_glass"
    code_hash: str = Field(primary_key=True, max_length=64)
    staff_id: str = Field(max_length=64)
    reason: str = Field(max_length=200)
    made_by: str = Field(max_length=120)
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    failures: int = 0


class UserPreference(SQLModel, table=True):
    """What a person set for themselves, kept across sign-ins."""

    __tablename__: ClassVar[str] = "user_preference"
    staff_id: str = Field(primary_key=True, max_length=64)
    text_size: str = Field(default="", max_length=4)  # "" | lg | xl
