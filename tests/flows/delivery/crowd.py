"""Many senders who all want the same few customers, and the count of what the customers heard.

Every attempt goes through a door of the product in a transaction of its own: broadcasts, the
sidebar (one tap in five is cancelled and gives its slots back) and posts into groups. Counted are
the rows of what will be said, the slots, and what a simulated WeCom was asked to deliver.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import text

from compliance.facts import Channel, Purpose
from compliance.service import give_consents
from crm_sync import selection
from crm_sync.facts import CustomerFact, Reach
from delivery import broadcasts, door, group_posts, tickets
from delivery.desk import Desk
from delivery.dispatcher import Dispatcher
from delivery.errors import SendBlocked
from delivery.group_posts import Audience
from delivery.intents import Intent
from delivery.phrasing import routes
from delivery.repository import touches
from delivery.repository.touches import Touched
from kit.clock import bank_date, bank_moment
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.wecom_world import AGENT, World

DAYS: Final = tuple(
    date(2026, 11, 2) + timedelta(days=n) for n in range(26) if (n % 7) < 5
)  # four working weeks of one month: day, week and month caps all come to bind
CAMPAIGNS: Final = ("", "spring", "autumn")
GROUPS: Final = ("wr-a", "wr-b", "wr-c")
LIMIN: Final = tickets.Sender("limin", "limin")
TEXTS: Final = {
    Purpose.SERVICE: "尊敬的客户，我行网点{}照常营业，需要办理业务可以提前预约。",
    Purpose.CARE: "大家好，{}早晚温差大，出门记得添衣，路上慢一点。",
    Purpose.MARKETING: "青禾银行{}在网点举办读书分享会，欢迎来坐坐。不想再收到此类消息，回复“退订”即可。",
}
WHEN: Final = ("周一", "周二", "周三", "周四", "周五", "本周末")
FORMS: Final = {Channel.BROADCAST: "broadcast", Channel.SIDEBAR: "single", Channel.GROUP: "group"}


@dataclass(frozen=True)
class Scene:
    """Whom the crowd is after, and with which approved words: version ids by (purpose, channel)."""

    customers: tuple[int, ...]
    days: tuple[date, ...]
    versions: Mapping[tuple[Purpose, Channel], tuple[int, ...]]


@dataclass
class Heard:
    """What each customer or group was told, by (who, purpose, day), and by campaign."""

    by_day: Counter[tuple[Any, str, date]] = field(default_factory=Counter)
    by_campaign: Counter[tuple[int, str, str]] = field(default_factory=Counter)


async def scene(database: Database, customers: int, days: Sequence[date] = DAYS) -> Scene:
    """The customers (every second one of old age), their consents, and the scripts."""
    before = bank_moment(date(2026, 10, 30), time(10))
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        ids = [
            await bank.reached_customer(
                session,
                f"C{number}",
                owner="limin",
                born_on=date(1950 if number % 2 else 1985, 1, 1),
            )
            for number in range(customers)
        ]
        agreed = [(one, "marketing", True, "网点签字", before) for one in ids]
        await give_consents(session, agreed, before, "system:test")
        await touches.record(
            session,
            [
                Touched(
                    f"t:{one}", one, "limin", "0101", "sidebar", "care", "care", "claimed", before
                )
                for one in ids
            ],
        )
        versions: dict[tuple[Purpose, Channel], tuple[int, ...]] = {}
        for purpose, words in TEXTS.items():
            for channel, form in FORMS.items():
                versions[purpose, channel] = tuple([
                    await approved_script(
                        session,
                        f"crowd.{purpose.value}.{form}.{number}",
                        words.format(when),
                        purpose=purpose.value,
                        form=form,
                    )
                    for number, when in enumerate(WHEN if channel is Channel.BROADCAST else WHEN[:1])
                ])  # fmt: skip
    return Scene(tuple(ids), tuple(days), versions)


def crowded_desk() -> Desk:
    """The shipped policies; a day's merge is opened wide, so that each cap binds by itself."""
    usual = desk()
    wide = dict.fromkeys(usual.merge.most_per_day, 99) | {"total": 99}
    merge = usual.merge.model_copy(update={"most_per_day": wide, "one_voice": False})
    return replace(usual, merge=merge, broadcast_cap="week7")


