"""How far back one sender's messages are read together (policies/split_talk.toml)."""

from pydantic import BaseModel, ConfigDict, Field


class SplitTalkPolicy(BaseModel):
    """The last ``messages`` of one sender in one talk, none older than ``within_minutes``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: int = Field(ge=1, le=10)
    within_minutes: int = Field(ge=1, le=120)
