"""话术库 on the phone: an approved text found by need, ready to send to whom the chat is with."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar import cards, flow, group_scripts
from bot.sidebar.customer import MANAGERS, customer_of_contact, desk_of, sends_to
from bot.sidebar.shell import page, shell
from config import policy_catalogue
from content_library.facts import Library
from delivery.group_posts import JudgedPost
from delivery.judging import Judged
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
MOST = 40


@dataclass(frozen=True, slots=True)
class Offer:
    """A script that may go to whom the chat is with; ``card`` draws it."""

    purpose: str
    words: str
    card: Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the library holds for one chat: offers, how many were refused, whose chat it is."""

    offers: Sequence[Offer] = ()
    hidden: int = 0
    label: str = ""
    contact: str = ""
    chat: str = ""

    @property
    def query(self) -> str:
        """The chat as a part of an address; empty where there is none."""
        if self.contact:
            return f"contact={quote(self.contact)}"
        return f"chat={quote(self.chat)}" if self.chat else ""


@router.get("/h5/scripts", response_class=HTMLResponse)
async def scripts(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    q: str = "",
    scene: str = "",
    library: str = "",
    step: str = "",
    contact: str = "",
    chat: str = "",
) -> Response:
    """Approved scripts for the chat beside the page; those the gate refuses are counted.

    ``step``: those alone that are for a step of the activation flow.
    """
    context = await shell(request, session, asking, tab="scripts")
    wanted_library = Library(library) if library in set(Library) else Library.SCRIPT
    if contact:
        shelf = await _of_contact(request, session, asking, contact, wanted_library, step)
    elif chat:
        shelf = await _of_group(request, session, asking, chat)
    else:
        shelf = Shelf()
    wanted = q.strip().casefold()
    found = [
        one
        for one in shelf.offers
        if (not wanted or wanted in one.words) and (not scene or one.purpose == scene)
    ]
    chips = _chips(shelf, q, scene, wanted_library)
    context |= {
        "q": q,
        "scene": scene,
        "library": wanted_library.value,
        "libraries": _libraries(shelf, wanted_library) if contact else [],
        "target": {
            "contact": shelf.contact or None,
            "chat": shelf.chat or None,
            "label": shelf.label,
            "query": shelf.query,
        }
        if shelf.query
        else None,
        "scenes": chips,
        "scripts": [one.card() for one in found[:MOST]],
        "nearest": chips[1:] if not found else [],
        "hidden_count": shelf.hidden,
        "state": None if found else _state(q, shelf, cards.NAMES[wanted_library]),
    }
    return page(request, "scripts", context, fragment="scripts")


async def _of_contact(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    contact: str,
    library: Library,
    step: str,
) -> Shelf:
    """Scripts that may be picked by hand for this customer, or for one step with them."""
    scenes = flow.scenes_of(request.app.state.parts.shelf.of(policy_catalogue.NEXT_STEP), step)
    free = await cards.sendable_scripts(
        session, asking.at, desk_of(request).calendar, library, also=scenes
    )
    if scenes:
        free = [one for one in free if one.scene.startswith(scenes)]
    customer, reach = await customer_of_contact(session, asking.viewer, contact)
    may_send = await sends_to(session, asking.viewer, customer)
    judged = await cards.judged(
        session,
        [cards.free_intent(one, customer, reach, asking.at) for one in free],
        at=asking.at,
        desk=desk_of(request),
    )

    def offer(one: Judged) -> Offer:
        code = one.script.code if one.script else ""
        return Offer(
            one.intent.purpose.value,
            f"{one.intent.title} {one.text or ''} {code}".casefold(),
            lambda: cards.script_card(one, contact=contact, may_send=may_send),
        )

    offers = [offer(one) for one in judged if not one.objections and not one.missing]
    return Shelf(offers, len(judged) - len(offers), customer.name or "客户", contact=contact)


async def _of_group(request: Request, session: AsyncSession, asking: Asking, chat: str) -> Shelf:
    """Group scripts for everybody or for this group's persona. Raises GroupUnknown."""
    fact, people = await group_scripts.seen(session, asking, chat)
    audience = await group_scripts.audience_of(session, asking, fact, people)
    judged, _ = await group_scripts.library(request, session, asking, audience)
    may_send = group_scripts.owns(asking, fact)

    def offer(one: JudgedPost) -> Offer:
        script = one.script
        return Offer(
            script.purpose,
            f"{script.title} {one.text} {script.code}".casefold(),
            lambda: group_scripts.card_of(one, chat, may_send=may_send),
        )

    offers = [
        offer(one)
        for one in judged
        if not one.objections
        and not one.missing
        and (not fact.persona or one.script.persona in (fact.persona, None))
    ]
    return Shelf(offers, len(judged) - len(offers), fact.name or "客户群", chat=chat)


def _libraries(shelf: Shelf, current: Library) -> list[dict[str, Any]]:
    """The libraries of which something may be sent into this chat."""
    return [
        {
            "text": cards.NAMES[one],
            "href": f"/h5/scripts?library={one}&{shelf.query}",
            "current": one == current,
        }
        for one in (Library.SCRIPT, Library.ARTICLE, Library.PRODUCT, Library.MEDIA)
    ]


def _chips(shelf: Shelf, q: str, scene: str, library: Library) -> list[dict[str, Any]]:
    """All, then each purpose that there is, with how many."""
    there = f"&{shelf.query}" if shelf.query else ""
    if library != Library.SCRIPT:
        there += f"&library={library}"
    purposes = Counter(one.purpose for one in shelf.offers)
    every = {
        "text": "全部",
        "n": len(shelf.offers),
        "href": f"/h5/scripts?q={quote(q)}{there}",
        "current": not scene,
    }
    return [every] + [
        {
            "text": cards.KINDS[purpose][0],
            "n": number,
            "href": f"/h5/scripts?q={quote(q)}&scene={purpose}{there}",
            "current": scene == purpose,
        }
        for purpose, number in sorted(purposes.items())
    ]


def _state(q: str, shelf: Shelf, what: str) -> dict[str, Any]:
    if not shelf.query:
        return {
            "kind": "first_use",
            "title": "先打开一个聊天",
            "text": "话术要按客户的风险等级和授权、按群里的人挑选，请从聊天窗口右侧进入。",
            "code": "",
            "action": None,
        }
    whom = "这位客户" if shelf.contact else "这个群"
    return {
        "kind": "no_result",
        "title": f"没有找到“{q}”" if q else f"没有适合{whom}的{what}",
        "text": "可以换个说法，或看看相近的场景。",
        "code": "",
        "action": None,
    }
