"""The demo's turns of life: a file of dated events, and one that 李敏 wrote down beside the chat.

So every trigger of events has somebody today: a move and a school, a wedding a month ahead, an
anniversary, a new card, money that comes, money that left three times. Two have insurance: a
premium due in a month, a policy that ends in a month. Who moved house wants no messages and is
called: a tap has the simulated exchange ring.
"""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from crm_sync import channel_words, life_events
from crm_sync.channel_words import Word
from crm_sync.facts import CustomerFact
from crm_sync.repository import listing
from reminders.rules import watched_days
from reminders.turns import turns_of_life
from wiring.importing import bring
from wiring.parts import Parts

HEADER: Final = ("event_no", "customer_no", "kind", "on", "amount_yuan", "note")
CONSENTS: Final = ("customer_no", "purpose", "given", "source", "at")
INSURED: Final = (
    "holding_no", "customer_no", "kind", "product_name", "amount_yuan", "opened_on", "matures_on",
    "due_day", "instalment_yuan",
)  # fmt: skip
MANAGER: Final = "003127"
BRANCH: Final = "01"
PINNED: Final = 5
"""The customers of the guided tour, whose days stay as they are."""
WANTED: Final = 12


async def journey_day(parts: Parts, files: Path, at: datetime, today: date) -> int:
    """Bring the file in and write one turn down; returns how many events there are."""
    people = await _people(parts)
    if not people:
        return 0
    rows = list(_rows(people, today, _money_in(parts, today)))
    insured = list(_insured(people, today))
    agreed = [
        (one.customer_no, "care", 1, "网点签署", f"{today - timedelta(days=2)} 15:00:00")
        for one in people
    ]
    for kind, lines in (
        ("consents", [CONSENTS, *agreed]),
        ("events", [HEADER, *rows]),
        ("holdings", [INSURED, *insured]),
    ):
        path = files / f"journey-{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
        await bring(parts, kind, path, partial=True, by="system:demo", at=at)
    async with parts.databases.bank.transaction() as session:
        await life_events.note(
            session, people[-1], what="生子", on=today + timedelta(days=5),
            known=turns_of_life(parts.reminders), by=f"staff:{MANAGER}", at=at,
        )  # fmt: skip
        for channel in ("todo", "sms"):
            await channel_words.say(
                session, people[0].customer_id, channel, Word.REFUSES, source="柜面",
                actor=f"staff:{MANAGER}", unit=people[0].unit_id, at=at,
            )  # fmt: skip
    return len(rows) + len(insured) + 1


async def _people(parts: Parts) -> list[CustomerFact]:
    """李敏's customers, then those of her colleagues of the branch, who are contacts."""
    async with parts.databases.bank.reading() as session:
        own, branch = [
            await listing.page(session, wanted, limit=WANTED + PINNED)
            for wanted in (
                listing.Wanted(owner=MANAGER, contact=True),
                listing.Wanted(units=frozenset({BRANCH}), contact=True),
            )
        ]
    found = {one.customer_id: one for one in (*own, *branch)}.values()
    return [one for one in found if one.customer_no[-4:] > f"{PINNED:04d}"][:WANTED]


def _money_in(parts: Parts, today: date) -> date:
    """A day of which the manager has a task today; a week ahead where nobody works today."""
    works = parts.desk.calendar.is_working
    for trigger in parts.reminders.trigger:
        if trigger.name == "money_in":
            days = [on for _, on in watched_days(trigger, today, works)]
            return max(days, default=today + timedelta(days=7))
    return today + timedelta(days=7)


def _rows(
    people: list[CustomerFact], today: date, money_in: date
) -> Iterator[tuple[str, str, str, date, str, str]]:
    """One event for each kind and customer in turn; who moves money away does so three times."""

    def of(number: int) -> str:
        return people[number % len(people)].customer_no

    single: tuple[tuple[str, date, str, str], ...] = (
        ("life", today, "", "乔迁新居"),
        ("life", today, "", "孩子升学"),
        ("life", today + timedelta(days=30), "", "结婚"),
        ("life", _a_year_before(today), "", "结婚纪念日"),
        ("card_reissue", today, "", "旧卡到期换新卡"),
        ("money_in", money_in, "300000.00", "安置金第二笔"),
    )
    for number, (kind, on, amount, note) in enumerate(single):
        yield f"J{today:%Y%m%d}{number:04d}", of(number), kind, on, amount, note
    for back in (60, 30, 0):
        yield (
            f"J{today:%Y%m%d}OUT{back:03d}", of(len(single)), "money_out",
            today - timedelta(days=back), "48000.00", "转到他行同名账户",
        )  # fmt: skip


def _insured(people: list[CustomerFact], today: date) -> Iterator[tuple[str | date | int, ...]]:
    """A yearly premium due in a month, begun two years ago; a policy that ends in a month.

    The premium is a task without words as yet, so it silences nothing of its customer's day.
    """
    due = ends = today + timedelta(days=30)
    premium, policy = people[7 % len(people)], people[8 % len(people)]
    yield (
        f"IJ{today:%Y%m%d}1", premium.customer_no, "insurance", "青禾安享年金", "60000.00",
        due.replace(year=due.year - 2, day=1), "", due.day, "20000.00",
    )  # fmt: skip
    yield (
        f"IJ{today:%Y%m%d}2", policy.customer_no, "insurance", "青禾五年两全保险", "50000.00",
        ends.replace(year=ends.year - 5, day=1), ends, "", "",
    )  # fmt: skip


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
