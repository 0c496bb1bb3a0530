"""What the archive hands to others: frozen values, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from archive.parties import Kind

SignalKind = Literal["optout", "complaint"]
MatchState = Literal["confirmed", "differs", "not_seen"]
Wording = Literal["script", "differs", "hand"]
AlertState = Literal["new", "claimed", "escalated", "closed"]
AlertSeverity = Literal["high", "normal", "low"]
Outcome = Literal["clear", "corrected", "reported"]


@dataclass(frozen=True, slots=True)
class Viewing:
    """Who looks, and why; every search and every view leaves it in the ledger (kind access)."""

    actor: str  # staff:<staff_id>
    unit: str = "hq"
    reason: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What a viewer may see: talks of these members and in these groups; None means all.

    ``userids`` are lower-cased WeCom ids of staff.
    """

    userids: frozenset[str] | None = None
    chat_ids: frozenset[str] | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is out of sight."""
        return self.userids is None

    @property
    def groups(self) -> frozenset[str]:
        """The groups in sight of a narrowed scope."""
        return self.chat_ids or frozenset()


@dataclass(frozen=True, slots=True)
class FindingFact:
    """One rule broken in one message. ``window``: earlier messages that it was read with."""

    rule: str
    rulebook: str
    family: str
    severity: str
    speaker: str
    spans: tuple[tuple[int, int], ...]
    window: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message, opened for somebody who may read it.

    ``text`` is what a person would read of it; ``spans`` are the places of the query in it.
    ``wording`` says whether a staff message came from an approved script (``send_id`` then
    names the send), differs from one, or was typed by hand; None: not staff, or not compared yet.
    """

    seq: int
    msgid: str
    msgtype: str
    action: str
    from_id: str
    from_kind: Kind
    to: tuple[str, ...]
    room_id: str
    talk: str
    external: bool
    sent_at: datetime
    text: str = field(repr=False)
    body: Mapping[str, object] = field(repr=False)
    spans: tuple[tuple[int, int], ...]
    findings: tuple[FindingFact, ...]
    recalled: bool
    wording: Wording | None
    send_id: str | None
    page: int


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Newest first. ``before`` continues the search; ``complete`` False: it stopped early,
    having looked back to ``looked_back_to``.
    """

    messages: tuple[FoundMessage, ...]
    before: int | None
    complete: bool
    looked_back_to: datetime | None
    view: str  # place of the ledger entry that records this search


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """A customer agreed to the archive, or took it back (msgtype agree, disagree).

    ``userid`` is the member of a single chat; in a group ``room_id`` is given instead.
    """

    external_userid: str
    userid: str | None
    room_id: str
    agreed: bool
    at: datetime
    msgid: str


@dataclass(frozen=True, slots=True)
class CustomerSignal:
    """A customer asked to be left alone, or is about to complain. The text itself stays here."""

    external_userid: str
    kind: SignalKind
    msgid: str
    text_hash: str
    at: datetime
    userid: str | None
    room_id: str
    rule: str


@dataclass(frozen=True, slots=True)
class ClaimedSend:
    """A send that a member's client says has happened.

    ``text_hash`` is ``archive.wording.text_hash`` of the rendered text.
    """

    send_id: str
    userid: str
    text_hash: str
    claimed_at: datetime
    external_userid: str | None = None
    chat_id: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What the archive says about a claimed send; ``msgid`` is the message it was compared to."""

    send_id: str
    state: MatchState
    msgid: str | None


@dataclass(frozen=True, slots=True)
class PullReport:
    """What one pull did."""

    pages: int = 0
    received: int = 0
    stored: int = 0
    repeated: int = 0
    quarantined: int = 0
    holes: int = 0
    absent: int = 0
    late: int = 0
    position: int = 0
    newest: datetime | None = None
    consents: tuple[ConsentFact, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertFact:
    """An alert as pages show it."""

    id: int
    key: str
    kind: str
    severity: AlertSeverity
    state: AlertState
    msgid: str
    seq: int
    sent_at: datetime
    messages: int
    userid: str | None
    external_userid: str | None
    room_id: str
    rules: tuple[str, ...]
    rulebook: str
    opened_at: datetime
    due_at: datetime
    claimed_by: str
    claimed_at: datetime | None
    escalated_to: str
    closed_by: str
    closed_at: datetime | None
    outcome: str
    note: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class CompletenessSheet:
    """Where every sequence number from the first to the last is (P17).

    ``unexplained`` is what is left when all the rest is taken off; it must be 0.
    """

    first_seq: int
    last_seq: int
    stored: int
    repeated: int
    quarantined: int
    absent: int
    open_holes: int
    unexplained: int
    beyond_window: int
    newest_sent_at: datetime | None
    received_at: datetime | None
    checked_at: datetime | None
    pages: int
    pages_screened: int
    rulebook: str


@dataclass(frozen=True, slots=True)
class GroupTalk:
    """How much was said in a group in a span of time."""

    chat_id: str
    messages: int
    speakers: int
    customers_speaking: int
    findings: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoppedTalk:
    """One rule that one archived message breaks and that a person has to look at."""

    msgid: str
    rule: str
    family: str
    severity: str
    rulebook: str
    speaker: str
    text: str
    spans: tuple[tuple[int, int], ...]
    userid: str | None
    external_userid: str | None
