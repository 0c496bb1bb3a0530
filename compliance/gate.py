"""The gate: every reason against a message, all at once, from facts and a moment. Pure.

The same function judges planned sends, broadcasts, moments, welcome texts, group posts and
sidebar tickets. A group's verdict is that of its worst member.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from compliance import suitability
from compliance.approval import audience_objections, sender_objections, version_objections
from compliance.calendar import BankCalendar
from compliance.caps import cap_objections
from compliance.facts import Channel, DecisionRow, Draft, Purpose, Recipient
from compliance.objections import Objection
from compliance.policy import GatePolicy
from compliance.standing import standing_objections
from compliance.windows import is_open
from compliance.wording import Reader, Screened, Screens
from kit.clock import bank_clock, bank_date

_ORDER = {objection: number for number, objection in enumerate(Objection)}


class Decision(Struct, frozen=True):
    """What the gate said of one draft. ``details`` name what was found, by objection."""

    key: str
    objections: tuple[Objection, ...]
    screened: Screened | None
    details: Mapping[Objection, str] = {}

    @property
    def verdict(self) -> str:
        """``pass`` or ``block``."""
        return "block" if self.objections else "pass"


def objections(
    draft: Draft,
    *,
    at: datetime,
    policy: GatePolicy,
    calendar: BankCalendar,
    screener: Screens,
) -> tuple[Objection, ...]:
    """Every rule the draft breaks, in the order of ``Objection``. Empty means: may go."""
    [decision] = judge([draft], at=at, policy=policy, calendar=calendar, screener=screener)
    return decision.objections


def judge(
    drafts: Iterable[Draft],
    *,
    at: datetime,
    policy: GatePolicy,
    calendar: BankCalendar,
    screener: Screens,
) -> list[Decision]:
    """Judge a batch; a text that occurs often is read once. One decision a draft, in order."""
    court = Court(at=at, policy=policy, calendar=calendar, screener=screener)
    return [court.decide(draft) for draft in drafts]


class Court:
    """The gate at one moment, for callers that judge a day page by page and keep what was read."""

    def __init__(
        self,
        *,
        at: datetime,
        policy: GatePolicy,
        calendar: BankCalendar,
        screener: Screens,
        reader: Reader | None = None,
    ) -> None:
        """``reader`` carries over what an earlier court of the same policy has read."""
        self._policy = policy
        self._today = bank_date(at)
        self._quiet = calendar.quiet(self._today)
        self._timed = frozenset(Channel(name) for name in policy.outreach.windows.channels)
        day, clock = calendar.day(self._today), bank_clock(at)
        self._open = {
            (purpose, elder): is_open(day, clock, purpose, elder=elder, policy=policy)
            for purpose in Purpose
            for elder in (False, True)
        }
        self._reader = reader or Reader(policy, screener)

    @property
    def screenings(self) -> int:
        """How many texts were screened so far."""
        return self._reader.screenings

    def decide(self, draft: Draft) -> Decision:
        """Everything that speaks against one draft."""
        reading = self._reader.read(draft.words, draft.channel, self._today)
        found = set(reading.objections)
        details = dict(reading.details)
        if draft.channel is not Channel.STAFF_NOTE:
            self._judge_words(draft, found, details)
            self._judge_recipients(draft, found, details)
        ordered = tuple(sorted(found, key=_ORDER.__getitem__)) if found else ()
        return Decision(draft.key, ordered, reading.screened, details)

    def _judge_words(
        self, draft: Draft, found: set[Objection], details: dict[Objection, str]
    ) -> None:
        words = draft.words
        found.update(version_objections(words, self._today))
        found.update(sender_objections(draft.sender, words))
        found.update(suitability.product_objections(words, draft.channel, self._policy.suitability))
        if self._quiet is not None and words.purpose is Purpose.MARKETING and not draft.solicited:
            found.add(Objection.QUIET_DAY)
            details[Objection.QUIET_DAY] = self._quiet

    def _judge_recipients(
        self, draft: Draft, found: set[Objection], details: dict[Objection, str]
    ) -> None:
        if not draft.recipients:
            found.add(Objection.RECIPIENTS_UNKNOWN)
            return
        sets = suitability.judging_sets(draft.words, self._policy.suitability)
        unsuited: dict[Objection, dict[str, str]] = {}
        for recipient in draft.recipients:
            for one in sets:
                for objection, said in suitability.recipient_objections(
                    recipient, draft.words, self._today, one
                ):
                    unsuited.setdefault(objection, {}).setdefault(one.source.title, said)
            self._judge_recipient(recipient, draft, found)
        for objection, said_by in unsuited.items():
            found.add(objection)
            details[objection] = (
                "；".join(said_by.values())
                if len(draft.recipients) == 1
                else "、".join(said_by) + "：按群里最低的一位算"
            )

    def _judge_recipient(self, recipient: Recipient, draft: Draft, found: set[Objection]) -> None:
        words, channel, policy = draft.words, draft.channel, self._policy
        found.update(audience_objections(recipient, words))
        found.update(
            standing_objections(
                recipient,
                words,
                channel,
                self._today,
                policy.outreach,
                solicited=draft.solicited,
            )
        )
        if draft.solicited:
            return
        elder = policy.is_elder(recipient.age, recipient.personas)
        if channel in self._timed and not self._open[words.purpose, elder]:
            found.add(Objection.OUT_OF_HOURS)
        if draft.counts is not None:
            found.update(cap_objections(draft.counts, channel, words.purpose, policy, elder=elder))


def decision_rows(
    drafts: Sequence[Draft], decisions: Sequence[Decision], *, rulebook: str
) -> list[DecisionRow]:
    """The rows for ``repository.record_decisions``; texts by their SHA-256, objections by code."""
    return [
        DecisionRow(
            key=draft.key,
            customer_id=draft.recipients[0].customer_id if len(draft.recipients) == 1 else None,
            channel=draft.channel.value,
            purpose=draft.words.purpose.value,
            script=f"{draft.words.script_code}/{draft.words.version}",
            verdict=decision.verdict,
            objections=tuple(objection.code for objection in decision.objections),
            text_hash=text_hash(draft.words.text),
            rulebook=decision.screened.rulebook if decision.screened else rulebook,
            details={objection.code: said for objection, said in decision.details.items()},
        )
        for draft, decision in zip(drafts, decisions, strict=True)
    ]


def text_hash(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