async def rush(database: Database, where: Scene, number: int, attempts: int) -> Counter[str]:
    """One sender's attempts, in an order of its own; what became of them."""
    chance, at_desk = random.Random(number), crowded_desk()
    async with database.reading() as session:
        people = await selection.customer_facts(session, list(where.customers))
        ways = await selection.reaches(session, list(where.customers))
    became: Counter[str] = Counter()
    for turn in range(attempts):
        at = bank_moment(chance.choice(where.days), time(10))
        at += timedelta(milliseconds=number * attempts + turn)
        purpose = chance.choice(list(Purpose))
        channel = chance.choices(list(FORMS), (70, 20, 10))[0]
        version = chance.choice(where.versions[purpose, channel])
        campaign = chance.choice(CAMPAIGNS) if purpose is Purpose.MARKETING else ""
        customer = chance.choice(where.customers)
        key = f"{campaign or '-'}:{number}:{turn}"
        if channel is Channel.GROUP:
            said = await _post(database, chance, people, version, at, at_desk)
        else:
            intent = _intent(
                key, channel, purpose, people[customer], ways[customer], version, campaign, at
            )
            if channel is Channel.SIDEBAR:
                said = await _tap(database, chance, intent, at, at_desk)
            else:
                said = await _submit(database, intent, at, at_desk)
        became[f"{channel.value} {said}"] += 1
    return became


def _intent(
    key: str,
    channel: Channel,
    purpose: Purpose,
    customer: CustomerFact,
    reach: Reach,
    version: int,
    campaign: str,
    at: datetime,
) -> Intent:
    return Intent(
        key=key,
        trigger="crowd",
        channel=channel,
        purpose=purpose,
        customer=customer,
        reach=reach,
        script_version_id=version,
        fields={},
        title="通知",
        why="通知",
        due_on=bank_date(at),
        expires_at=at + timedelta(hours=8),
        campaign=campaign,
    )


async def _submit(database: Database, intent: Intent, at: datetime, at_desk: Desk) -> str:
    async with database.transaction() as session:
        [done] = await door.submit(session, [intent], at=at, desk=at_desk, by="system:crowd")
    assert not done.objections, done  # nothing but the caps may stop anybody here
    return done.outcome.value


async def _tap(
    database: Database, chance: random.Random, intent: Intent, at: datetime, at_desk: Desk
) -> str:
    try:
        async with database.transaction() as session:
            ticket = await tickets.prepare(session, intent, sender=LIMIN, at=at, desk=at_desk)
    except SendBlocked as refusal:
        return _only(refusal, "E-4029")
    word = "cancel" if chance.random() < 0.2 else "ok"
    async with database.transaction() as session:
        await tickets.said(session, ticket.token, sender=LIMIN, word=word, detail="", at=at)
    return word


async def _post(
    database: Database,
    chance: random.Random,
    people: Mapping[int, CustomerFact],
    version: int,
    at: datetime,
    at_desk: Desk,
) -> str:
    audience = Audience(chance.choice(GROUPS), "limin", "0101", tuple(people.values())[:3], 0)
    try:
        async with database.transaction() as session:
            ticket = await group_posts.prepare(
                session, audience, version, sender=LIMIN, at=at, desk=at_desk
            )
    except SendBlocked as refusal:
        return _only(refusal, "E-4033")
    async with database.transaction() as session:
        await tickets.said(session, ticket.token, sender=LIMIN, word="ok", detail="", at=at)
    return "ok"


def _only(refusal: SendBlocked, code: str) -> str:
    """Nothing but the caps may stop anybody here."""
    assert refusal.facts["codes"] == code, refusal
    return "over_quota"


async def heard(database: Database) -> tuple[Heard, Heard]:
    """What customers, and what groups, were or will be told, counted from the rows."""
    customers, groups = Heard(), Heard()
    planned = text(
        "SELECT r.customer_id, b.purpose, b.planned_on, r.key FROM broadcast_recipient r "
        "JOIN broadcast b ON b.id = r.broadcast_id WHERE r.state <> 'withdrawn'"
    ).columns(planned_on=_day())
    tapped = text(
        "SELECT customer_id, chat_id, purpose, issued_at, key FROM send_ticket "
        "WHERE state = 'claimed'"
    ).columns(issued_at=_moment())
    async with database.reading() as session:
        for customer, purpose, day, key in await session.execute(planned):
            _note(customers, customer, purpose, day, key)
        for customer, chat, purpose, issued, key in await session.execute(tapped):
            if chat:
                groups.by_day[chat, purpose, bank_date(issued)] += 1
            else:
                _note(customers, customer, purpose, bank_date(issued), key)
    return customers, groups


def _day() -> Any:
    from_table = broadcasts.Broadcast.__table__  # type: ignore[attr-defined]
    return from_table.c.planned_on.type


def _moment() -> Any:
    return tickets.SendTicket.__table__.c.issued_at.type  # type: ignore[attr-defined]


def _note(found: Heard, customer: int, purpose: str, day: date, key: str) -> None:
    found.by_day[customer, purpose, day] += 1
    campaign = key.partition(":")[0]
    if campaign != "-":
        found.by_campaign[customer, purpose, campaign] += 1


