"""The same bank as WeCom sees it: members, contacts of their owners, groups by interest.

Everything is in the form of the simulated WeCom's ``/_sim/load``; nothing here knows more than
WeCom would: a nickname, sometimes a remark with a phone, sometimes a unionid the bank knows too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, timezone
from random import Random
from typing import Any, Final

from simulator.bank.people import HOBBIES, Person, person
from simulator.bank.pinned import PINNED
from simulator.bank.shape import Bank

SHANGHAI: Final = timezone(timedelta(hours=8))
CONTACT_SHARE: Final = 0.64
STRANGERS: Final = 0.06
"""Contacts who are no customers, as a share of the customers."""

GROUP_NAMES: Final = {
    "健身": "青禾帕梅拉跟练营",
    "长跑": "青禾晨跑团",
    "读书": "青禾读书会",
    "股市": "青禾市场早知道",
    "亲子": "青禾亲子成长营",
}
BRANCH_GROUPS: Final = (
    ("社区福利群", ""), ("长辈群", "老年"), ("宝妈群", "宝妈"), ("青年群", "90后"), ("商户群", "商贸"),
)  # fmt: skip
"""What the branches' groups are called and whom they are for, in turn; a county's is for all there."""
COUNTY_GROUP: Final = ("乡亲群", "县域")
ELDER: Final = 60
"""Groups that meet in the evening are for those who may be written to then."""
NICKNAMES: Final = (
    "知足常乐", "阳光总在", "一叶知秋", "平安是福", "小确幸", "向日葵", "岁月静好", "老船长", "豆豆妈",
    "奔跑的蜗牛", "清风徐来", "茉莉", "大山", "晴天", "静水流深", "木子", "海阔天空", "小幸运",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Circle:
    """A customer group with what it is about, for registering it with the product."""

    chat_id: str
    name: str
    owner: str  # userid
    unit_id: str
    interest: str = ""
    persona: str = ""
    order: Mapping[str, Any] = field(default_factory=dict, repr=False)


def moment(bank: Bank, days_ago: int, clock: time) -> float:
    """Seconds since the epoch of a clock time in Shanghai, so many days before today."""
    day = bank.today - timedelta(days=days_ago)
    return datetime.combine(day, clock, SHANGHAI).timestamp()


CONSOLE_TAGS: Final = (
    ("客户等级", ("金卡", "钻石")), ("来源", ("厅堂", "商圈走访")), ("兴趣", ("跑步", "亲子", "书法")),
)  # fmt: skip
"""Tags that the bank made in WeCom's console: read here, never changed."""


def console_tags() -> list[dict[str, Any]]:
    """The console's tags, as ``/_sim/load`` takes them."""
    return [
        {
            "id": f"et-group-{place}",
            "name": group,
            "tags": [{"id": f"et-{place}-{one}", "name": name} for one, name in enumerate(names)],
        }
        for place, (group, names) in enumerate(CONSOLE_TAGS)
    ]


def _marks(one: Person) -> list[str]:
    """One contact in four carries a tag that its manager set by hand."""
    if one.number in PINNED or one.number % 4:
        return []
    place = one.number // 4 % len(CONSOLE_TAGS)
    return [f"et-{place}-{one.number // 12 % len(CONSOLE_TAGS[place][1])}"]


def directory(bank: Bank) -> dict[str, list[dict[str, Any]]]:
    """Departments and members, as ``/_sim/load`` takes them."""
    number = {unit.unit_id: unit.department_id for unit in bank.units}
    return {
        "departments": [
            {"id": unit.department_id, "name": unit.name}
            | ({"parentid": number[unit.parent_id]} if unit.parent_id else {})
            for unit in bank.units
        ],
        "members": [
            {
                "userid": member.userid,
                "name": member.name,
                "departments": [number[member.unit_id]],
                "position": member.position,
            }
            for member in bank.members
            if member.active
        ],
        "tags": console_tags(),
    }


def is_contact(bank: Bank, one: Person) -> bool:
    """Whether this customer has added the owner on WeCom."""
    if one.number in PINNED:
        return True
    return bank.random("contact", one.number).random() < CONTACT_SHARE


def contact(bank: Bank, one: Person) -> dict[str, Any]:
    """A customer as a contact, as ``/_sim/load`` takes one."""
    random = bank.random("contact-face", one.number)
    since = max((bank.today - one.opened_on).days, 1)
    pinned = PINNED.get(one.number)
    remark = pinned.name if pinned else _remark(random, one)
    return {
        "external_userid": one.external_userid,
        "name": pinned.nickname if pinned else _nickname(random, one),
        "gender": 2 if one.gender == "F" else 1,
        "unionid": one.unionid,
        "followers": [
            {
                "userid": one.owner_userid,
                "createtime": int(moment(bank, random.randint(0, min(since, 900)), time(10, 30))),
                "remark": remark,
                "remark_mobiles": [one.phone] if random.random() < 0.2 else [],
                "add_way": _way(random.choice((1, 1, 2, 202)), one),
                "state": f"unit-{one.unit_id}" if random.random() < 0.4 else "",
                "agreed": pinned is not None or random.random() < 0.85,
                "tags": _marks(one),
            }
        ],
    }


