"""The archive against a simulated WeCom over its real wire, with the faults such a peer has."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from sqlmodel import col

from archive.activity import sheet
from archive.content import opened
from archive.facts import CompletenessSheet, SearchScope
from archive.ingest import pull
from archive.models import ArchivedMessage, Quarantine
from archive.quarantine import release
from archive.search import Query, search
from kit.clock import now
from kit.db import Database
from simulator.wecom.app import create
from simulator.wecom.modes import Modes
from tests.flows.archive.talks import AT, AUDITOR, Shelf, keys, private_key
from wecom.archive.source import HttpSource, records_in
from wecom.client import WecomClient
from wecom.http import Http

pytestmark = pytest.mark.anyio

VECTORS = Path(__file__).parents[2] / "data" / "archive_vectors"
CUSTOMER = "wmZhouGuilan".ljust(32, "0")
HOUR = timedelta(hours=1)


class Wecom:
    """A simulated WeCom with one member, one customer who agreed, and the archive switched on."""

    def __init__(self) -> None:
        self.simulator = create(Modes(strict=True))
        transport = httpx.ASGITransport(self.simulator)
        self._hand = httpx.AsyncClient(transport=transport, base_url="http://wecom")
        pem = (
            private_key(1)
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        self.simulator.load(
            {
                "corp": {
                    "corp_id": "ww-demo",
                    "apps": [
                        {"agent_id": 1000002, "secret": "secret-of-the-app", "kind": "app"},
                        {"agent_id": 2000004, "secret": "secret-of-the-archive", "kind": "archive"},
                    ],
                    "public_keys": {"1": pem.decode()},
                },
                "departments": [{"id": 1, "name": "青禾银行", "parentid": 0}],
                "members": [{"userid": "LiMin", "name": "李敏", "archive_edition": 2}],
                "customers": [
                    {
                        "external_userid": CUSTOMER,
                        "name": "周桂兰",
                        "followers": [{"userid": "LiMin", "agreed": True}],
                    }
                ],
            }
        )
        client = WecomClient(
            Http("http://wecom", transport=transport), "ww-demo", "secret-of-the-archive"
        )
        self.source = HttpSource(client)

    async def post(self, path: str, body: Any) -> Any:
        answer = await self._hand.post(f"/_sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def talk(self, lines: int, first: int = 0) -> None:
        for number in range(first, first + lines):
            speaker, to = ("LiMin", CUSTOMER) if number % 2 else (CUSTOMER, "LiMin")
            await self.post(
                "act", {"act": "say", "speaker": speaker, "to": to, "text": f"第{number}句理财"}
            )

    async def fault(self, kind: str, **more: object) -> None:
        await self.post("faults", {"kind": kind, "path": "message/getchatdata", **more})


@asynccontextmanager
async def wecom() -> AsyncIterator[Wecom]:
    there = Wecom()
    try:
        yield there
    finally:
        await there.simulator.aclose()


async def _sheet(database: Database) -> CompletenessSheet:
    async with database.reading() as session:
        return await sheet(session)


async def test_what_is_said_on_the_phone_is_found_in_the_archive(database: Database) -> None:
    async with wecom() as there:
        await there.talk(12)
        at = now() + HOUR
        report = await pull(database, there.source, keys(), at=at, page_size=5)
    assert (report.pages, report.stored, report.quarantined) == (3, 12, 0)
    async with database.transaction() as session:
        found = await search(
            session, SearchScope(), Query(words="理财", person=CUSTOMER), AUDITOR, at=at, limit=5
        )
    assert [message.text for message in found.messages] == [
        f"第{number}句理财" for number in range(11, 6, -1)
    ]


async def test_the_sheet_balances_whatever_the_peer_does(database: Database) -> None:
    async with wecom() as there:
        await there.talk(20)
        faults = ("archive_repeat", "archive_wrong_key", "archive_garbled", "archive_hole")
        for skip, kind in enumerate(faults, 1):
            await there.fault(kind, count=1, skip=skip)
        at = now() + HOUR
        first = await pull(database, there.source, keys(), at=at, page_size=4)
        balance = await _sheet(database)
        assert (balance.stored, balance.open_holes, balance.quarantined) == (17, 1, 2)
        assert (first.position, balance.unexplained) == (20, 0)
        async with database.reading() as session:
            causes = set((await session.execute(select(col(Quarantine.cause)))).scalars())
        assert causes == {"key_unknown", "layout"}
        await there.talk(4, first=20)
        second = await pull(database, there.source, keys(), at=at + HOUR, page_size=4)
    assert (second.stored, second.late, second.absent) == (4, 1, 0)
    newer = {1: private_key(1), 2: private_key(1)}
    assert await release(database, newer, at=at + 2 * HOUR) == (2, 1)
    balance = await _sheet(database)
    assert (balance.stored, balance.open_holes, balance.quarantined) == (23, 0, 1)
    assert (balance.last_seq, balance.unexplained) == (24, 0)


async def test_records_that_tencents_library_opens_are_archived_as_they_are(
    database: Database,
) -> None:
    numbers = json.loads((VECTORS / "test_key_v1_numbers.json").read_bytes())
    answer = json.loads((VECTORS / "getchatdata.response.json").read_bytes())
    expected = json.loads((VECTORS / "expected_plaintext.json").read_bytes())
    there = Shelf(records_in("message/getchatdata", answer))
    private = {1: _key(numbers)}
    report = await pull(database, there, private, at=AT)
    assert (report.stored, report.quarantined) == (len(expected), 0)
    async with database.reading() as session:
        rows = (
            (await session.execute(select(ArchivedMessage).order_by(col(ArchivedMessage.seq))))
            .scalars()
            .all()
        )
        found = [json.loads(opened(database.cipher, row).raw) for row in rows]
        times = [(row.sent_at, row.time_given) for row in rows]
    assert found == [one["plaintext"] for one in expected]
    assert times[0] == (datetime(2023, 11, 14, 22, 13, 20, 1000, tzinfo=UTC), True)


def _key(numbers: dict[str, Any]) -> Any:
    p, q, d, dmp1, dmq1, iqmp, n = (
        int(numbers[name], 16) for name in ("p", "q", "d", "dmp1", "dmq1", "iqmp", "n")
    )
    return RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=dmp1,
        dmq1=dmq1,
        iqmp=iqmp,
        public_numbers=RSAPublicNumbers(numbers["e"], n),
    ).private_key()