def over(customers: Heard, groups: Heard, where: Scene) -> list[str]:
    """Every cap that was exceeded, in words; the caps are read from the shipped policy."""
    policy = crowded_desk().policy
    found = []
    for (chat, purpose, day), number in groups.by_day.items():
        if number > policy.caps(Purpose(purpose)).group_day:
            found.append(f"{chat} {purpose} {day}: {number}")
    for (customer, purpose, campaign), number in customers.by_campaign.items():
        if number > policy.caps(Purpose(purpose)).campaign:
            found.append(f"{customer} {purpose} {campaign}: {number}")
    for (customer, purpose, window), number in _windows(customers).items():
        cap = policy.caps(Purpose(purpose))
        elder = where.customers.index(customer) % 2 == 1
        most = {
            "day": cap.day,
            "week": policy.weekly_cap(Purpose(purpose), elder=elder),
            "month": cap.month,
        }[window[0]]
        if number > most:
            found.append(f"{customer} {purpose} {window}: {number} > {most}")
    return found


def full(customers: Heard) -> int:
    """How many customers have heard as much of a purpose in the month as they may."""
    policy = crowded_desk().policy
    return sum(
        number == policy.caps(Purpose(purpose)).month
        for (_, purpose, window), number in _windows(customers).items()
        if window[0] == "month"
    )


def _windows(customers: Heard) -> Counter[tuple[int, str, tuple[str, date]]]:
    counted: Counter[tuple[int, str, tuple[str, date]]] = Counter()
    for (customer, purpose, day), number in customers.by_day.items():
        for window in _starts(day):
            counted[customer, purpose, window] += number
    return counted


def _starts(day: date) -> Iterator[tuple[str, date]]:
    yield "day", day
    yield "week", day - timedelta(days=day.weekday())
    yield "month", day.replace(day=1)


async def slots_over(database: Database, where: Scene) -> list[str]:
    """Every window in which more slots are held than the shipped policy has."""
    policy = crowded_desk().policy
    caps: dict[tuple[str, str], int] = {}
    for purpose in Purpose:
        cap, name = policy.caps(purpose), purpose.value
        caps |= {(name, "day"): cap.day, (name, "week"): cap.week, (name, "month"): cap.month}
        caps |= {(f"group.{name}", "day"): cap.group_day}
    caps |= {("total", "day"): 99, ("broadcast", "week"): 7}
    campaign = policy.caps(Purpose.MARKETING).campaign
    held = text(
        'SELECT customer_id, family, "window", starts_on, count(*) FROM quota_slot '
        'GROUP BY customer_id, family, "window", starts_on'
    )
    found = []
    async with database.reading() as session:
        for customer, family, window, starts_on, number in await session.execute(held):
            most = campaign if window == "campaign" else caps[family, window]
            if family == "marketing" and window == "week":
                elder = where.customers.index(customer) % 2 == 1
                most = policy.weekly_cap(Purpose.MARKETING, elder=elder)
            if number > most:
                found.append(f"{customer} {family} {window} {starts_on}: {number} > {most}")
    return found


async def asked_of_wecom(database: Database, world: World, where: Scene) -> Heard:
    """Hand every broadcast to the simulated WeCom, day by day; what it was asked to deliver."""
    purposes = {
        words.format(when): purpose.value for purpose, words in TEXTS.items() for when in WHEN
    }
    found, before = Heard(), 0
    async with database.reading() as session:
        rows = await session.execute(text("SELECT external_userid, customer_id FROM contact"))
        known = {contact: customer for contact, customer in rows}  # noqa: C416
    for day in where.days:
        at = bank_moment(day, time(11))
        async with database.transaction() as session:
            await broadcasts.close(
                session, day, at=at, due_at=at, expires_at=at + timedelta(hours=8)
            )
        await world.post("clock", {"freeze": at.isoformat()})
        made = routes(world.client, database, agent_id=AGENT, clock=lambda now=at: now)  # type: ignore[misc]
        await Dispatcher(database, made, lambda now=at: now).drain()  # type: ignore[misc]
        calls = [one for one in await world.called("add_msg_template") if not one["errcode"]]
        for call in calls[before:]:
            purpose = purposes[call["body"]["text"]["content"]]
            for contact in call["body"]["external_userid"]:
                found.by_day[known[contact], purpose, day] += 1
        before = len(calls)
    return found


def people(customers: int) -> Sequence[Mapping[str, Any]]:
    """The same customers as the simulated WeCom knows them."""
    return [
        {"external_userid": f"wm-C{number}", "name": f"客户{number}", "followers": [{"userid": "limin"}]}
        for number in range(customers)
    ]  # fmt: skip
