"""Scripts and to-dos as the phone shows them: sendable, sent, or blocked with the reason."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from archive.lately import pair_of, said_lately
from compliance.calendar import BankCalendar
from compliance.facts import Channel, Purpose
from compliance.objections import BY_CODE, told
from compliance.screening.splits import Said
from content_library import repository as scripts_of
from content_library.facts import ApprovedScript, Form, Library, State
from content_library.item_rules import PLAIN, forms_of
from content_library.timing import is_time_for
from crm_sync.facts import CustomerFact, Reach
from delivery import tickets
from delivery.again import intent_of
from delivery.desk import Desk
from delivery.intents import Intent
from delivery.judging import Judged
from delivery.repository.todos import TodoView
from delivery.said_together import Pair
from kit.clock import bank_date, bank_moment
from kit.web.formats import money
from kit.web.rich import Part, marked
from reminders.rules import day_words, distance_words

KINDS: Final = {"service": ("服务", "info"), "care": ("关怀", "ok"), "marketing": ("产品", "")}
"""What a purpose is called on the phone, with its colour."""
OCCASIONS: Final = {
    "maturity.": ("到期", "warn"),
    "card.expiry": ("换卡", "warn"),
    "loan.due": ("还款", "warn"),
    "product.open": ("开放日", "warn"),
    "birthday": ("生日", "ok"),
    "opening": ("新客", "ok"),
    "newcomer": ("新客", "ok"),
    "insurance.premium": ("保费", "warn"),
    "outflow": ("预警", "warn"),
    "money_in": ("到账", "warn"),
    "life": ("大事", "ok"),
}
"""Scenes with a day of their own, by how they begin: these are called after their occasion."""
FREE_SCENES: Final = ("care.general", "sidebar", "product.card", "media", "article")
NAMES: Final = {"script": "话术", "article": "资讯", "media": "素材", "product": "产品"}
"""What an item of each library is called."""
PICTURES: Final = {
    "image": "img",
    "poster": "img",
    "video": "play",
    "file": "doc",
    "miniprogram": "box",
    "link": "link",
}
"""The drawing that stands for a material without a picture."""
SEEN: Final = frozenset({"image", "poster", "miniprogram", "link"})
"""Materials that are a picture, or carry one on their card."""
END_OF_DAY: Final = time(21, 0)


def kind_of(purpose: str, scene: str) -> tuple[str, str]:
    """What a script or to-do is called and its colour: its occasion, else its purpose."""
    for beginning, kind in OCCASIONS.items():
        if scene.startswith(beginning):
            return kind
    return KINDS.get(purpose, ("其他", ""))


def free_intent(
    script: ApprovedScript, customer: CustomerFact, reach: Reach | None, at: datetime
) -> Intent:
    """A script that the manager picks by hand, for the gate and the ticket."""
    return Intent(
        key=f"sidebar:{customer.customer_id}:{script.code}:{at:%Y%m%d%H%M%S%f}",
        trigger=f"sidebar.{script.scene}",
        channel=Channel.SIDEBAR,
        purpose=Purpose(script.purpose),
        customer=customer,
        reach=reach,
        script_version_id=script.version_id,
        fields={},
        title=script.title,
        why="客户经理选用",
        due_on=bank_date(at),
        expires_at=bank_moment(bank_date(at), END_OF_DAY),
    )


def todo_intent(todo: TodoView, customer: CustomerFact, reach: Reach | None) -> Intent:
    """A to-do's intent again, so that the gate judges now what was planned in the morning."""
    return intent_of(todo, customer, reach, channel=Channel.SIDEBAR)


async def sendable_scripts(
    session: AsyncSession,
    at: datetime,
    calendar: BankCalendar,
    library: Library = Library.SCRIPT,
    *,
    also: tuple[str, ...] = (),
) -> list[ApprovedScript]:
    """Every approved item of a library that may be picked by hand for one customer now, by code.

    An item with times of its own is offered at those times only. ``also``: beginnings of scenes
    that are offered too, though they need an occasion.
    """
    found = await scripts_of.library(session, states=(State.APPROVED,), library=library, limit=500)
    ids = [one.script.version_id for one in found if goes_alone(one.script)]
    now = await scripts_of.by_version(session, ids)
    workday = calendar.day(bank_date(at)).working
    return [
        script
        for script in now.values()
        if script.state == State.APPROVED
        and (free(script) or script.scene.startswith(also))
        and is_time_for(script.timing, at, workday=workday)
    ]


def goes_alone(item: ApprovedScript) -> bool:
    """Whether an item may go to one customer: by its form, or by the forms it may be passed on in."""
    if item.library in PLAIN:
        return Form.SINGLE in forms_of(item.detail)
    return item.form == Form.SINGLE


def free(script: ApprovedScript) -> bool:
    """Whether a script needs no occasion: it can be filled for any customer."""
    return script.scene.startswith(FREE_SCENES) or script.scene.startswith("persona")


