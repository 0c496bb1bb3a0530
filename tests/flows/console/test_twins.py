"""Every page has a twin for machines: the same guard, the same rows, nothing more."""

import re

import pytest
from fastapi.routing import APIRoute

from console.routers import TWINS
from kit.ledger.reading import Wanted, page
from tests.flows.console.office import Desk, Office

pytestmark = pytest.mark.anyio


async def _read(desk: Desk, path: str) -> dict[str, object]:
    answer = await desk.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, object] = answer.json()
    return found


async def test_a_twin_lists_what_its_page_lists_and_no_name_in_full(desk_office: Office) -> None:
    desk = await desk_office.sit("wangshan")
    shown = await desk.page("/c/customers?unit=01")
    answer = await _read(desk, "/c/customers?unit=01")
    assert isinstance(answer["data"], dict)
    rows = answer["data"]["customers"]
    assert len(rows) == shown.count("data-row") == 2
    assert {one["href"] for one in rows} == set(
        re.findall(r'href="(/c/customers/\d+)" class="tlink b"', shown)
    )
    assert "客户62" not in str(answer)
    assert "csrf_token" not in str(answer)


async def test_a_look_through_a_twin_is_recorded_like_any_other(desk_office: Office) -> None:
    desk = await desk_office.sit("hejing")
    answer = await _read(desk, f"/c/customers/{desk_office.customers['zhou']}")
    async with desk_office.database.reading() as session:
        looks = await page(session, Wanted(kind="access"))
    assert [one.act for one in looks] == ["customer.viewed"]
    assert str(answer["view_ref"]).endswith(f"#{looks[0].seq}")


async def test_a_twin_refuses_as_its_page_does_with_a_code(desk_office: Office) -> None:
    stranger = await desk_office.browser().get("/api/v1/c/customers")
    assert stranger.status_code == 401
    assert stranger.json()["error"]["code"] == "E-3001"
    it = await desk_office.sit("gaoyuan")
    denied = await it.get("/api/v1/c/customers")
    assert denied.status_code == 403
    assert denied.json()["error"]["code"] == "E-3102"
    missing = await it.get("/api/v1/c/imports/77")
    assert missing.json()["error"]["code"] == "E-3225"
    first = await it.get("/api/v1/c/")
    assert first.headers["location"] == "/api/v1/c/health"


async def test_every_twin_that_needs_nothing_answers_and_is_in_the_schema(
    desk_office: Office,
) -> None:
    people = {"ops": "wangshan", "compliance": "hejing", "it": "gaoyuan", "branch": "suntao"}
    desks = {role: await desk_office.sit(who) for role, who in people.items()}
    schema = (await desks["it"].get("/api/v1/openapi.json")).json()["paths"]
    twins = [one for one in TWINS.routes if isinstance(one, APIRoute)]
    assert len(twins) > 30
    assert set(schema) == {one.path_format for one in twins}
    for route in twins:
        needs = any(one.field_info.is_required() for one in route.dependant.query_params)
        if "{" in route.path or needs:
            continue
        answers = [await desk.get(route.path) for desk in desks.values()]
        assert 200 in {one.status_code for one in answers}, route.path
        assert all(one.headers["content-type"] == "application/json" for one in answers
                   if one.status_code != 303), route.path  # fmt: skip
