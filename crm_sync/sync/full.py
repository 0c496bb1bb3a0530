"""The whole reading of WeCom: members, tags, contacts, then who is whom. Run twice, it mends twice.

The first run lands what a corp already has; the nightly run finds what callbacks lost. Both are
this function, resumable after a kill, with one summary entry in the ledger.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import anyio
from sqlalchemy.ext.asyncio import AsyncSession

from config.persona_policy import PersonaPolicy
from crm_sync.binding import BindingOutcome, bind_new
from crm_sync.sync.contacts import sync_contacts
from crm_sync.sync.leavers import UnderWay, sync_leavers
from crm_sync.sync.members import MembersReport, relations_of_others, sync_members
from crm_sync.sync.progress import Pause, Progress, resume_or_start
from crm_sync.sync.tags import TagsReport, sync_tags
from kit.db import Database
from kit.ledger import Entry, append
from wecom.client import Caller

Part = Literal["members", "tags", "contacts", "binding"]
PARTS: Final[tuple[Part, ...]] = ("members", "tags", "contacts", "binding")
BINDINGS_A_COMMIT: Final = 2_000
_DIFFERENCES: Final = (
    "relations_new",
    "relations_changed",
    "relations_resumed",
    "ended",
    "contacts_changed",
    "leavers_missing",
    "leavers_ended",
)
_OF_OTHERS: Final = ("created", "changed", "dismissed")

Tell = Callable[[AsyncSession, Sequence[BindingOutcome]], Awaitable[None]]
"""Told of judgements that ask for a person (conflicts, owner mismatches), in their transaction."""

Other = Callable[[Database, Caller, datetime], Awaitable[Mapping[str, int]]]
"""A part of another package (groups): reads and lands, returns its counts."""


@dataclass(slots=True)
class SyncReport:
    """What a run found and mended. ``started_at`` is the moment whose truth was landed."""

    started_at: datetime
    resumed: bool = False
    members: MembersReport | None = None
    tags: TagsReport | None = None
    contacts: Counter[str] = field(default_factory=Counter)
    bindings: Counter[str] = field(default_factory=Counter)
    others: dict[str, dict[str, int]] = field(default_factory=dict)
    unreachable: dict[str, int] = field(default_factory=dict)
    """Live relations by userid of members of whose contacts WeCom says nothing; left as they are."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Contacts of leavers whom nobody has taken over yet, by the leaver's userid."""

    @property
    def mended(self) -> dict[str, int]:
        """How many things of each kind stood otherwise here than in WeCom, and were mended."""
        found = {name: self.contacts[name] for name in _DIFFERENCES if self.contacts[name]}
        for part, counts in self.others.items():
            found |= {f"{part}_{name}": counts[name] for name in _OF_OTHERS if counts.get(name)}
        return found

    @property
    def differences(self) -> int:
        """How many relations, contacts and groups stood otherwise here, and were mended."""
        return sum(self.mended.values())

    @property
    def withheld(self) -> int:
        """Relations that would have ended all at once; they wait for a person's word."""
        return self.contacts["withheld"] + self.contacts["leavers_withheld"]

    def as_counts(self) -> dict[str, int]:
        """Every count by name, for a ledger entry, a command or a metric."""
        counts = {f"contacts.{name}": count for name, count in self.contacts.items()}
        counts |= {f"binding.{name}": count for name, count in self.bindings.items()}
        if self.members is not None:
            counts |= {
                "members.following": len(self.members.following),
                "members.unknown": len(self.members.unknown),
                "members.unseen": len(self.members.unseen),
            }
        if self.tags is not None:
            counts |= {
                "tags.total": self.tags.total,
                "tags.new": len(self.tags.new),
                "tags.removed": len(self.tags.removed),
            }
        for part, found in self.others.items():
            counts |= {f"{part}.{name}": count for name, count in found.items()}
        counts["members.unreachable"] = len(self.unreachable)
        counts["members.left"] = len(self.waiting)
        return dict(sorted(counts.items()))


async def full_sync(
    database: Database,
    wecom: Caller,
    at: datetime,
    *,
    policy: PersonaPolicy,
    parts: Sequence[Part] = PARTS,
    others: Mapping[str, Other] | None = None,
    tell: Tell | None = None,
    under_way: UnderWay | None = None,
    accept_drops: bool = False,
    progress: Callable[[SyncReport], None] | None = None,
    pause: Pause = anyio.sleep,
) -> SyncReport:
    """Bring our picture in line with WeCom; the same call is the nightly reconcile.

    A run that was killed within a day is resumed, with its own ``started_at``. Raises what WeCom
    said (``wecom.errors``) when it does not answer; what was landed until then stays.
    """
    run = Progress("contacts", at)
    if "contacts" in parts:
        run = await resume_or_start(database, "contacts", at)
    report = SyncReport(run.started_at, resumed=run.resumed)
    show = progress or (lambda _: None)
    if "members" in parts or "contacts" in parts:
        report.members = await sync_members(database, wecom, at)
        show(report)
    if "tags" in parts:
        report.tags = await sync_tags(database, wecom, policy, at)
        show(report)
    if "contacts" in parts and report.members is not None:
        following = report.members.following
        try:
            await sync_contacts(
                database, wecom, run, following, accept_drops=accept_drops, pause=pause
            )
        finally:
            report.contacts = run.counts
        async with database.reading() as session:
            unseen = await relations_of_others(session, following)
        left = await sync_leavers(
            database,
            wecom,
            unseen,
            run.started_at,
            under_way=under_way,
            accept_drops=accept_drops,
            pause=pause,
        )
        report.contacts.update(left.counts)
        report.unreachable, report.waiting = left.hidden, left.waiting
        show(report)
    for name, other in (others or {}).items():
        report.others[name] = dict(await other(database, wecom, run.started_at))
        show(report)
    if "binding" in parts:
        await bind_all(database, at, report, tell)
        show(report)
    await _finish(database, run, report, parts, at)
    return report


async def bind_all(
    database: Database, at: datetime, report: SyncReport, tell: Tell | None = None
) -> None:
    """Judge every contact, a page a transaction; what needs a person is told in it."""
    after: str | None = ""
    while after is not None:
        async with database.transaction() as session:
            page = await bind_new(session, at, after=after, limit=BINDINGS_A_COMMIT)
            for_a_person = [
                one for one in page.outcomes if one.state == "conflict" or one.owner_mismatch
            ]
            if tell is not None and for_a_person:
                await tell(session, for_a_person)
        report.bindings["judged"] += page.judged
        for outcome in page.outcomes:
            report.bindings[outcome.state] += 1
            report.bindings["owner_mismatch"] += outcome.owner_mismatch
        after = page.last


async def _finish(
    database: Database, run: Progress, report: SyncReport, parts: Sequence[Part], at: datetime
) -> None:
    async with database.transaction() as session:
        if "contacts" in parts:
            await run.save(session, finished_at=at)
        entry = Entry(
            kind="contact",
            act="wecom.synced",
            actor="system:sync",
            object=f"run:{run.started_at:%Y%m%dT%H%M%SZ}",
            reason="、".join(parts),
            payload=report.as_counts() | {"differences": report.differences},
        )
        await append(session, [entry], at=at)
