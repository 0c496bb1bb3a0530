"""Plans a bank day: selects in SQL, makes intents in pages, submits them to the door in batches.

Triggers go in the order of their purpose and priority, so what is more urgent takes a customer's
quota first. Every page is one transaction; a run that stops half-way is simply run again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from config.reminder_policy import OF_HOLDINGS, OF_PRODUCTS, ReminderPolicy, Step, Trigger
from content_library import repository as scripts_of
from content_library.facts import ApprovedScript
from crm_sync import selection
from crm_sync.facts import Due
from delivery import broadcasts, merging
from delivery.candidates import Source, submit_day
from delivery.desk import Desk
from delivery.intents import Intent, Outcome, Submission
from delivery.repository import plans
from kit import ledger, log
from kit.clock import bank_moment
from kit.collecting import seldom
from kit.db import Database
from reminders import alerts, offers, rules, selecting, turns
from reminders.report import PlanReport

BY = "system:planner"
ABREAST: Final = 2
"""Transactions of a plan side by side: one is judged while PostgreSQL writes the other."""

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class PersonaSlot:
    """What the content calendar gives one persona on one day."""

    persona: str | None  # None: everybody
    script_code: str
    why: str


ContentCalendar = Callable[[date], Sequence[PersonaSlot]]
"""What is due on a day; handed in by the composition from the content library."""


async def plan_day(
    database: Database,
    *,
    day: date,
    at: datetime,
    policy: ReminderPolicy,
    desk: Desk,
    content: ContentCalendar,
    others: Sequence[Source] = (),
    edges: Sequence[int] = (),
    by: str = BY,
    dry_run: bool = False,
) -> PlanReport:
    """Plan every trigger for ``day``; running it again writes nothing.

    A run is kept from its first new decision on, and the first one of a day in any case.

    ``at`` is the present moment. ``others``: the candidates of other features for the same day,
    merged with the triggers'. ``edges``: where the tiers above the lowest begin, in 分. With ``dry_run`` all is judged and nothing is kept.
    """
    report = PlanReport(day)
    as_of = bank_moment(day, policy.announce.planning_at)
    plan = _Plan(database, day, at, as_of, policy, desk, content, others, edges, by, report)
    with seldom():
        if dry_run:
            async with database.rehearsal() as session:
                await merging.whole_day(session, day)
                await plan.run(_always(session))
            return report
        await plan.run(database.transaction, abreast=1 if database.is_sqlite else ABREAST)
    async with database.transaction() as session:
        report.broadcasts = await broadcasts.close(
            session, day, at=at, due_at=plan.opens_at(), expires_at=plan.expires_at(),
            campaigns=False,
        )  # fmt: skip
        await plan.finish(session)
    _log.info("reminders.planned", day=day.isoformat(), planned=report.as_json()["planned"])
    return report


def _always(session: AsyncSession) -> Callable[[], AbstractAsyncContextManager[AsyncSession]]:
    class _Same(AbstractAsyncContextManager[AsyncSession]):
        async def __aenter__(self) -> AsyncSession:
            return session

        async def __aexit__(self, *_: object) -> None:
            return None

    return _Same


class _Plan:
    """One run: the day's facts in, submissions out, counted in the report."""

    def __init__(
        self,
        database: Database,
        day: date,
        at: datetime,
        as_of: datetime,
        policy: ReminderPolicy,
        desk: Desk,
        content: ContentCalendar,
        others: Sequence[Source],
        edges: Sequence[int],
        by: str,
        report: PlanReport,
    ) -> None:
        self._database = database
        self._day = day
        self._at = at
        self._as_of = as_of
        self._policy = policy
        self._desk = desk
        self._content = content
        self._others = others
        self._edges = edges
        self._by = by
        self._report = report
        self._run_id: int | None = None
        self._beginning = asyncio.Lock()

    def expires_at(self) -> datetime:
        """When the day's to-dos and tasks end."""
        return bank_moment(self._day, self._policy.announce.expires_at)

    def opens_at(self) -> datetime:
        """When WeCom may be asked to make the day's tasks."""
        return max(self._at, bank_moment(self._day, self._policy.announce.broadcast_at))

    async def run(
        self, opened: Callable[[], AbstractAsyncContextManager[AsyncSession]], *, abreast: int = 1
    ) -> None:
        """Submit the candidates of every trigger and every other feature."""
        await submit_day(
            opened,
            [*map(self._source, self._policy.trigger), *self._others],
            at=self._at,
            as_of=self._as_of,
            desk=self._desk,
            by=self._by,
            told=self._told,
            kept=self._begin,
            abreast=abreast,
        )

    async def _begin(
        self, session: AsyncSession, _: Sequence[Intent], done: Sequence[Submission]
    ) -> None:
        """The first batch of which anything is new makes this a run that is kept."""
        if all(one.again for one in done):
            return
        async with self._beginning:
            if self._run_id is None:
                self._run_id = await plans.begin(session, day=self._day, by=self._by, at=self._at)

    async def finish(self, session: AsyncSession) -> None:
        """Keep what was decided, with its entry; nothing where all of it was decided before."""
        counts = self._report.as_json()
        if self._run_id is None:
            if self._report.broadcasts == 0 and await plans.finished(session, self._day):
                return
            self._run_id = await plans.begin(session, day=self._day, by=self._by, at=self._at)
        await plans.finish(session, self._run_id, counts=counts, at=self._at)
        entry = ledger.Entry(
            kind="plan",
            act="day.planned",
            actor=self._by,
            object=f"run:{self._run_id}",
            reason=self._day.isoformat(),
            payload=counts,
        )
        await ledger.append(session, [entry], at=self._at)

    def _source(self, trigger: Trigger) -> Source:
        return Source(
            trigger.name, trigger.purpose, trigger.priority, lambda: self._intents(trigger)
        )

    def _told(self, name: str, intent: Intent, done: Submission) -> None:
        channel = done.way or intent.channel.value
        self._report.outcomes[name, channel, done.outcome.value] += 1
        if done.outcome is Outcome.OUTRANKED:
            self._report.reasons[name, f"outranked:{done.detail.partition(':')[0]}"] += 1
            return
        for reason in done.objections or ((done.detail,) if done.detail else ()):
            self._report.reasons[name, reason] += 1

    async def _intents(self, trigger: Trigger) -> AsyncIterator[list[Intent]]:
        """The trigger's intents of the day, a page of facts at a time."""
        if trigger.select == "personas":
            async for page in self._persona_pages(trigger):
                yield page
            return
        if trigger.select in OF_PRODUCTS:
            async for page in self._alert_pages(trigger):
                yield page
            return
        if trigger.select == "offers":
            async for page in self._offer_pages(trigger):
                yield page
            return
        if trigger.select not in (*OF_HOLDINGS, "birthdays"):
            async for page in self._turn_pages(trigger):
                yield page
            return
        for step, on in self._watched(trigger):
            async with self._database.reading() as session:
                scripts = await scripts_of.approved(session, step.scene, self._as_of)
                if trigger.select == "birthdays":
                    async for people in selection.birthdays(session, on=on):
                        yield self._birthdays(trigger, step, people, scripts)
                    continue
                async for dues in self._dues(session, trigger, on):
                    yield self._due_intents(trigger, step, on, dues, scripts)

    def _watched(self, trigger: Trigger) -> list[tuple[Step, date]]:
        return rules.watched_days(trigger, self._day, self._desk.calendar.is_working)

    async def _dues(
        self, session: AsyncSession, trigger: Trigger, on: date
    ) -> AsyncIterator[list[Due]]:
        if trigger.select == "holdings":
            async for page in selection.maturing(session, on=[on], kinds=trigger.kinds):
                yield page
        else:
            chosen = {
                "instalments": selection.instalments,
                "premiums": selection.premiums,
                "open_days": selection.opening_soon,
            }[trigger.select]
            async for pairs in chosen(session, on=[on]):
                yield [due for due, _ in pairs]

    async def _turn_pages(self, trigger: Trigger) -> AsyncIterator[list[Intent]]:
        for step, on in self._watched(trigger):
            async with self._database.reading() as session:
                scripts = {
                    scene: await scripts_of.approved(session, scene, self._as_of)
                    for scene in turns.scenes_of(trigger, step)
                }
                async for found in selecting.turns(
                    session,
                    trigger,
                    on,
                    edges=self._edges,
                    market=self._policy.market_event,
                ):
                    made = [
                        turns.turn_intent(
                            turn,
                            trigger=trigger,
                            step=step,
                            today=self._day,
                            expires_at=self.expires_at(),
                            scripts=scripts,
                        )
                        for turn in found
                    ]
                    yield self._with_words(made, step)

    async def _offer_pages(self, trigger: Trigger) -> AsyncIterator[list[Intent]]:
        for step, on in self._watched(trigger):
            async with self._database.reading() as session:
                scripts = await scripts_of.approved(session, step.scene, self._as_of)
                async for found in offers.of_day(session, trigger, on, today=self._day):
                    made = [
                        offers.offer_intent(
                            offer,
                            trigger=trigger,
                            step=step,
                            today=self._day,
                            expires_at=self.expires_at(),
                            scripts=scripts,
                        )
                        for offer in found
                    ]
                    yield self._with_words(made, step)

    async def _alert_pages(self, trigger: Trigger) -> AsyncIterator[list[Intent]]:
        for step in trigger.step:
            async with self._database.reading() as session:
                scripts = await scripts_of.approved(session, step.scene, self._as_of)
                async for alert, dues in alerts.of_day(session, trigger, self._day):
                    made = [
                        alerts.alert_intent(
                            due,
                            alert,
                            trigger=trigger,
                            today=self._day,
                            expires_at=self.expires_at(),
                            scripts=scripts,
                        )
                        for due in dues
                    ]
                    yield self._with_words(made, step)

    def _with_words(self, made: Sequence[Intent | None], step: Step) -> list[Intent]:
        """Those that found a script; the others are counted."""
        kept = [one for one in made if one is not None]
        if len(kept) < len(made):
            self._report.without_script[step.scene] += len(made) - len(kept)
        return kept

    def _due_intents(
        self,
        trigger: Trigger,
        step: Step,
        on: date,
        dues: Sequence[Due],
        scripts: Sequence[ApprovedScript],
    ) -> list[Intent]:
        expires_at = self.expires_at()
        if step.action == "care":
            expires_at += timedelta(days=max(step.days_left - 7, 1))
        made = [
            rules.due_intent(
                due,
                trigger=trigger,
                step=step,
                on=on,
                today=self._day,
                expires_at=expires_at,
                scripts=scripts,
            )
            for due in dues
        ]
        return self._with_words(made, step)

    def _birthdays(
        self,
        trigger: Trigger,
        step: Step,
        people: Sequence[selection.Person],
        scripts: Sequence[ApprovedScript],
    ) -> list[Intent]:
        made = [
            rules.birthday_intent(
                customer,
                reach,
                trigger=trigger,
                step=step,
                today=self._day,
                expires_at=self.expires_at(),
                scripts=scripts,
            )
            for customer, reach in people
        ]
        return self._with_words(made, step)

    async def _persona_pages(self, trigger: Trigger) -> AsyncIterator[list[Intent]]:
        slots = self._content(self._day)
        async with self._database.reading() as session:
            codes = {slot.script_code for slot in slots}
            scripts = await scripts_of.approved_by_code(session, codes, self._as_of)
            for slot in slots:
                script = scripts.get(slot.script_code)
                if script is None:
                    self._report.without_script[slot.script_code] += 1
                    continue
                chosen = (
                    selection.reached_customers(session)
                    if slot.persona is None
                    else selection.persona_members(session, slot.persona)
                )
                async for people in chosen:
                    yield [
                        rules.persona_intent(
                            customer,
                            reach,
                            trigger=trigger,
                            persona=slot.persona or "everybody",
                            why=slot.why,
                            script=script,
                            today=self._day,
                            goes_at=bank_moment(self._day, self._policy.announce.broadcast_at),
                            expires_at=self.expires_at(),
                        )
                        for customer, reach in people
                        if slot.persona is None or customer.personas[:1] == (slot.persona,)
                    ]
