"""How often WeCom is asked what became of a task: pure. Soon at first, then less and less often."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

AT_LEAST: Final = timedelta(minutes=1)
FIRST_DAY: Final = timedelta(hours=1)
AFTER: Final = timedelta(hours=12)
DISPATCHING: Final = timedelta(seconds=30)
"""After 41063, or "system busy": WeCom is still handing the task out."""
LONGEST_FAILURE: Final = timedelta(hours=1)
POISON: Final = 5
"""So many failures one after the other are told to a person; the asking goes on."""
BAD_CURSOR: Final = 50100
"""WeCom knows a cursor no more, or never gave it: the list begins anew."""


@dataclass(slots=True)
class Calls:
    """How many pages one round of a job may still ask for; the next one goes on by the cursors."""

    left: int

    def take(self) -> bool:
        """Whether there is one more."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True


def pause(age: timedelta) -> timedelta:
    """Until the next question of a task of this age: half its age, hourly on the first day."""
    longest = FIRST_DAY if age < timedelta(days=1) else AFTER
    return min(max(age / 2, AT_LEAST), longest)


def pause_after(failures: int) -> timedelta:
    """Until the next try after so many failures in a row: 1, 2, 4 … minutes, an hour at most."""
    doubled: int = 1 << min(max(failures - 1, 0), 10)
    return min(AT_LEAST * doubled, LONGEST_FAILURE)
