"""The ASGI application: callback, pages, twins, health, joined to the parts. Holds no logic."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.staticfiles import StaticFiles

from bot.callback import CallbackEndpoint
from bot.complaining import page as complaint
from bot.feed.endpoint import router as feed_router
from bot.health import router as health_router
from bot.inbox.intake import Intake
from bot.linking import entry as link_entry
from bot.linking import proving as link_proving
from bot.opting_out import page as optout
from bot.reading import choosing as reading_choice
from bot.reading import pages as reading
from bot.reading import pictures as reading_pictures
from bot.reading.limits import Addresses
from bot.sidebar import calls, customer, day, entry, group, library, life, me, refusal, sends, todo
from bot.staff_card import page as staff_card
from bot.welcome_lane import WelcomeLane
from config import policy_catalogue
from console.refusals import refuse, refuse_form
from console.routers import DEMO_ROUTERS, ROUTERS, TWINS
from crm_sync.access import viewer
from crm_sync.facts import Viewer
from crm_sync.row_security import restrict
from kit.errors import AppError
from kit.web.brand import Brand
from kit.web.guard import Site
from kit.web.headers import SecurityHeaders
from kit.web.pages import make_environment
from kit.web.static_files import STATIC_DIR
from wiring.front import Front
from wiring.health import checks
from wiring.importing import feed
from wiring.installation import Installed
from wiring.parts import Parts
from wiring.signing_in import sign_in_routers

ROOT = Path(__file__).resolve().parent.parent
SIDEBAR = (entry, customer, group, sends, todo, calls, day, library, me, refusal, life)
VISITORS = (
    link_entry,
    link_proving,
    optout,
    reading_choice,
    reading,
    reading_pictures,
    staff_card,
    complaint,
)
"""Pages that customers open themselves."""
TEMPLATES = (ROOT / "bot" / "templates", ROOT / "console" / "templates")


@dataclass(frozen=True)
class Face:
    """What must be started and stopped with the application."""

    app: FastAPI
    intake: Intake
    lane: WelcomeLane


def _viewer_of(parts: Parts) -> Callable[[AsyncSession, str, datetime], Awaitable[Viewer]]:
    """Who asks, with what the ownership policy that holds now lets them open and send."""

    async def found(session: AsyncSession, staff_id: str, at: datetime) -> Viewer:
        relations = parts.shelf.of(policy_catalogue.OWNERSHIP).relations
        return await viewer(session, staff_id, at, relations)

    return found


def create_app(parts: Parts, *, knock: Callable[[], None] | None = None) -> Face:
    """The application of one web process. ``knock`` tells a worker of this process to look."""
    settings = parts.settings
    intake = Intake(parts.databases.inbox)
    lane = WelcomeLane(parts.office(), parts.dispatcher("welcome"), parts.clock)

    def arrived(xml: bytes) -> None:
        lane.take(xml)
        if knock is not None:
            knock()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        intake.start()
        yield
        await intake.stop()
        await lane.idle()

    endpoint = None
    if parts.envelope is not None:
        endpoint = CallbackEndpoint(
            parts.envelope, intake, parts.keys.cipher, parts.clock, arrived=arrived
        )
    app = Front(
        endpoint,
        title="Gengyun",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.site = Site(
        database=parts.databases.bank,
        clock=parts.clock,
        limits=parts.limits,
        cookie_key=parts.keys.cookie,
        public_url=settings.public_url.rstrip("/"),
        is_demo=settings.is_demo,
        templates=make_environment(
            TEMPLATES, globals={"brand": Brand(bank=settings.bank_name), "demo": settings.is_demo}
        ),
        viewer_of=_viewer_of(parts),
        brand={"bank": settings.bank_name},
        confine=restrict,
    )
    app.state.parts = parts
    app.state.addresses = Addresses()
    app.state.installation = Installed(parts)
    app.mount("/static", StaticFiles(directory=STATIC_DIR), name="static")
    app.include_router(health_router(checks(parts)))
    for router in (
        *sign_in_routers(parts),
        *(page.router for page in (*SIDEBAR, *VISITORS)),
        *ROUTERS,
    ):
        app.include_router(router, include_in_schema=False)
    for router in DEMO_ROUTERS if settings.is_demo else ():
        app.include_router(router, include_in_schema=False)
    if settings.feeds:
        app.include_router(feed_router(feed(parts)))
    app.include_router(TWINS)
    app.add_exception_handler(AppError, refuse)
    app.add_exception_handler(RequestValidationError, refuse_form)
    ancestors = ("'self'",) if settings.is_demo else ("'self'", "https://*.work.weixin.qq.com")
    app.add_middleware(SecurityHeaders, https=app.state.site.secure, frame_ancestors=ancestors)
    return Face(app, intake, lane)
