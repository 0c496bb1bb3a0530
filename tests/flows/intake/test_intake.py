"""A callback that was answered 200 is kept, once; anything else is answered alike."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Route

from bot.callback import CallbackEndpoint, ordering_key
from bot.inbox import repository
from bot.inbox.intake import Intake
from kit import clock
from kit.db import Database
from tests.flows.intake.sealing import AES_KEY, CORP, TOKEN, contact_event, sealed
from wecom.crypto import MAX_BODY, CallbackCipher

pytestmark = pytest.mark.anyio


@pytest.fixture
async def wecom_side(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """What WeCom (or a stranger) can reach."""
    intake = Intake(database)
    intake.start()
    endpoint = CallbackEndpoint(
        CallbackCipher(TOKEN, AES_KEY, CORP), intake, database.cipher, clock.now
    )
    app = Starlette(routes=[Route("/wecom/callback", endpoint)])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
        yield client
    await intake.stop()


async def _rows(database: Database) -> list[repository.Listed]:
    async with database.reading() as session:
        return await repository.listed(session)


async def test_an_event_is_kept_once_however_often_wecom_repeats_it(
    wecom_side: httpx.AsyncClient, database: Database
) -> None:
    event = contact_event()
    for _ in range(3):
        query, body = sealed(event)
        answer = await wecom_side.post(f"/wecom/callback?{query}", content=body)
        assert (answer.status_code, answer.content) == (200, b"")
    [row] = await _rows(database)
    assert (row.state, row.ordering_key) == ("new", "contact:wmContact01")


async def test_a_validly_signed_old_envelope_is_still_kept(
    wecom_side: httpx.AsyncClient, database: Database
) -> None:
    query, body = sealed(contact_event(at=1_500_000_000), timestamp="1500000000")
    assert (await wecom_side.post(f"/wecom/callback?{query}", content=body)).status_code == 200
    assert len(await _rows(database)) == 1


async def test_every_bad_envelope_gets_the_same_answer_and_leaves_nothing(
    wecom_side: httpx.AsyncClient, database: Database
) -> None:
    query, body = sealed(contact_event())
    foreign = sealed(contact_event(), corp="ww0000000000000000")
    wrong_token = sealed(contact_event(), token="another")
    moved = query.replace("timestamp=1", "timestamp=").replace("nonce=", "nonce=1")
    requests = [
        ("POST", query.replace("msg_signature=", "msg_signature=0"), body),
        ("POST", moved, body),
        ("POST", "", body),
        ("POST", query, b""),
        ("POST", query, b"<xml/>"),
        ("POST", query, b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + body),
        ("POST", query, body.replace(b"<Encrypt>", b"<Encrypt>x</Encrypt><Encrypt>")),
        ("POST", query, b" " * (MAX_BODY + 1)),
        ("POST", foreign[0], foreign[1]),
        ("POST", wrong_token[0], wrong_token[1]),
        ("GET", query + "&echostr=abc", b""),
        ("GET", "", b""),
        ("PUT", query, body),
    ]
    answers = {
        (answer.status_code, answer.content)
        for answer in [
            await wecom_side.request(method, f"/wecom/callback?{q}", content=b)
            for method, q, b in requests
        ]
    }
    assert answers == {(401, b"refused")}
    assert await _rows(database) == []


async def test_a_database_that_cannot_store_is_a_503_and_never_a_200(
    wecom_side: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as session:
        await session.execute(text("ALTER TABLE inbox_digest RENAME TO away"))
    query, body = sealed(contact_event())
    assert (await wecom_side.post(f"/wecom/callback?{query}", content=body)).status_code == 503
    async with database.transaction() as session:
        await session.execute(text("ALTER TABLE away RENAME TO inbox_digest"))
    assert (await wecom_side.post(f"/wecom/callback?{query}", content=body)).status_code == 200
    assert len(await _rows(database)) == 1


async def test_the_body_at_rest_is_sealed(
    wecom_side: httpx.AsyncClient, database: Database
) -> None:
    query, body = sealed(contact_event(contact="wmSecretPerson"))
    await wecom_side.post(f"/wecom/callback?{query}", content=body)
    async with database.reading() as session:
        stored = (await session.execute(text("SELECT body FROM inbox"))).scalar_one()
        [claimed] = await repository.claim(
            session,
            worker="w",
            at=datetime.now(UTC),
            lease=clock.end_of_bank_day(clock.now()) - clock.now(),
            limit=5,
        )
    assert b"wmSecretPerson" not in bytes(stored)
    assert b"wmSecretPerson" in claimed.xml


@pytest.mark.parametrize(
    ("xml", "key"),
    [
        (b"<xml><ChatId><![CDATA[wrA]]></ChatId><UserID>u</UserID></xml>", "group:wrA"),
        (b"<xml><UserID>u</UserID><ExternalUserID>wmB</ExternalUserID></xml>", "contact:wmB"),
        (b"<xml><UserID><![CDATA[u]]></UserID></xml>", "member:u"),
        (b"<xml><Event>x</Event></xml>", ""),
    ],
)
def test_events_of_one_contact_or_group_share_an_ordering_key(xml: bytes, key: str) -> None:
    assert ordering_key(xml) == key
