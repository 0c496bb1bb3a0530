"""The real application on a test's own database, beside a simulated WeCom."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from config.settings import Settings, load
from kit import clock
from kit.web import sessions
from kit.web.sessions import csrf_token
from simulator.wecom.app import create
from simulator.wecom.modes import Modes
from tests.flows.wecom_world import AES_KEY, AGENT, CORP, SECRET, TOKEN
from wecom.http import Http
from wiring.parts import Clock, Parts, build
from wiring.web import create_app

ORIGIN = "http://127.0.0.1:8000"


def test_settings(database_url: str, directory: Path, **more: str) -> Settings:
    """Settings of an installation that tests may do anything with."""
    return load(
        {
            "GENGYUN_ENVIRONMENT": "test",
            "GENGYUN_DATABASE_URL": database_url,
            "GENGYUN_INBOX_URL": database_url,
            "GENGYUN_DATA_DIR": str(directory),
            "GENGYUN_PUBLIC_URL": ORIGIN,
            "GENGYUN_WECOM__CORP_ID": CORP,
            "GENGYUN_WECOM__AGENT_ID": str(AGENT),
            "GENGYUN_WECOM__SECRET": SECRET,
            "GENGYUN_WECOM__API_BASE": "http://wecom",
            "GENGYUN_WECOM__CALLBACK_TOKEN": TOKEN,
            "GENGYUN_WECOM__CALLBACK_AES_KEY": AES_KEY,
            **more,
        }
    )


class Visitor:
    """A person's browser at the application."""

    def __init__(self, client: httpx.AsyncClient, token: str, cookie_key: bytes) -> None:
        self.client = client
        self.headers = {"x-csrf-token": csrf_token(cookie_key, token), "origin": ORIGIN}

    async def get(self, path: str, *, hx: bool = False) -> httpx.Response:
        return await self.client.get(path, headers={"hx-request": "true"} if hx else {})

    async def post(
        self, path: str, data: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        return await self.client.post(path, data=dict(data or {}), headers=self.headers | headers)


class SiteUnderTest:
    """The application, its parts and the doors to it."""

    def __init__(self, app: Any, parts: Parts, world: Any) -> None:
        self.app = app
        self.parts = parts
        self.world = world
        self.database = parts.databases.bank

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)

    async def signed_in(self, staff_id: str, surface: str = "h5") -> Visitor:
        """Somebody who has signed in on a surface."""
        async with self.database.transaction() as session:
            token = await sessions.begin(
                session,
                staff_id=staff_id,
                surface=surface,
                means="wecom",
                at=self.parts.clock(),
                limits=self.parts.limits,
            )
        client = self.browser()
        client.cookies.set(f"gengyun-{surface}", token)
        return Visitor(client, token, self.parts.keys.cookie)


@asynccontextmanager
async def open_site(
    database_url: str, directory: Path, *, now: Clock = clock.now, **more: str
) -> AsyncIterator[SiteUnderTest]:
    """The application over an empty, migrated database; WeCom is simulated in this process."""
    world = create(Modes(strict=True))
    http = Http("http://wecom", transport=httpx.ASGITransport(world))
    settings = test_settings(database_url, directory, **more)
    parts = await build(settings, now=now, http=http, gateway=httpx.ASGITransport(world))
    face = create_app(parts)
    face.intake.start()
    try:
        yield SiteUnderTest(face.app, parts, world)
    finally:
        await face.intake.stop()
        await face.lane.idle()
        await parts.close()
        await world.aclose()


def words_of(html: str) -> str:
    """What a person reads of a page: tags gone, spaces folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()