def _way(drawn: int, one: Person) -> int:
    """How the customer was added; those who scanned are spread over codes, links, groups, videos."""
    return (1, 1, 16, 4, 10, 3)[one.number % 6] if drawn == 1 else drawn


def _nickname(random: Random, one: Person) -> str:
    dice = random.random()
    if dice < 0.35:
        return one.name
    if dice < 0.55:
        return one.name[-1] * (2 if dice < 0.45 else 1)
    return NICKNAMES[int(random.random() * len(NICKNAMES))]


def _remark(random: Random, one: Person) -> str:
    """How the owner noted the customer: one in three with the phone; one in 400 with a wrong one,
    the phone of the next customer, so that binding has a conflict to find."""
    dice = random.random()
    if dice < 0.0025:
        return f"{one.title} {_next_phone(one)}"
    if dice < 0.33:
        return f"{one.title} {one.phone}"
    return one.name if dice < 0.7 else ""


def _next_phone(one: Person) -> str:
    return f"154{((one.number + 1) * 7_368_787 + 10_000_019) % 100_000_000:08d}"


def contacts(bank: Bank, *, page: int = 1_000) -> Iterator[list[dict[str, Any]]]:
    """All contacts in pages: customers who added their owner, then strangers."""
    gathered: list[dict[str, Any]] = []
    for number in range(1, bank.customers + 1):
        one = person(bank, number)
        if is_contact(bank, one):
            gathered.append(contact(bank, one))
        if len(gathered) >= page:
            yield gathered
            gathered = []
    for place in range(max(1, int(bank.customers * STRANGERS))):
        gathered.append(stranger(bank, place))
        if len(gathered) >= page:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def stranger(bank: Bank, place: int) -> dict[str, Any]:
    """A contact of some manager who is no customer of the bank (0 is the planted advertiser)."""
    random = bank.random("stranger", place)
    unit = bank.places[0] if place == 0 else random.choice(bank.places)
    owner = bank.managers[unit.unit_id][0]
    return {
        "external_userid": stranger_id(bank, place),
        "name": "小周优贷" if place == 0 else random.choice(NICKNAMES),
        "followers": [
            {
                "userid": owner.userid,
                "createtime": int(moment(bank, random.randint(1, 30), time(15, 0))),
                "add_way": 2,
                "agreed": True,
            }
        ],
    }


def stranger_id(bank: Bank, place: int) -> str:
    """The external_userid of a stranger."""
    return f"wmstranger{bank.seed:06d}{place:016d}"[:32]


def circles(bank: Bank, *, most: int = 180) -> list[Circle]:
    """One community group a branch, and one group an interest over the whole bank.

    Whoever said no to words of care joins none, or nothing could be posted there.
    """
    seats: dict[str, list[str]] = {unit.unit_id: [] for unit in bank.places}
    fans: dict[str, list[str]] = {hobby: [] for hobby in HOBBIES}
    looked_at = range(1, min(bank.customers, 60 * most) + 1)
    for number in looked_at:
        one = person(bank, number)
        if not is_contact(bank, one):
            continue
        listens = not any(purpose == "care" and not given for purpose, given, _ in one.consents)
        joins = bank.random("group", number).random() < 0.7 or number in PINNED
        if joins and listens and len(seats[one.unit_id]) < most:
            seats[one.unit_id].append(one.external_userid)
        young = one.born_on.year > bank.today.year - ELDER
        if one.hobby and young and listens and len(fans[one.hobby]) < most:
            fans[one.hobby].append(one.external_userid)
    seats[bank.places[0].unit_id].append(stranger_id(bank, 0))
    branches = [unit for unit in bank.places if unit.kind == "branch" and seats[unit.unit_id]]
    rooms = []
    for place, unit in enumerate(branches):
        kind, persona = COUNTY_GROUP if unit.county else BRANCH_GROUPS[place % len(BRANCH_GROUPS)]
        name = f"{unit.name.removesuffix('支行')}{kind}"
        made = _circle(
            bank, f"community{unit.unit_id}", name, unit.unit_id, "", seats[unit.unit_id]
        )
        rooms.append(replace(made, persona=persona))
    lead = bank.places[0].unit_id
    return rooms + [
        _circle(bank, f"hobby{place}", GROUP_NAMES[hobby], lead, hobby, fans[hobby])
        for place, hobby in enumerate(HOBBIES)
        if fans[hobby]
    ]


def _circle(
    bank: Bank, key: str, name: str, unit_id: str, interest: str, members: list[str]
) -> Circle:
    owner = bank.managers[unit_id][0].userid
    chat_id = f"wr{key}{bank.seed:06d}".ljust(32, "0")[:32]
    opened = int(moment(bank, 200, time(9, 0)))
    order = {
        "chat_id": chat_id,
        "name": name,
        "owner": owner,
        "create_time": opened,
        "members": [{"userid": owner, "join_time": opened}]
        + [
            {"userid": one, "join_time": opened + 3_600 * (place + 1), "agreed": True}
            for place, one in enumerate(members)
        ],
    }
    return Circle(chat_id, name, owner, unit_id, interest, order=order)


def world(bank: Bank) -> Iterator[dict[str, Any]]:
    """The whole WeCom side as bodies of ``POST /_sim/load``, one after the other."""
    yield directory(bank)
    for page in contacts(bank):
        yield {"customers": page}
    yield {"groups": [dict(circle.order) for circle in circles(bank)]}
