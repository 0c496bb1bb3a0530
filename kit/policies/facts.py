"""What others may know of a policy's versions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """proposed -> in_force -> replaced; proposed -> refused | withdrawn."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a policy: its text (TOML), who proposed it and why, who decided."""

    name: str
    number: int
    text: str
    digest: str
    based_on: int
    """The version in force when it was proposed; 0 is what ships with the program."""
    state: State
    reason: str
    proposed_by: str
    proposed_at: datetime
    opinion: str
    decided_by: str
    decided_at: datetime | None
