"""Everything the door judges by, built once by the composition and handed in."""

from dataclasses import dataclass

from compliance.calendar import BankCalendar
from compliance.policy import GatePolicy
from compliance.wording import Reader, Screens
from config.reminder_policy import MergePolicy
from config.settings import BroadcastCap


@dataclass
class Desk:
    """The gate's policy, calendar and screener, the merge of a day, and the bank's own names.

    ``reader`` remembers which texts were screened already, for as long as the desk lives;
    ``broadcast_cap`` is WeCom's own; ``calendar`` is replaced when the bank's calendar changes,
    ``policy`` and ``merge`` when the bank puts another version of a policy in force.
    """

    policy: GatePolicy
    calendar: BankCalendar
    screener: Screens
    merge: MergePolicy
    reader: Reader
    bank_name: str
    hotline: str = ""
    broadcast_cap: BroadcastCap = "day1"

    @classmethod
    def of(
        cls,
        *,
        policy: GatePolicy,
        calendar: BankCalendar,
        screener: Screens,
        merge: MergePolicy,
        bank_name: str,
        hotline: str = "",
        broadcast_cap: BroadcastCap = "day1",
    ) -> "Desk":
        """A desk with a reader of its own."""
        reader = Reader(policy, screener)
        return cls(policy, calendar, screener, merge, reader, bank_name, hotline, broadcast_cap)

    def adopt(self, policy: GatePolicy, merge: MergePolicy) -> None:
        """Judge by ``policy`` from now on; what was read by another policy is read anew."""
        self.policy, self.merge = policy, merge
        self.reader = Reader(policy, self.screener)
