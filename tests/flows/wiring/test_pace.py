"""The limits of the policy reach the calls; a refusal and an empty budget become Busy."""

from dataclasses import replace

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from config import call_limit_policy
from config.call_limit_policy import CallLimitPolicy
from kit.db import Database
from tests.flows.wecom_world import AGENT, CORP, SECRET, wecom_world
from wecom.client import WecomClient
from wecom.errors import Busy
from wecom.http import Http
from wiring.pace import limits_of, pace_in

pytestmark = pytest.mark.anyio

READ = "externalcontact/get_follow_user_list"
CARD = {"agentid": AGENT, "msgtype": "text", "text": {"content": "早上好"}}


def _policy(**changes: object) -> CallLimitPolicy:
    whole = call_limit_policy.load().model_dump()
    for name, part in changes.items():
        whole[name] |= part
    return CallLimitPolicy.model_validate(whole)


def test_each_api_has_the_limits_of_its_page() -> None:
    policy = call_limit_policy.load()
    own, address = limits_of(policy, READ)
    assert (own.spans, own.blocks) == (((60, 10_000), (3_600, 150_000)), True)
    assert (address.spans, address.blocks) == (((60, 20_000), (3_600, 600_000)), False)
    moment = limits_of(policy, "externalcontact/add_moment_task")[0]
    assert moment.spans == ((60, 10), (3_600, 150_000), (30 * 86_400, 100_000))
    (message,) = limits_of(policy, "message/send")
    assert message.spans == ()
    assert replace(message, scope="") != replace(own, scope="")


async def test_wecom_never_refuses_a_client_that_knows_its_limits(database: Database) -> None:
    policy = _policy(api={"minute": 20, "hour": 200}, pace={"patience_seconds": 0})
    pace = pace_in(database, lambda: policy)
    async with wecom_world(api_per_minute=20, api_per_hour=200) as world:
        http = Http("http://wecom", transport=httpx.ASGITransport(world.app))
        client = WecomClient(http, CORP, SECRET, limiter=pace)
        with pytest.raises(Busy) as full:
            for _ in range(40):
                await client.call(READ, idempotent=True)
        rows = await world.called(READ)
    assert (len(rows), {row["errcode"] for row in rows}) == (19, {0})
    assert full.value.errcode is None
    assert 0 < full.value.retry_after_s <= 62


async def test_a_refusal_of_wecom_is_heard_by_every_process(database: Database) -> None:
    policy = _policy(pace={"patience_seconds": 0})
    async with wecom_world() as world:
        http = Http("http://wecom", transport=httpx.ASGITransport(world.app))
        one, other = (
            WecomClient(http, CORP, SECRET, limiter=pace_in(database, lambda: policy))
            for _ in range(2)
        )
        await world.fault(kind="rate_limit", path=READ, count=1)
        with pytest.raises(Busy, match="45009"):
            await one.call(READ, idempotent=True)
        with pytest.raises(Busy) as closed:
            await other.call(READ, idempotent=True)
        assert 50 < closed.value.retry_after_s <= 60
        assert len(await world.called(READ)) == 1
        await other.call("externalcontact/get_corp_tag_list", {}, idempotent=True)


async def test_the_thirty_first_message_of_a_minute_is_not_sent_because_it_would_be_dropped(
    database: Database,
) -> None:
    policy = _policy(member={"minute": 3}, share={"service": 100}, pace={"patience_seconds": 0})
    async with wecom_world() as world:
        http = Http("http://wecom", transport=httpx.ASGITransport(world.app))
        client = WecomClient(http, CORP, SECRET, limiter=pace_in(database, lambda: policy))
        for number in range(3):
            body = {**CARD, "touser": "limin", "text": {"content": f"第{number}条"}}
            await client.call("message/send", body, idempotent=True)
        with pytest.raises(Busy):
            await client.call("message/send", {**CARD, "touser": "LiMin"}, idempotent=True)
        assert len(await world.called("message/send")) == 3


async def test_where_the_database_does_not_answer_nothing_is_sent(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("DROP TABLE call_book"))
    async with wecom_world() as world:
        http = Http("http://wecom", transport=httpx.ASGITransport(world.app))
        pace = pace_in(database, call_limit_policy.load)
        client = WecomClient(http, CORP, SECRET, limiter=pace)
        with pytest.raises(Busy, match="no permit"):
            await client.call(READ, idempotent=True)
        assert await world.called(READ) == []


async def test_an_object_that_is_being_changed_closes_nothing(database: Database) -> None:
    policy = _policy(pace={"patience_seconds": 0})
    async with wecom_world() as world:
        http = Http("http://wecom", transport=httpx.ASGITransport(world.app))
        client = WecomClient(http, CORP, SECRET, limiter=pace_in(database, lambda: policy))
        await world.fault(kind="code", code=45035, path=READ, count=1)
        with pytest.raises(Busy, match="45035"):
            await client.call(READ, idempotent=True)
        await client.call(READ, idempotent=True)


async def test_how_full_the_limits_are_is_told_without_naming_a_member(database: Database) -> None:
    policy = _policy(api={"minute": 20, "hour": 200})
    pace = pace_in(database, lambda: policy)
    assert await pace.fullness() == []
    async with wecom_world() as world:
        http = Http("http://wecom", transport=httpx.ASGITransport(world.app))
        client = WecomClient(http, CORP, SECRET, limiter=pace)
        for _ in range(5):
            await client.call(READ, idempotent=True)
        await client.call("message/send", {**CARD, "touser": "limin"}, idempotent=True)
        await pace.pacer.flush(all_of_them=True)
        own, *others = await pace.fullness()
        assert (own.scope, own.used, own.most, own.span) == (f"api:{READ}", 5, 20, 60)
        assert {one.scope for one in others} == {"address", "api:message/send"}
        await world.fault(kind="rate_limit", path=READ, count=1)
        with pytest.raises(Busy, match="45009"):
            await client.call(READ, idempotent=True)
    await pace.measure()
    labels = {"scope": f"api:{READ}"}
    closed = REGISTRY.get_sample_value("call_closed_seconds", labels)
    assert closed is not None
    assert 50 < closed <= 60
    used = REGISTRY.get_sample_value("call_window_used", labels)
    assert used is not None
    assert used >= 5 / 20
