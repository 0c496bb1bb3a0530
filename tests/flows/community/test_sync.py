"""The nightly reading of all groups: whatever events were lost, the picture is right after it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from community.facts import GroupScope
from community.models import GroupSync
from community.repository import group, groups, happened
from community.sync import sync_groups
from kit.db import Database
from simulator.wecom.app import create
from simulator.wecom.modes import Modes
from wecom.client import WecomClient
from wecom.errors import WecomError
from wecom.http import Http

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ALL = GroupScope()
OWNERS = ["LiMin", "ZhengKai"]


class Wecom:
    """A simulated WeCom with two members and some groups, and a client to it."""

    def __init__(self) -> None:
        self.simulator = create(Modes(strict=True, group_lag_s=0))
        self._transport = httpx.ASGITransport(self.simulator)
        self._hand = httpx.AsyncClient(transport=self._transport, base_url="http://wecom")
        self.simulator.load(
            {
                "corp": {
                    "corp_id": "ww-demo",
                    "apps": [{"agent_id": 1000002, "secret": "secret-of-the-app", "kind": "app"}],
                },
                "departments": [{"id": 1, "name": "青禾银行", "parentid": 0}],
                "members": [{"userid": userid, "name": userid} for userid in OWNERS],
                "customers": [
                    {
                        "external_userid": f"wmCustomer{number}".ljust(32, "0"),
                        "name": f"客户{number}",
                        "followers": [{"userid": "LiMin"}],
                    }
                    for number in range(3)
                ],
            }
        )
        self.client = WecomClient(
            Http("http://wecom", transport=self._transport), "ww-demo", "secret-of-the-app"
        )

    async def post(self, path: str, body: Any) -> Any:
        answer = await self._hand.post(f"/_sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def make(self, number: int, owner: str = "LiMin") -> str:
        chat_id = f"wr{number:030d}"
        people = [f"wmCustomer{number % 3}".ljust(32, "0")]
        await self.act(
            "create_group", owner=owner, name=f"群{number}", members=people, chat_id=chat_id
        )
        return chat_id

    async def act(self, act: str, **fields: Any) -> None:
        await self.post("act", {"act": act, **fields})


@asynccontextmanager
async def wecom() -> AsyncIterator[Wecom]:
    there = Wecom()
    try:
        yield there
    finally:
        await there.simulator.aclose()


async def test_every_group_of_every_owner_is_read_page_by_page(database: Database) -> None:
    async with wecom() as there:
        for number in range(7):
            await there.make(number, OWNERS[number % 2])
        report = await sync_groups(
            database, there.client, OWNERS, at=AT, unit_of={"LiMin": "0101"}, page_size=2
        )
        again = await sync_groups(
            database, there.client, OWNERS, at=AT + timedelta(days=1), page_size=3
        )
    assert (report.read, report.created, report.changed, report.finished) == (7, 7, 0, True)
    assert (again.read, again.created, again.changed, again.dismissed) == (7, 0, 0, 0)
    async with database.reading() as session:
        found = await groups(session, ALL)
    assert {one.name for one in found} == {f"群{number}" for number in range(7)}
    assert {one.unit_id for one in found if one.owner_userid == "limin"} == {"0101"}
    assert all((one.staff, one.external) == (1, 1) for one in found)


async def test_lost_events_are_mended_and_lost_dismissals_found(database: Database) -> None:
    async with wecom() as there:
        chats = [await there.make(number) for number in range(3)]
        await sync_groups(database, there.client, OWNERS, at=AT)
        await there.act("rename_group", chat_id=chats[0], name="新名字")
        await there.act("join", chat_id=chats[0], userid="ZhengKai")
        await there.act("dismiss_group", chat_id=chats[1])
        report = await sync_groups(database, there.client, OWNERS, at=AT + timedelta(hours=1))
    assert (report.created, report.changed, report.dismissed) == (0, 1, 1)
    async with database.reading() as session:
        mended = await group(session, ALL, chats[0])
        acts = {
            one.act for one in await happened(session, chats[0], since=AT + timedelta(minutes=1))
        }
        gone = await group(session, ALL, chats[1])
    assert (mended.name, mended.staff) == ("新名字", 2)
    assert "renamed" in acts
    assert gone.dismissed_at == AT + timedelta(hours=1)


async def test_a_run_that_was_broken_off_goes_on_where_it_stopped(database: Database) -> None:
    async with wecom() as there:
        for number in range(6):
            await there.make(number)
        await there.post(
            "faults",
            {
                "kind": "code",
                "path": "externalcontact/groupchat/get",
                "code": 45009,
                "skip": 4,
                "count": 50,
            },
        )
        with pytest.raises(WecomError):
            await sync_groups(database, there.client, OWNERS, at=AT, page_size=2)
        async with database.reading() as session:
            half = (await session.execute(select(GroupSync))).scalar_one()
            assert (half.counts["read"], half.finished_at, bool(half.cursor)) == (4, None, True)
        await there._hand.delete("/_sim/faults")
        report = await sync_groups(
            database, there.client, OWNERS, at=AT + timedelta(minutes=5), page_size=2
        )
    assert (report.read, report.created, report.finished) == (6, 6, True)


async def test_a_cursor_that_wecom_no_longer_knows_starts_its_batch_again(
    database: Database,
) -> None:
    async with wecom() as there:
        for number in range(3):
            await there.make(number)
        async with database.transaction() as session:
            session.add(
                GroupSync(
                    name="groups",
                    cursor="a-cursor-of-last-week",
                    started_at=AT,
                    counts={"read": 0, "created": 0, "changed": 0, "dismissed": 0},
                )
            )
        report = await sync_groups(database, there.client, OWNERS, at=AT + timedelta(days=7))
    assert (report.created, report.finished) == (3, True)
