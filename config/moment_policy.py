"""How moments are shown by tag, and how many there may be (policies/moments.toml)."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Times(_Part):
    """When and how often a list is drawn up, how long a tag is waited for, which days there are."""

    list_before_minutes: int = Field(ge=10, le=2_880)
    patience_minutes: int = Field(ge=0, le=240)
    soonest_minutes: int = Field(ge=0, le=1_440)
    furthest_days: int = Field(ge=1, le=90)
    tries: int = Field(default=15, ge=1, le=200)


class CustomerCaps(_Part):
    """How many moments one customer is shown."""

    day: int = Field(ge=1, le=10)
    month: int = Field(ge=1, le=100)


class MemberCaps(_Part):
    """How many moments one member publishes."""

    day: int = Field(ge=1, le=10)


class CallCaps(_Part):
    """What one call to WeCom may hold, how many there may be, how long one may go without a word."""

    customers: int = Field(ge=1, le=100_000)
    members: int = Field(ge=1, le=100_000)
    minute: int = Field(ge=1, le=10)
    month: int = Field(ge=1, le=100_000)
    lease_minutes: int = Field(default=10, ge=2, le=25)


class Preview(_Part):
    """How many customers are judged ahead, for the one who approves."""

    customers: int = Field(ge=0, le=20_000)


class MomentPolicy(_Part):
    """Everything about moments that a bank may set."""

    tag_group: str = Field(min_length=1, max_length=30)
    keep_tag_days: int = Field(ge=0, le=180)
    time: Times
    customer: CustomerCaps
    member: MemberCaps
    call: CallCaps
    preview: Preview


def load(directory: Path | None = None) -> MomentPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return MomentPolicy.model_validate(policy_files.read("moments", directory))
