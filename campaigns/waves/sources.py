"""A campaign's part of the day's candidates: one voice a customer a day is merged over all of them.

Each wave that is due is a source of ``delivery.candidates``; what became of it is written in the
transaction of its batch, so a day may be interrupted anywhere and is simply run again.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves import repository, waiting
from campaigns.waves.facts import CampaignFact, CampaignStatus, WaveFact
from campaigns.waves.rules import key
from campaigns.waves.waiting import Due
from compliance.facts import Channel, Purpose
from config.campaign_policy import CampaignPolicy
from content_library import repository as scripts_of
from content_library.facts import ApprovedScript
from crm_sync.repository.people import people
from delivery import candidates, halting
from delivery.candidates import Source
from delivery.intents import Intent, Outcome, Submission
from delivery.words_now import good
from kit import log
from kit.clock import bank_moment
from kit.db import Database

TRIGGER: Final = "campaign"
PRIORITY: Final = 60
PAGE: Final = candidates.BATCH
"""A page is a batch: what became of it is written as a whole."""

_log = log.get(__name__)


async def due(
    database: Database, *, day: date, at: datetime, policy: CampaignPolicy
) -> list["WaveSource"]:
    """What running campaigns have to say on ``day``, as far as it was not planned yet."""
    found: list[WaveSource] = []
    async with database.reading() as session:
        running = [
            one
            for one in await repository.due(session, day)
            if one.state == CampaignStatus.RUNNING and one.ends_on >= day
        ]
        waves = [(one, w) for one in running for w in one.waves if w.on <= day and w.ran_on != day]
        scripts = await scripts_of.by_version(session, {w.script_version_id for _, w in waves})
    for one, wave in waves:
        script = scripts.get(wave.script_version_id)
        if script is None or not good(script, at):
            _log.warning("campaigns.words_gone", campaign=one.campaign_id, wave=wave.number)
            continue
        found.append(WaveSource(database, one, wave, script, day, at, policy))
    return found


class WaveSource:
    """The candidates of one wave on one day."""

    def __init__(
        self,
        database: Database,
        one: CampaignFact,
        wave: WaveFact,
        script: ApprovedScript,
        day: date,
        at: datetime,
        policy: CampaignPolicy,
    ) -> None:
        self.one = one
        self.wave = wave
        self._database = database
        self._script = script
        self._day = day
        self._policy = policy
        self._goes_at = max(at, bank_moment(day, policy.time.broadcast_at))
        self._until = bank_moment(day, policy.time.until)
        self._due: dict[int, Due] = {}

    def source(self) -> Source:
        """As the day's merge takes it."""
        return Source(TRIGGER, self._script.purpose, PRIORITY, self.pages, self.kept)

    async def pages(self) -> AsyncIterator[Sequence[Intent]]:
        """Intents a page at a time; none once the campaign is stopped."""
        if self.wave.channel == "todo":
            async with self._database.reading() as session:
                every = await waiting.todos(
                    session, self.one, self.wave, today=self._day, policy=self._policy.waves
                )
            for start in range(0, len(every), PAGE):
                yield await self._intents(every[start : start + PAGE])
            return
        after = 0
        while True:
            async with self._database.reading() as session:
                page = await waiting.page(
                    session, self.one, self.wave, today=self._day, policy=self._policy.waves,
                    after=after, limit=PAGE,
                )  # fmt: skip
                stopped = await halting.halted(session, {self.one.name})
            if not page or stopped:
                return
            after = page[-1].customer_id
            yield await self._intents(page)

    async def _intents(self, page: Sequence[Due]) -> list[Intent]:
        """Of those who are still with the bank."""
        async with self._database.reading() as session:
            near = await people(session, [one.customer_id for one in page])
        self._due = {one.customer_id: one for one in page}
        one, wave, script = self.one, self.wave, self._script
        channel = Channel(wave.channel)
        return [
            Intent(
                key=key(one.campaign_id, wave.number, wave.revision, number, self._day),
                trigger=TRIGGER,
                channel=channel,
                purpose=Purpose(script.purpose),
                customer=near[number][0],
                reach=near[number][1],
                script_version_id=script.version_id,
                fields={},
                title=one.title,
                why=f"营销活动“{one.title}”第 {wave.number} 波",
                due_on=self._day,
                expires_at=self._until,
                priority=PRIORITY,
                detail={"campaign": one.name, "wave": str(wave.number)},
                campaign=one.name,
                goes_at=self._goes_at if channel is Channel.BROADCAST else None,
            )
            for number in self._due
            if number in near
        ]

    async def kept(
        self, session: AsyncSession, intents: Sequence[Intent], done: Sequence[Submission]
    ) -> None:
        """Write what became of a batch; whoever left the bank since the draw is nobody's to reach."""
        became = {
            intent.customer.customer_id: submission
            for intent, submission in zip(intents, done, strict=True)
        }
        rows = [self._row(due, became.get(number)) for number, due in self._due.items()]
        await waiting.keep(session, rows)

    def _row(self, due: Due, done: Submission | None) -> dict[str, Any]:
        return {
            "campaign_id": self.one.campaign_id, "wave": self.wave.number,
            "customer_id": due.customer_id, "unit_id": due.unit_id, "staff_id": due.staff_id,
            "planned_on": self._day, "revision": self.wave.revision, "tries": due.tries + 1,
            **_told(done),
        }  # fmt: skip


def _told(done: Submission | None) -> Mapping[str, str]:
    if done is None:
        return {"outcome": Outcome.UNREACHABLE.value, "reasons": ""}
    outcome = Outcome.QUEUED if done.outcome is Outcome.REPEATED else done.outcome
    return {
        "outcome": outcome.value,
        "reasons": ",".join(done.objections or ((done.detail,) if done.detail else ()))[:400],
    }
