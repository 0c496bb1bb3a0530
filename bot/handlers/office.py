"""What every handler may use, handed in by the composition."""

from collections.abc import Callable
from dataclasses import dataclass, field

from config import handover_policy
from config.handover_policy import HandoverPolicy
from delivery.desk import Desk
from kit.db import Database
from wecom.client import Caller


def _nobody() -> None:
    """Nobody waits for this knock in this process; the job's own rhythm will do."""


@dataclass(frozen=True)
class Office:
    """The bank's database, WeCom, the desk; and whom to knock when there is work to do."""

    database: Database
    wecom: Caller
    desk: Desk
    archive_arrived: Callable[[], None] = field(default=_nobody)
    tags_changed: Callable[[], None] = field(default=_nobody)
    handover: Callable[[], HandoverPolicy] = field(default=handover_policy.load)
