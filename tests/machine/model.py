"""What may be seen, by a model that knows only what people did and what WeCom showed.

It is plain Python with a state of its own and asks the product nothing. Where it cannot know
what must happen it knows at least what must not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.clock import bank_date
from tests.machine.bank import CONSENTING, CUSTOMERS, MANAGERS, contact_of

REFUSES: Final = {
    "marketing": frozenset({"marketing", "care"}),
    "service": frozenset({"service"}),
    "all": frozenset({"marketing", "care", "service"}),
}
"""What nobody may say any more to who said no to this."""
DAY: Final = {"service": 3, "care": 1, "marketing": 1}
WEEK: Final = {"service": 7, "care": 3, "marketing": 3}
MONTH: Final = {"service": 20, "care": 8, "marketing": 6}
BROADCASTS_A_DAY: Final = 1
WELCOME_LIVES: Final = timedelta(seconds=20)
RESOLVED_IN: Final = timedelta(minutes=15)
TASK_LIVES: Final = timedelta(days=15)
"""How long WeCom keeps a task's results (page 93338); the members of this bank confirm no older."""


class Broken(Exception):
    """A promise was broken; the text names it, what was seen and what could have been."""


class Words(StrEnum):
    """Where a text is, by what people did to it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETIRED = "retired"
    FORGED = "forged"


@dataclass
class Version:
    """One version of a script."""

    id: int
    code: str
    text: str
    purpose: str
    author: str
    state: Words = Words.DRAFT


@dataclass
class Added:
    """A contact was added and WeCom gave a welcome code for it."""

    code: str
    userid: str
    contact: str
    at: datetime
    behind: timedelta = field(default_factory=timedelta)
    """How far our clock was behind at the worst, until it was greeted."""


class Model:
    """The state, moved by what people do, and the promises, checked by what WeCom shows."""

    def __init__(self) -> None:
        self.refused: dict[str, set[str]] = {one: set() for one in CUSTOMERS}
        self.consented: set[str] = set(CONSENTING)
        self.gone: set[str] = set()
        self.versions: list[Version] = []
        self.said: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.made: Counter[tuple[str, str]] = Counter()
        self.used: Counter[tuple[str, str, str, date]] = Counter()
        self.tasks_a_day: Counter[tuple[str, date]] = Counter()
        self.added: list[Added] = []
        self.greeted: Counter[tuple[str, str]] = Counter()
        self.cards: Counter[tuple[str, str]] = Counter()
        self.tasks: dict[str, Task] = {}
        self.leaving: set[tuple[str, str]] = set()
        self.counts: Counter[str] = Counter()

    # -- what people do --

    def refuse(self, customer: str, choice: str) -> None:
        """A customer said no, and it was written down."""
        self.refused[customer] |= REFUSES[choice]
        if "marketing" in REFUSES[choice]:
            self.consented.discard(customer)
        contact = contact_of(customer)
        for task in self.tasks.values():
            if contact in task.waiting and task.purpose in REFUSES[choice]:
                task.unwanted_by.add(contact)

    def take_back(self, customer: str, choice: str) -> None:
        """The customer wants to hear again."""
        self.refused[customer] -= REFUSES[choice]
        if "marketing" in REFUSES[choice]:
            self.consented.add(customer)

    def approve(self, version: Version) -> None:
        """Another person let it pass; what was in use before is not any more."""
        for other in self.versions:
            if other.code == version.code and other.state in (Words.APPROVED, Words.FORGED):
                other.state = Words.RETIRED
        version.state = Words.APPROVED

    # -- what WeCom shows --

    def forget_old_tasks(self, at: datetime) -> None:
        """Nobody confirms any more what is out of WeCom's window; its customers heard nothing."""
        for task in self.tasks.values():
            if task.made_at <= at - TASK_LIVES:
                self.unheard(task, task.waiting)
                task.waiting.clear()

    def unheard(self, task: "Task", contacts: Iterable[str]) -> None:
        """What never came to these customers counts against no cap of theirs."""
        day = bank_date(task.made_at)
        for contact in contacts:
            for window, start, _ in _windows(day):
                self.used[contact, task.purpose, window, start] -= 1
            self.tasks_a_day[contact, day] -= 1

    def task_made(
        self, msgid: str, text: str, sender: str, contacts: list[str], at: datetime
    ) -> None:
        """A task for a member has come to be at WeCom. Raises Broken."""
        version = next((one for one in self.versions if one.text == text), None)
        if version is None:
            raise Broken(f"P11: words that nobody wrote: {text!r}")
        if version.state is not Words.APPROVED:
            raise Broken(f"P11: words that are {version.state} were sent: {text!r}")
        if sender in self.gone:
            raise Broken(f"a task for {sender}, who is disabled")
        task = Task(text, version.purpose, sender, at, set(contacts))
        for contact in contacts:
            self._told(contact, version.purpose, at)
            self.made[text, contact] += 1
            self.tasks_a_day[contact, bank_date(at)] += 1
            could = len(self.said[text, contact])
            if self.made[text, contact] > could:
                raise Broken(
                    f"doubled: {contact} stands in {self.made[text, contact]} tasks of {text!r},"
                    f" which was said {could} times"
                )
            if self.tasks_a_day[contact, bank_date(at)] > BROADCASTS_A_DAY:
                raise Broken(f"P9: a second broadcast of the day for {contact}")
            if self._unwanted(contact, version.purpose):
                if (text, contact) not in self.leaving:
                    raise Broken(
                        f"P10: {contact} said no to {version.purpose} and is told {text!r}"
                    )
                task.unwanted_by.add(contact)
        self.tasks[msgid] = task
        self.counts["tasks"] += 1

    def tapped(self, contact: str, purpose: str, at: datetime) -> None:
        """A manager's phone was given words for a customer. Raises Broken."""
        if self._unwanted(contact, purpose):
            raise Broken(f"P10: words for {contact}, who said no to {purpose}, left by hand")
        self._told(contact, purpose, at)
        self.counts["taps"] += 1

    def welcome_seen(self, userid: str, contact: str, at: datetime) -> None:
        """A welcome has arrived, at WeCom's ``at``. Raises Broken."""
        self.greeted[userid, contact] += 1
        events = [one for one in self.added if (one.userid, one.contact) == (userid, contact)]
        if self.greeted[userid, contact] > len(events):
            raise Broken(f"P7: {contact} was greeted {self.greeted[userid, contact]} times")
        late = at - max(one.at + one.behind for one in events)
        if late > WELCOME_LIVES:
            raise Broken(f"P7: {contact} was greeted {late} after being added")
        self.counts["welcomes"] += 1

    def card_seen(self, userid: str, task_id: str) -> None:
        """A manager was told of the morning. Raises Broken."""
        self.cards[userid, task_id] += 1
        self.counts["cards"] += 1
        if self.cards[userid, task_id] > 1:
            raise Broken(f"P8: {userid} was told of {task_id} {self.cards[userid, task_id]} times")

    def _unwanted(self, contact: str, purpose: str) -> bool:
        customer = contact.removeprefix("wm-")
        if purpose == "marketing" and customer not in self.consented:
            return True
        return purpose in self.refused[customer]

    def _told(self, contact: str, purpose: str, at: datetime) -> None:
        for window, start, most in _windows(bank_date(at)):
            self.used[contact, purpose, window, start] += 1
            if self.used[contact, purpose, window, start] > most[purpose]:
                raise Broken(f"P9: {contact} hears more {purpose} than {most[purpose]} a {window}")


def _windows(day: date) -> tuple[tuple[str, date, dict[str, int]], ...]:
    return (
        ("day", day, DAY),
        ("week", day - timedelta(days=day.weekday()), WEEK),
        ("month", day.replace(day=1), MONTH),
    )


@dataclass
class Task:
    """A task at WeCom that its member may still send."""

    text: str
    purpose: str
    sender: str
    made_at: datetime
    waiting: set[str]
    unwanted_by: set[str] = field(default_factory=set)


STAFF: Final = tuple(MANAGERS)
