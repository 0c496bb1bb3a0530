"""Everything the door judges by, built once by the composition and handed in."""

from dataclasses import dataclass, field

from compliance.calendar import BankCalendar
from compliance.policy import GatePolicy
from compliance.screening.splits import SplitPolicy
from compliance.wording import Reader, Screens
from config import channel_choice_policy, channel_policy, moment_policy, review_desk_policy
from config.channel_choice_policy import ChannelChoicePolicy
from config.channel_policy import ChannelPolicy
from config.moment_policy import MomentPolicy
from config.reminder_policy import MergePolicy
from config.review_desk_policy import ReviewDeskPolicy
from config.settings import BroadcastCap


@dataclass
class Desk:
    """The gate's policy, calendar and screener, the merge of a day, and the bank's own names.

    ``reader`` remembers which texts were screened already, for as long as the desk lives;
    ``broadcast_cap`` is WeCom's own; ``calendar`` is replaced when the bank's calendar changes,
    ``policy``, ``merge``, ``choice`` and ``channels`` when the bank puts another version of a
    policy in force. ``sms``: a gateway takes text messages. ``lowered``: the rules that ask for
    review now although the rulebook lets them block; the screener knows. ``review``: what the
    review desk promises and for how long its word holds. ``moments``: how many moments there may be.
    ``splits``: how far back one sender's words are read together. ``dials``: a telephone exchange
    connects calls.
    """

    policy: GatePolicy
    calendar: BankCalendar
    screener: Screens
    merge: MergePolicy
    reader: Reader
    bank_name: str
    hotline: str
    broadcast_cap: BroadcastCap
    choice: ChannelChoicePolicy
    channels: ChannelPolicy
    sms: bool
    lowered: frozenset[str] = frozenset()
    review: ReviewDeskPolicy = field(default_factory=review_desk_policy.load)
    moments: MomentPolicy = field(default_factory=moment_policy.load)
    splits: SplitPolicy = field(default_factory=SplitPolicy)
    dials: bool = False

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
        choice: ChannelChoicePolicy | None = None,
        channels: ChannelPolicy | None = None,
        sms: bool = False,
        lowered: frozenset[str] = frozenset(),
        splits: SplitPolicy | None = None,
        dials: bool = False,
    ) -> "Desk":
        """A desk with a reader of its own; channel policies that are not given are as shipped."""
        return cls(
            policy,
            calendar,
            screener,
            merge,
            Reader(policy, screener),
            bank_name,
            hotline,
            broadcast_cap,
            choice or channel_choice_policy.load(),
            channels or channel_policy.load(),
            sms,
            lowered,
            splits=splits or SplitPolicy(),
            dials=dials,
        )

    def lower(self, screener: Screens, rules: frozenset[str]) -> None:
        """Judge by ``screener``, which lowers ``rules``, from now on; what was read is read anew."""
        self.screener, self.lowered = screener, rules
        self.reader = Reader(self.policy, screener)

    def adopt(
        self,
        policy: GatePolicy,
        merge: MergePolicy,
        choice: ChannelChoicePolicy,
        channels: ChannelPolicy,
    ) -> None:
        """Judge by ``policy`` from now on; what was read by another policy is read anew."""
        self.policy, self.merge = policy, merge
        self.choice, self.channels = choice, channels
        self.reader = Reader(policy, self.screener)
