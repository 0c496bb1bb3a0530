"""A customer with a phone in hand, at the real application beside a simulated WeCom and gateway."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from kit import clock
from simulator.wecom.state.phones import SECRET
from tests.flows.crm_sync import bank
from tests.flows.site import ORIGIN, SiteUnderTest, open_site
from tests.flows.wecom_world import AGENT, CORP
from tests.flows.wecom_world import SECRET as APP_SECRET

ZHOU, ZHOU_PHONE, ZHOU_NAME = "6210003821", "13800002071", "客户6210003821"
NOBODYS_PHONE = "13911119999"
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')


class Clock:
    """The moment at the bank; the simulated WeCom is moved along."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return clock.now() + self.offset


class Desk:
    """The site, the people of the simulator, and the customers' browsers."""

    def __init__(self, site: SiteUnderTest, people: httpx.AsyncClient, time: Clock) -> None:
        self.site = site
        self.people = people
        self.time = time
        self.database = site.database
        self.customers: dict[str, int] = {}

    async def advance(self, **units: float) -> None:
        """Time passes on both sides."""
        step = timedelta(**units)
        self.time.offset += step
        await self.sim("clock", {"advance_s": step.total_seconds()})

    async def sim(self, path: str, body: Any) -> Any:
        answer = await self.people.post(f"/_sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def codes(self, phone: str = "") -> list[dict[str, Any]]:
        """The codes that arrived, newest first."""
        answer = await self.people.get("/_sim/codes", params={"phone": phone})
        found: list[dict[str, Any]] = answer.json()["codes"]
        return found

    def visitor(self, external_userid: str, address: str = "203.0.113.7") -> "Visitor":
        transport = httpx.ASGITransport(self.site.app, client=(address, 40_000))
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
        return Visitor(self, client, external_userid)


class Visitor:
    """One customer's browser."""

    def __init__(self, desk: Desk, client: httpx.AsyncClient, external_userid: str) -> None:
        self.desk = desk
        self.client = client
        self.external_userid = external_userid

    async def oauth(self, **who: str) -> str:
        """The path that WeChat sends this browser back to, with code and state."""
        begun = await self.client.get("/o/link/start")
        assert begun.status_code == 303, begun.text
        target = httpx.URL(begun.headers["location"])
        chosen = who or {"as_customer": self.external_userid}
        back = await self.desk.people.get(target.path, params={**target.params, **chosen})
        assert back.status_code == 302, back.text
        return str(httpx.URL(back.headers["location"]).raw_path, "ascii")

    async def arrive(self) -> httpx.Response:
        """As far as the form for name and number."""
        back = await self.client.get(await self.oauth())
        assert back.headers["location"] == "/o/link/who", back.text
        return await self.client.get("/o/link/who")

    async def post(self, path: str, data: dict[str, Any], **headers: str) -> httpx.Response:
        """A form of our own page, with its token."""
        shown = await self.client.get(path)
        found = TOKEN.search(shown.text)
        token = found.group(1) if found else ""
        return await self.client.post(path, data={"csrf_token": token, **data}, headers=headers)

    async def ask(
        self, phone: str = ZHOU_PHONE, name: str = ZHOU_NAME, **more: Any
    ) -> httpx.Response:
        return await self.post(
            "/o/link/who", {"name": name, "phone": phone, "agree": "yes", **more}
        )

    async def prove(self, code: str) -> httpx.Response:
        return await self.post("/o/link/code", {"code": code})

    async def link(self, phone: str = ZHOU_PHONE, name: str = ZHOU_NAME, **more: Any) -> str:
        """The whole way with the code that arrives; returns the last page."""
        await self.arrive()
        asked = await self.ask(phone, name, **more)
        assert asked.status_code == 303, asked.text
        proved = await self.prove((await self.desk.codes(phone))[0]["code"])
        assert proved.headers.get("location") == "/o/link/done", proved.text
        done = await self.client.get("/o/link/done")
        return done.text


async def people_of_the_bank(session: AsyncSession) -> dict[str, int]:
    """Two managers; Zhou, whose number is known; two of one family who share a number."""
    await bank.units(session)
    for staff_id, unit in (("limin", "0101"), ("wangfang", "0102")):
        await bank.staff(session, staff_id, unit_id=unit)
    return {
        "zhou": await bank.customer(session, ZHOU, owner="limin", phone=ZHOU_PHONE),
        "chen": await bank.customer(session, "6210007742", owner="limin", phone="13700000001"),
        "son": await bank.customer(session, "6210007743", owner="limin", phone="13700000001"),
        "lin": await bank.customer(session, "6220009917", owner="wangfang", unit_id="0102"),
    }


@asynccontextmanager
async def open_desk(database_url: str, directory: Path) -> AsyncIterator[Desk]:
    """The application with its gateway, over an empty bank; wm-1 and wm-2 are limin's friends."""
    time = Clock()
    more = {
        "GENGYUN_CODES__URL": "http://gateway/sms/send",
        "GENGYUN_CODES__SECRET": SECRET,
        "GENGYUN_WECOM__OAUTH_BASE": "http://wecom",
    }
    async with open_site(database_url, directory, now=time, **more) as site:
        transport = httpx.ASGITransport(site.world)
        async with httpx.AsyncClient(transport=transport, base_url="http://wecom") as people:
            desk = Desk(site, people, time)
            await desk.sim(
                "load",
                {
                    "corp": {
                        "corp_id": CORP,
                        "name": "青禾银行",
                        "apps": [
                            {
                                "agent_id": AGENT,
                                "secret": APP_SECRET,
                                "kind": "app",
                                "customer_api": True,
                            }
                        ],
                    },
                    "departments": [{"id": 1, "name": "青禾银行", "parentid": 0}],
                    "members": [{"userid": "limin", "name": "李敏", "departments": [1]}],
                },
            )
            now = time()  # five past an hour: no test straddles two windows of a limit
            await desk.advance(seconds=3_900 - now.minute * 60 - now.second)
            yield desk
