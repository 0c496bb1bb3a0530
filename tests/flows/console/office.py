"""A bank whose people sit down at the desk: the real application over real databases."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from config.settings import Environment, Settings, WecomSettings
from kit.web import sessions
from tests.flows.crm_sync import bank
from tests.flows.wecom_world import AGENT, CORP, SECRET
from wiring import parts as wiring_parts
from wiring.parts import Parts
from wiring.web import create_app

AT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)  # Wednesday, 10:30 at the bank
PEOPLE: Mapping[str, tuple[str, str]] = {
    "suntao": ("branch", "01"),
    "zhaolei": ("branch", "02"),
    "wangshan": ("ops", "hq"),
    "hejing": ("compliance", "hq"),
    "luomin": ("compliance", "hq"),
    "gaoyuan": ("it", "hq"),
}
ROLES = {
    "branch": "suntao",
    "ops": "wangshan",
    "compliance": "hejing",
    "it": "gaoyuan",
    "rm": "limin",
}


class Clock:
    """The moment at the bank; tests move it."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)


class Desk:
    """One browser at the desk."""

    def __init__(self, office: "Office", client: httpx.AsyncClient, token: str) -> None:
        self._office = office
        self.client = client
        self.token = token

    @property
    def csrf(self) -> str:
        return sessions.csrf_token(self._office.parts.keys.cookie, self.token)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def page(self, path: str) -> str:
        """The HTML of a page that opens."""
        answer = await self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.headers, answer.text[:800])
        return answer.text

    async def post(self, path: str, data: Mapping[str, Any] | None = None) -> httpx.Response:
        return await self.client.post(path, data={"csrf_token": self.csrf, **(data or {})})


class Office:
    """The application with its people."""

    def __init__(self, parts: Parts, app: Any, clock: Clock) -> None:
        self.parts = parts
        self.app = app
        self.clock = clock
        self.database = parts.databases.bank
        self.customers: dict[str, int] = {}
        self._clients: list[httpx.AsyncClient] = []

    def browser(self) -> httpx.AsyncClient:
        """A browser that nobody has signed in with."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://desk", follow_redirects=False
        )
        self._clients.append(client)
        return client

    async def sit(self, staff_id: str) -> Desk:
        """``staff_id`` signs in and sits down."""
        async with self.database.transaction() as session:
            token = await sessions.begin(
                session,
                staff_id=staff_id,
                surface="console",
                means="wecom",
                at=self.clock(),
                limits=self.parts.limits,
            )
        client = self.browser()
        client.cookies.set("gengyun-console", token)
        return Desk(self, client, token)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()
        await self.parts.close()


@asynccontextmanager
async def office(
    url: str,
    directory: Path,
    *,
    environment: Environment = Environment.TEST,
    wecom_base: str = "http://127.0.0.1:9",
) -> AsyncIterator[Office]:
    """The application on the database at ``url``, with an empty bank and a clock that stands."""
    settings = Settings(
        environment=environment,
        database_url=SecretStr(url),
        inbox_url=SecretStr(url),
        data_dir=directory,
        public_url="http://desk",
        wecom=WecomSettings(
            corp_id=CORP,
            agent_id=AGENT,
            secret=SecretStr(SECRET),
            api_base=wecom_base,
            sso_base=wecom_base,
            oauth_base=wecom_base,
        ),
    )
    clock = Clock()
    parts = await wiring_parts.build(settings, now=clock)
    async with parts.databases.bank.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    made = Office(parts, create_app(parts).app, clock)
    try:
        yield made
    finally:
        await made.close()


async def small_bank(session: AsyncSession) -> dict[str, int]:
    """Two branches, a manager and two customers in each, the people of head office."""
    await bank.units(session)
    for staff_id, unit in (("limin", "0101"), ("zhengkai", "0201")):
        await bank.staff(session, staff_id, unit_id=unit)
    for staff_id, (role, unit) in PEOPLE.items():
        await bank.staff(session, staff_id, unit_id=unit)
        await bank.grant(session, staff_id, role, unit)
    return {
        "zhou": await bank.reached_customer(
            session,
            "6210003821",
            owner="limin",
            tier="高端",
            aum_fen=80_000_000,
            phone="13800002071",
        ),
        "chen": await bank.customer(session, "6210007742", owner="limin", tier="中端"),
        "sun": await bank.reached_customer(
            session, "6220001205", owner="zhengkai", unit_id="0201", aum_fen=5_000_000
        ),
        "lin": await bank.customer(session, "6220009917", owner="zhengkai", unit_id="0201"),
    }
