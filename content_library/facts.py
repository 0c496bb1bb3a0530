"""Items of the four libraries as others may know them: what may be said, and who agreed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Library(StrEnum):
    """The four libraries. Every item lives by the same steps, whichever it stands in."""

    SCRIPT = "script"  # 话术: words, with fields
    ARTICLE = "article"  # 资讯: a page of its own, reached by a link card
    MEDIA = "media"  # 素材: a picture, video, file or card with the words on it written down
    PRODUCT = "product"  # 产品: a product on the on-sale list, with its approved card text


class State(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"  # -> submitted by its author; edits stay here
    SUBMITTED = "submitted"  # (checked, where two levels decide) -> approved | rejected | draft (sent back, or edited)
    APPROVED = "approved"  # -> retired
    REJECTED = "rejected"  # the end; a new version may be drafted
    RETIRED = "retired"  # the end; nobody can send it from this moment on


class Form(StrEnum):
    """For what kind of place the words are written."""

    SINGLE = "single"  # one customer, from the sidebar or a to-do
    BROADCAST = "broadcast"  # one text for many
    GROUP = "group"  # a post into a customer group
    MOMENT = "moment"  # 朋友圈, at most 90 characters
    WELCOME = "welcome"  # the first words after being added
    PAGE = "page"  # an article, read behind a link
    ATTACHMENT = "attachment"  # a material, sent beside words


PUBLIC_FORMS = frozenset({Form.BROADCAST, Form.GROUP, Form.MOMENT})
"""One text is read by many: no personal field may stand in it."""

PURPOSES = ("service", "care", "marketing")
KINDS = ("deposit", "wealth", "fund", "insurance", "metal", "loan", "card")


@dataclass(frozen=True, slots=True)
class ScriptDraft:
    """An item as an author writes it. ``product_code`` empty: any product of the kind.

    ``detail`` holds, as JSON, what only one library knows; ``timing`` names of ``timing.WHEN``.
    """

    code: str
    title: str
    scene: str
    purpose: str
    template: str
    form: str = Form.SINGLE
    persona: str | None = None
    product_kind: str | None = None
    product_code: str | None = None
    tiers: frozenset[str] = frozenset()
    personas: frozenset[str] = frozenset()
    licence: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    library: str = Library.SCRIPT
    timing: frozenset[str] = frozenset()
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApprovedScript:
    """A version with all that the gate and a renderer need.

    ``template_hash`` is computed from the stored version at the moment of reading;
    ``approved_hash`` is what the approver signed. ``state`` is ``approved`` unless it was
    fetched by its id, when it may be retired or anything else.
    """

    code: str
    version_id: int
    version: int
    title: str
    purpose: str
    scene: str
    persona: str | None
    template: str
    template_hash: str
    valid_from: date | None
    valid_until: date | None
    product_kind: str | None
    product_code: str | None
    tiers: frozenset[str]
    personas: frozenset[str]
    licence: str | None
    form: str
    personal_fields: bool
    fields: tuple[str, ...]
    state: str = State.APPROVED
    approved_hash: str | None = None
    accepted_rules: frozenset[str] = frozenset()
    staff_fields: bool = False
    library: str = Library.SCRIPT
    timing: frozenset[str] = frozenset()
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One automatic check of a version: ``level`` ok | note | warn | block.

    ``rule`` names a screening rule; ``start``/``end`` point into the sample that was read.
    """

    check: str
    level: str
    saying: str
    rule: str = ""
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of two templates: ``kind`` keep | del | ins."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class StepFact:
    """One step in the life of a version, for the approval chain."""

    act: str
    by: str
    at: datetime
    saying: str
    template_hash: str


@dataclass(frozen=True, slots=True)
class VersionFact:
    """A version as the library and the review pages show it."""

    script: ApprovedScript
    author: str
    created_at: datetime
    submitted_by: str | None = None
    submitted_at: datetime | None = None
    submit_reason: str = ""
    checked_by: str | None = None
    checked_at: datetime | None = None
    check_opinion: str = ""
    decided_by: str | None = None
    decided_at: datetime | None = None
    opinion: str = ""
    retired_at: datetime | None = None
    retire_reason: str = ""
    sample: str = ""
    findings: tuple[Finding, ...] = ()
    steps: tuple[StepFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A part of an article: ``kind`` heading | text | item | quote | picture.

    ``text`` is plain text, never markup; of a picture it says what is seen, ``material`` is
    the code of the picture in the material library.
    """

    kind: str
    text: str
    material: str = ""


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """An article (资讯) as its page shows it: approved, and the very words that were approved."""

    code: str
    version_id: int
    version: int
    title: str
    summary: str
    publisher: str
    source: str
    source_url: str
    published_on: date | None
    cover: str
    blocks: tuple[Block, ...]
    purpose: str
    topic: str
    forms: frozenset[str]
    personas: frozenset[str]
    tiers: frozenset[str]
    timing: frozenset[str]
    licence: str | None
    product_kind: str | None
    product_code: str | None
    valid_from: date | None
    valid_until: date | None
    template_hash: str


@dataclass(frozen=True, slots=True)
class LandedRow:
    """What became of one row of a file: ``outcome`` submitted | unchanged | refused.

    ``number`` is its place in the file as people count it; a refused row says why, with the
    code of the error.
    """

    number: int
    code: str
    outcome: str
    saying: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Landed:
    """What an import of items did, row by row."""

    rows: tuple[LandedRow, ...] = ()

    def _codes(self, outcome: str) -> tuple[str, ...]:
        return tuple(row.code for row in self.rows if row.outcome == outcome)

    @property
    def submitted(self) -> tuple[str, ...]:
        """The codes that wait for a second person."""
        return self._codes("submitted")

    @property
    def unchanged(self) -> tuple[str, ...]:
        """The codes that say what their newest version says."""
        return self._codes("unchanged")

    @property
    def refused(self) -> Mapping[str, str]:
        """Why rows were not taken, by code, or by their place where they have none."""
        return {
            row.code or f"第 {row.number} 行": row.saying
            for row in self.rows
            if row.outcome == "refused"
        }