async def judged(
    session: AsyncSession, intents: Sequence[Intent], *, at: datetime, desk: Desk
) -> list[Judged]:
    """What the gate says of each at this moment."""
    if not intents:
        return []
    before = await heard(session, intents, at=at, desk=desk)
    return await tickets.check(session, intents, at=at, desk=desk, heard=before)


async def heard(
    session: AsyncSession, intents: Sequence[Intent], *, at: datetime, desk: Desk
) -> Mapping[Pair, Sequence[Said]]:
    """What the archive has of the senders' own last words to these customers."""
    pairs = {pair_of(one.reach.userid, one.reach.external_userid) for one in intents if one.reach}
    return await said_lately(session, pairs, since=at - desk.splits.within, until=at)


def script_card(
    one: Judged,
    *,
    contact: str,
    todo_id: int | None = None,
    sent_at: datetime | None = None,
    may_send: bool = True,
) -> dict[str, Any]:
    """One script as the templates want it; blocked ones carry no words.

    ``may_send`` False: whoever looks may read it, and policy lets somebody else send it.
    """
    script, intent = one.script, one.intent
    kind, style = kind_of(intent.purpose.value, script.scene if script else intent.trigger)
    blocked = bool(one.objections or one.missing)
    version_id = intent.script_version_id or 0
    preview = f"/h5/preview?script_version_id={version_id}&contact={quote(contact)}"
    if todo_id is not None:
        preview += f"&todo_id={todo_id}"
    return {
        "id": version_id,
        "state": "sent" if sent_at else "blocked" if blocked else "sendable",
        "title": script.title if script else intent.title,
        "kind": kind,
        "kind_style": style,
        "code": f"{NAMES[script.library]} {script.code}" if script else "话术",
        "version": script.version if script else 0,
        "valid_until": script.valid_until if script else None,
        "parts": [] if blocked else summary(one) if _is_article(script) else words(one),
        "used": "",
        "media": PICTURES.get(str(script.detail.get("kind")))
        if script and script.library == Library.MEDIA
        else None,
        "picture": None if blocked else _picture(script),
        "send": None
        if blocked or not may_send
        else {
            "script_version_id": version_id,
            "todo_id": todo_id,
            "contact": contact,
            "chat": None,
            "template_hash": script.template_hash if script else "",
        },
        "sent_at": sent_at,
        "objections": objections(one),
        "preview_url": preview,
    }


def objections(one: Judged) -> list[dict[str, str]]:
    """Every reason against, with its code and the way on."""
    details = one.decision.details if one.decision else {}
    found = [{"code": code, "saying": told(BY_CODE[code], details)} for code in one.objections]
    if one.missing:
        found.append({"code": "E-4202", "saying": f"{one.missing}。请换一条，或先补全资料。"})
    return found


def _picture(script: ApprovedScript | None) -> str | None:
    """The address of a material's picture, as a customer may open it."""
    if script is None or script.library != Library.MEDIA or not script.detail.get("file"):
        return None
    return f"/o/m/{quote(script.code)}" if script.detail.get("kind") in SEEN else None


def _is_article(script: ApprovedScript | None) -> bool:
    return script is not None and script.library == Library.ARTICLE


def summary(one: Judged) -> list[Part]:
    """What a link card says of an article, in place of the whole of it."""
    detail = one.script.detail if one.script else {}
    return marked(f"{detail.get('summary', '')}（点开是本行的页面）", [], "var")


def words(one: Judged) -> list[Part]:
    """The text with what was filled in marked."""
    if one.text is None:
        return []
    spans, place = [], 0
    for field, text in one.pieces:
        if field:
            spans.append((place, place + len(text)))
        place += len(text)
    return marked(one.text, spans, "var")


def now_card(
    todo: TodoView,
    script: dict[str, Any] | None,
    *,
    contact: str,
    place: int,
    total: int,
    today: Any,
    call: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """现在该做: the one next action; ``call``: what stands there about calling."""
    amount = todo.detail.get("amount_fen")
    headline = str(todo.detail.get("product") or todo.title)
    if amount:
        headline += f" {money(int(amount))}"
    there = quote(contact)
    return {
        "todo_id": todo.id,
        "title": todo.title,
        "kind": "warn" if todo.purpose == "service" else "",
        "place": place,
        "total": total,
        "headline": headline,
        "why": todo.why,
        "script": script,
        "next_url": f"/h5/customer/now?contact={there}&place={place % total + 1}",
        "another_url": None,
        "call_url": f"/h5/todo/{todo.id}?by=phone",
        "call": call,
    }


def due_text(todo: TodoView, today: Any) -> str:
    """``3 天后到期`` as planned, or how late it is."""
    late = (today - todo.due_on).days
    if late > 0:
        return f"晚了 {late} 天"
    on = todo.detail.get("on")
    if not on:
        return todo.title
    day = datetime.fromisoformat(str(on)).date()
    return (
        f"{distance_words((day - today).days)} · {day_words(day)}" if day >= today else todo.title
    )
