"""What a bank system pushes is signed, kept before it is answered, taken once, answered once."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.feed.models import BatchState, FeedBatch
from bot.feed.signing import signature, signed
from crm_sync.imports import import_file
from crm_sync.models import Customer, Holding, ImportReject, ImportRun
from tests.flows.feed.pushing import AT, KEYS, System, given
from tests.flows.imports.given import STAFF, UNITS, rows, written
from tests.flows.site import SiteUnderTest, open_site
from wiring.importing import work_off_feed

pytestmark = pytest.mark.anyio
ROWS: list[dict[str, Any]] = [
    {"customer_no": "620001", "name": "周桂兰", "unit_id": "01", "aum_yuan": 286000.50},
    {"customer_no": "620002", "name": "李四", "unit_id": "01", "attributes.pension": "3200"},
]


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[SiteUnderTest]:
    more = {
        "GENGYUN_FEEDS__CORE__KEYS": given(KEYS),
        "GENGYUN_FEEDS__CORE__KINDS": "customers, holdings",
        "GENGYUN_FEEDS__TAX__KEYS": given({1: b"t" * 32}),
        "GENGYUN_FEEDS__TAX__KINDS": "customers",
        "GENGYUN_FEED__MAX_BYTES": "20000",
        "GENGYUN_FEED__MAX_ROWS": "50",
    }
    async with open_site(database_url, tmp_path, now=lambda: AT, **more) as site:
        for kind, content in (("units", UNITS), ("staff", STAFF)):
            path = written(tmp_path / f"{kind}.csv", content)
            await import_file(site.database, kind, path, by="system:test", at=AT)
        yield site


async def test_rows_that_are_pushed_come_in_with_their_system_as_source(
    site: SiteUnderTest,
) -> None:
    answer = await System(site).push({"rows": ROWS, "source_date": "2026-11-21"}, "b1")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["state"], told["counts"]["added"], told["rejects"]) == ("applied", 2, [])
    first, second = await rows(site.database, Customer, "customer_no")
    assert (first["aum_fen"], first["source"], first["source_date"]) == (
        28_600_050, "core", "2026-11-21",
    )  # fmt: skip
    assert second["attributes"] == {"pension": "3200"}
    (batch,) = await rows(site.database, FeedBatch)
    assert (batch["state"], batch["body"], batch["run_id"]) == ("applied", None, told["run"])
    run = (await rows(site.database, ImportRun))[-1]
    assert (run["origin"], run["by"], run["file_name"]) == ("feed", "system:feed", "core/b1")


async def test_the_same_batch_twice_answers_the_first_result_and_does_nothing(
    site: SiteUnderTest,
) -> None:
    core = System(site)
    first = await core.push({"rows": ROWS}, "b1")
    changed = [ROWS[0] | {"name": "改名"}]
    await core.push({"rows": changed}, "b2")
    runs = len(await rows(site.database, ImportRun))
    again = await core.push({"rows": ROWS}, "b1", at=AT + timedelta(seconds=60))
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(await rows(site.database, ImportRun)) == runs
    customer = (await rows(site.database, Customer, "customer_no"))[0]
    sealed = site.database.cipher.open("customer.name", "620001", customer["name"])
    assert sealed == "改名"


async def test_ten_pushes_of_one_batch_at_once_are_one_load(site: SiteUnderTest) -> None:
    core = System(site)
    answers = await asyncio.gather(*(core.push({"rows": ROWS}, "b1") for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    final = await core.push({"rows": ROWS}, "b1")
    assert final.json()["counts"]["added"] == 2
    loads = [row for row in await rows(site.database, ImportRun) if row["origin"] == "feed"]
    assert [row["state"] for row in loads] == ["applied"]


async def test_another_body_under_a_number_that_was_used_is_refused(site: SiteUnderTest) -> None:
    core = System(site)
    await core.push({"rows": ROWS}, "b1")
    other = await core.push({"rows": ROWS[:1]}, "b1")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "E-2322")
    tax = System(site, "tax", 1)
    tax.secret = b"t" * 32
    assert (await tax.push({"rows": ROWS[:1]}, "b1")).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        {"x-gengyun-signature": "0" * 64},
        {"x-gengyun-signature": ""},
        {"x-gengyun-key": "9"},
        {"x-gengyun-key": "1"},
        {"x-gengyun-system": "tax"},
        {"x-gengyun-system": "nobody"},
        {"x-gengyun-batch": "b2"},
        {"x-gengyun-batch": "../b"},
        {"x-gengyun-timestamp": str(int(AT.timestamp()) + 1)},
        {"x-gengyun-timestamp": "1" * 9},
    ],
)
async def test_an_envelope_that_is_not_right_leaves_nothing_and_tells_nothing(
    site: SiteUnderTest, spoil: dict[str, str]
) -> None:
    core = System(site)
    answer = await core.push({"rows": ROWS}, "b1", spoilt=spoil)
    plain = await site.browser().post("/api/v1/feed/customers", content=b"{}")
    assert (answer.status_code, answer.json()) == (401, plain.json())
    assert await rows(site.database, FeedBatch) == []


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_an_old_or_early_envelope_is_refused(site: SiteUnderTest, seconds: int) -> None:
    answer = await System(site).push({"rows": ROWS}, "b1", at=AT + timedelta(seconds=seconds))
    assert answer.status_code == 401


async def test_the_signature_covers_the_body_and_the_path(site: SiteUnderTest) -> None:
    core = System(site)
    path = "/api/v1/feed/customers"
    body = json.dumps({"rows": ROWS}).encode()
    stamp = int(AT.timestamp())
    sent = {
        "x-gengyun-system": "core",
        "x-gengyun-key": "2",
        "x-gengyun-timestamp": str(stamp),
        "x-gengyun-batch": "b1",
        "x-gengyun-signature": signature(KEYS[2], signed("core", stamp, "b1", path, body)),
    }
    for other, content in ((path, body + b" "), ("/api/v1/feed/holdings", body)):
        assert (await core.client.post(other, content=content, headers=sent)).status_code == 401
    assert (await core.client.post(path, content=body, headers=sent)).status_code == 200


async def test_both_keys_are_good_while_they_rotate(site: SiteUnderTest) -> None:
    assert (await System(site, key=1).push({"rows": ROWS}, "b1")).status_code == 200
    assert (await System(site, key=2).push({"rows": ROWS}, "b2")).status_code == 200


async def test_a_system_pushes_only_what_it_may(site: SiteUnderTest) -> None:
    core = System(site)
    staff = await core.push({"rows": [{"staff_id": "1"}]}, "b1", kind="staff")
    assert (staff.status_code, staff.json()["error"]["code"]) == (403, "E-2321")
    unknown = await core.push({"rows": ROWS}, "b1", kind="clients")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (422, "E-2302")
    assert await rows(site.database, FeedBatch) == []


async def test_each_bad_row_is_in_the_answer_and_the_good_ones_are_in(site: SiteUnderTest) -> None:
    bad: list[dict[str, Any]] = [
        {"customer_no": "620003", "name": {"nested": 1}, "unit_id": "01"},
        {"customer_no": "620004", "name": "半个\ud83d", "unit_id": "01"},
        {"customer_no": "620005", "name": "零\u0000字节", "unit_id": "01"},
        {"customer_no": "620006", "name": "甲", "unit_id": "99"},
        {"customer_no": "620007", "name": "=HYPERLINK(1)", "unit_id": "01"},
        {"customer_no": "620008", "name": "乙", "unit_id": "01", "aum_yuan": -1},
        {"customer_no": "620001", "name": "重复", "unit_id": "01"},
    ]
    answer = await System(site).push({"rows": ROWS + bad}, "b1")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [(one["row"], one["code"]) for one in told["rejects"]] == [
        (3, "E-2217"), (4, "E-2217"), (5, "E-2217"), (6, "E-2231"), (7, "E-2203"), (8, "E-2206"),
        (9, "E-2230"),
    ]  # fmt: skip
    assert told["counts"]["added"] == 2
    assert "HYPERLINK" not in answer.text
    assert len(await rows(site.database, ImportReject)) == 7


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "E-2324"),
        (b"\xff\xfe", "E-2324"),
        (b"[" * 10_000, "E-2324"),
        (b'{"rows": [{"customer_no": NaN}]}', "E-2324"),
        (b'{"rows": [{"customer_no": "1", "customer_no": "2"}]}', "E-2324"),
        (b'{"rows": [{"\\ud800": "1"}]}', "E-2324"),
        (b'{"rows": []}', "E-2324"),
        (b'{"rows": [1]}', "E-2324"),
        (b'{"rows": [{}], "more": 1}', "E-2324"),
        (b'{"rows": [{"customer_no": "1"}], "whole": true}', "E-2324"),
        (b'{"rows": [{"customer_no": "1"}], "source_date": "today"}', "E-2111"),
        (b'{"rows": [{"customer_no": "1", "unit_id": "01"}], "manifest": {"rows": 2}}', "E-2112"),
        (b'{"rows": [{"customer_no": "1", "branch": "01"}]}', "E-2110"),
        (b'{"rows": [{"customer_no": "1", "unit_id": "01", "nick": "a"}]}', "E-2109"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_as_a_whole_and_stays_refused(
    site: SiteUnderTest, body: bytes, code: str
) -> None:
    core = System(site)
    answer = await core.push(body, "b1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert (await core.push(body, "b1")).json() == answer.json()
    assert await rows(site.database, Customer) == []
    (batch,) = await rows(site.database, FeedBatch)
    assert (batch["state"], batch["body"]) == ("refused", None)


async def test_too_much_is_refused_before_it_is_read(site: SiteUnderTest) -> None:
    core = System(site)
    large = await core.push(b" " * 20_001, "b1")
    assert (large.status_code, large.json()["error"]["code"]) == (413, "E-2323")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield b" " * 1_000

    lying = await site.browser().post("/api/v1/feed/customers", content=endless())
    assert lying.status_code == 413
    many = await core.push({"rows": [{"customer_no": str(n)} for n in range(51)]}, "b2")
    assert (many.status_code, many.json()["error"]["code"]) == (413, "E-2323")


async def test_a_whole_push_removes_what_it_lacks_and_a_small_one_is_refused(
    site: SiteUnderTest,
) -> None:
    core = System(site)
    many = [{"customer_no": f"62{n:04d}", "unit_id": "01"} for n in range(10)]
    await core.push({"rows": many}, "b1")
    half = await core.push({"rows": many[:5], "whole": True, "manifest": {"rows": 5}}, "b2")
    assert (half.status_code, half.json()["error"]["code"]) == (422, "E-2301")
    nine = await core.push({"rows": many[:9], "whole": True, "manifest": {"rows": 9}}, "b3")
    assert nine.json()["counts"]["removed"] == 1
    partial = await core.push({"rows": many[:1]}, "b4")
    assert partial.json()["counts"]["removed"] == 0


async def test_what_was_kept_and_not_answered_is_taken_later_in_its_order(
    site: SiteUnderTest,
) -> None:
    core = System(site)
    for number, name in ((1, "先"), (2, "后")):
        await core.push({"rows": [ROWS[0] | {"name": name}]}, f"b{number}")
    cipher = site.database.cipher
    async with site.database.transaction() as session:  # as if the process had died twice
        for number, name in ((1, "先"), (2, "后")):
            body = json.dumps({"rows": [ROWS[0] | {"name": f"再{name}"}]}).encode()
            await session.execute(
                update(FeedBatch)
                .where(FeedBatch.batch_id == f"b{number}")  # type: ignore[arg-type]
                .values(
                    state=BatchState.RECEIVED,
                    body=cipher.seal("feed_batch.body", f"core/b{number}", body),
                    received_at=AT - timedelta(minutes=10 - number),
                    leased_until=AT - timedelta(minutes=1) if number == 1 else None,
                )
            )
    assert await work_off_feed(site.parts, AT) == {"batches": 2}
    assert await work_off_feed(site.parts, AT) == {"batches": 0}
    (customer,) = await rows(site.database, Customer)
    assert cipher.open("customer.name", "620001", customer["name"]) == "再后"


async def test_two_systems_at_once_do_not_spoil_each_other(site: SiteUnderTest) -> None:
    core, tax = System(site), System(site, "tax", 1)
    tax.secret = b"t" * 32
    more = [{"customer_no": f"63{n:04d}", "unit_id": "01"} for n in range(20)]
    await asyncio.gather(
        *(core.push({"rows": ROWS}, f"b{n}") for n in range(3)),
        *(tax.push({"rows": more}, f"b{n}") for n in range(3)),
    )
    await work_off_feed(site.parts, AT)
    assert {row["state"] for row in await rows(site.database, FeedBatch)} == {"applied"}
    assert len(await rows(site.database, Customer)) == 22


async def test_a_feed_of_holdings_finds_its_customers(site: SiteUnderTest) -> None:
    core = System(site)
    await core.push({"rows": ROWS}, "b1")
    holding = {"holding_no": "D1", "customer_no": "620001", "kind": "deposit", "amount_yuan": "1.5"}
    answer = await core.push({"rows": [holding]}, "b2", kind="holdings")
    assert answer.json()["counts"]["added"] == 1
    assert (await rows(site.database, Holding))[0]["amount_fen"] == 150


async def test_without_a_system_in_the_settings_there_is_no_feed(
    database_url: str, tmp_path: Path
) -> None:
    async with open_site(database_url, tmp_path) as site:
        answer = await site.browser().post("/api/v1/feed/customers", content=b"{}")
    assert answer.status_code in (404, 405)
