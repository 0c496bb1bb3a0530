"""/o/c/…: an article, who is asked before anything is kept, and the way to pass it on.

Without an agreement there is a count of openings and nothing else. With one, and once WeChat has
named the reader, there is a visit: visible seconds and how far down, told by a small script of
ours; without script the page reads the same. Nothing here trusts what a browser claims to be.
"""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.shell import HOME, face, page, policy_of, refused, shared_by
from config import policy_catalogue
from content_library.articles import published
from content_library.facts import ArticleFacts
from content_library.item_rules import TOPICS
from crm_sync.readings import keeping, links
from crm_sync.readings.errors import ArticleGone, ReadingLinkBroken, TooManyOpenings
from crm_sync.readings.links import Shared
from crm_sync.readings.rules import Face, person_opens
from kit.web.guard import Writing, public, site_of

router = APIRouter()
TOKEN_AT_MOST: Final = 400


async def article_of(session: AsyncSession, shared: Shared, at: datetime) -> ArticleFacts:
    """The article as it is in use now. Raises ArticleGone."""
    found = await published(session, shared.code, at)
    if found is None:
        raise ArticleGone("这篇内容已经下架", do="想看新的，请问您的客户经理")
    return found


def remembered(article: ArticleFacts) -> keeping.Page:
    """What of an article a visit remembers."""
    return keeping.Page(article.title, article.personas, TOPICS.get(article.topic, ""))


@router.get(
    HOME + "/{token}",
    response_class=HTMLResponse,
    dependencies=[public("a shared article; the sealed token says which, and tells nobody else")],
)
async def read(request: Request, session: Writing, token: str) -> Response:
    """The article; asked, kept or quiet as its reader has said."""
    site, parts = site_of(request), request.app.state.parts
    at, policy = site.clock(), policy_of(request)
    try:
        _within(request, at, policy.requests_per_minute)
        shared = shared_by(request, token[:TOKEN_AT_MOST], at)
        article = await article_of(session, shared, at)
    except (ReadingLinkBroken, ArticleGone, TooManyOpenings) as refusal:
        return refused(request, refusal)
    how, named = await face(request, session, shared, at)
    agent = request.headers.get("user-agent", "")
    ahead = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    if person_opens(agent, ahead, policy):
        passed = shared.generation > 0 and not named
        await keeping.count_opening(session, shared, at, forwarded=passed)
    visit = ""
    if how is Face.KEEPING:
        number = await keeping.begin(session, shared, remembered(article), at, policy)
        visit = links.visit_token(parts.keys.cipher, number, shared.customer_id, at)
    return page(request, "article", _context(request, article, token, how, visit))


def _context(
    request: Request, article: ArticleFacts, token: str, how: Face, visit: str
) -> dict[str, Any]:
    policy = policy_of(request)
    return {
        "a": {
            "title": article.title,
            "publisher": article.publisher,
            "source": article.source,
            "published_on": article.published_on,
            "blocks": [
                {"kind": one.kind, "text": one.text, "material": one.material}
                for one in article.blocks
            ],
        },
        "token": token,
        "face": how.value,
        "visit": visit,
        "notice": policy.notice,
        "lines": policy.lines,
    }


@router.post(
    HOME + "/seen",
    include_in_schema=False,
    dependencies=[public("the sealed visit says whose it is; kept only while the consent holds")],
)
async def seen(
    request: Request,
    session: Writing,
    v: Annotated[str, Form(max_length=TOKEN_AT_MOST)] = "",
    s: Annotated[int, Form(ge=0, le=86_400)] = 0,
    d: Annotated[int, Form(ge=0, le=100)] = 0,
) -> Response:
    """Visible seconds and depth so far; 204 whatever becomes of it."""
    site, shelf = site_of(request), request.app.state.parts.shelf
    at, policy = site.clock(), policy_of(request)
    gone = Response(status_code=204)
    try:
        _within(request, at, policy.requests_per_minute)
        visit_no, customer_id = links.visit_of(request.app.state.parts.keys.cipher, v, at)
    except (ReadingLinkBroken, TooManyOpenings):
        return gone
    if not await _still_agreed(request, session, customer_id, at):
        return gone
    await keeping.seen(
        session,
        visit_no,
        seconds=s,
        depth=d,
        at=at,
        policy=policy,
        personas=shelf.of(policy_catalogue.PERSONAS),
    )
    return gone


@router.post(
    HOME + "/pass",
    include_in_schema=False,
    dependencies=[public("the sealed token is turned into one that names nobody")],
)
async def pass_on(
    request: Request,
    session: Writing,
    t: Annotated[str, Form(alias="csrf_token", max_length=TOKEN_AT_MOST)] = "",
    v: Annotated[str, Form(max_length=TOKEN_AT_MOST)] = "",
) -> Response:
    """To the page that may be passed on; that somebody passed it on is kept where they agreed."""
    site, cipher = site_of(request), request.app.state.parts.keys.cipher
    at = site.clock()
    try:
        shared = shared_by(request, t, at)
        if v and shared.customer_id:
            visit_no, customer_id = links.visit_of(cipher, v, at)
            if await _still_agreed(request, session, customer_id, at):
                await keeping.passed_on(session, visit_no)
    except ReadingLinkBroken as refusal:
        return refused(request, refusal)
    child = links.share_token(cipher, links.child_of(shared), at)
    return RedirectResponse(f"{HOME}/{child}", status_code=303)


async def _still_agreed(
    request: Request, session: AsyncSession, customer_id: int, at: datetime
) -> bool:
    own = Shared("", 0, "", "", customer_id, "")
    return (await face(request, session, own, at))[0] is Face.KEEPING


def _within(request: Request, at: datetime, most: int) -> None:
    address = request.client.host if request.client else ""
    if not request.app.state.addresses.within(address, at, most):
        raise TooManyOpenings("打开得太快了", do="请一分钟后再试")
