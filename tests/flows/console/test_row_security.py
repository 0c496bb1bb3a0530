"""On PostgreSQL every page of the real application runs inside the scope of whoever asks.

The probes below are pages whose queries forget every condition, added to the application as it
is composed: what they see is what any page of ours could see by mistake.
"""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from console.routers import ROUTERS
from crm_sync.row_security import beyond_scope
from kit.ledger import Entry, append
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify
from kit.web.guard import Asking, Reading, Writing, allow
from tests.flows.console.office import ROLES, Office
from tests.flows.crm_sync import bank

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]

EVERY = text("SELECT customer_no FROM customer ORDER BY customer_no")
BRANCH_01 = ["6210003821", "6210007742"]
BRANCH_02 = ["6220001205", "6220009917"]
SEES = {
    "limin": BRANCH_01,
    "suntao": BRANCH_01,
    "zhengkai": BRANCH_02,
    "zhaolei": BRANCH_02,
    "wangshan": BRANCH_01 + BRANCH_02,
    "hejing": BRANCH_01 + BRANCH_02,
    "gaoyuan": [],
}

probes = APIRouter()


async def _everybody(session: AsyncSession) -> list[str]:
    return list((await session.execute(EVERY)).scalars())


@probes.get("/c/probe/reading")
async def _read(session: Reading, asking: Annotated[Asking, allow("console")]) -> Any:
    return await _everybody(session)


@probes.get("/c/probe/reading-late")
async def _read_late(asking: Annotated[Asking, allow("console")], session: Reading) -> Any:
    return await _everybody(session)


@probes.get("/c/probe/writing")
async def _write(session: Writing, asking: Annotated[Asking, allow("console")]) -> Any:
    looked = Entry(kind="access", act="list.viewed", actor=asking.actor, object="list:probe")
    await append(session, [looked], at=asking.at)
    return await _everybody(session)


@probes.get("/c/probe/beyond")
async def _beyond(session: Reading, asking: Annotated[Asking, allow("console")]) -> Any:
    async with beyond_scope(session):
        inside = await _everybody(session)
    try:
        async with beyond_scope(session):
            raise LookupError
    except LookupError:
        return {"inside": inside, "after": await _everybody(session)}


@probes.get("/c/probe/erase")
async def _erase(session: Writing, asking: Annotated[Asking, allow("console")]) -> Any:
    gone = await session.execute(text("UPDATE customer SET tier = 'x' RETURNING customer_no"))
    return sorted(gone.scalars())


@pytest.mark.parametrize("staff_id", sorted(SEES))
@pytest.mark.mission("I4")
async def test_a_page_that_forgets_every_condition_still_shows_nobody_of_another_branch(
    desk_office: Office, staff_id: str
) -> None:
    desk_office.app.include_router(probes)
    desk = await desk_office.sit(staff_id)
    for way in ("reading", "reading-late", "writing"):
        answer = await desk.get(f"/c/probe/{way}")
        assert answer.json() == SEES[staff_id], way


async def test_what_a_page_changes_without_a_condition_stays_in_its_branch(
    desk_office: Office,
) -> None:
    desk_office.app.include_router(probes)
    desk = await desk_office.sit("suntao")
    assert (await desk.get("/c/probe/erase")).json() == BRANCH_01
    async with desk_office.database.reading() as session:
        tiers = await session.execute(text("SELECT DISTINCT tier FROM customer"))
        assert set(tiers.scalars()) > {"x"}


async def test_jobs_on_the_same_connections_see_everybody_after_a_page(
    desk_office: Office,
) -> None:
    desk_office.app.include_router(probes)
    desk = await desk_office.sit("limin")
    for _ in range(3):
        assert (await desk.get("/c/probe/reading")).json() == BRANCH_01
        async with desk_office.database.transaction() as session:
            assert await _everybody(session) == BRANCH_01 + BRANCH_02
            role = await session.execute(text("SELECT current_user = session_user"))
            assert role.scalar_one()


async def test_a_restricted_page_leaves_its_trace_in_the_record(desk_office: Office) -> None:
    desk_office.app.include_router(probes)
    desk = await desk_office.sit("zhaolei")
    await desk.get("/c/probe/writing")
    async with desk_office.database.reading() as session:
        looks = await page(session, Wanted(acts=frozenset({"list.viewed"})))
        assert [(one.actor, one.object) for one in looks] == [("staff:zhaolei", "list:probe")]
        assert (await verify(session)).faults == ()


async def test_a_judgement_may_weigh_everybody_and_then_sees_the_scope_again(
    desk_office: Office,
) -> None:
    desk_office.app.include_router(probes)
    desk = await desk_office.sit("suntao")
    answer = (await desk.get("/c/probe/beyond")).json()
    assert answer == {"inside": BRANCH_01 + BRANCH_02, "after": BRANCH_01}


async def test_who_changes_branch_sees_the_other_one_from_the_next_page_on(
    desk_office: Office,
) -> None:
    desk_office.app.include_router(probes)
    desk = await desk_office.sit("suntao")
    async with desk_office.database.transaction() as session:
        await session.execute(text("DELETE FROM role_grant WHERE staff_id = 'suntao'"))
        await bank.grant(session, "suntao", "branch", "02")
    assert (await desk.get("/c/probe/reading")).json() == BRANCH_02


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_each_page_opens_for_each_role_it_is_for(desk_office: Office, role: str) -> None:
    desk = await desk_office.sit(ROLES[role])
    for path, roles in _pages():
        answer = await desk.get(path)
        if role in roles:
            assert answer.status_code < 400, (path, answer.status_code, answer.text[:400])
        else:
            assert answer.status_code == 403, path


def _pages() -> list[tuple[str, tuple[str, ...]]]:
    """Every GET of the desk that needs no number in its path and no query, with its roles."""
    found = []
    for route in _routes():
        policy = _policy(route)
        if "GET" in (route.methods or ()) and "{" not in route.path and policy and not _asks(route):
            found.append((route.path, policy[1]))
    assert len(found) > 12
    return found


def _routes() -> list[APIRoute]:
    return [one for router in ROUTERS for one in router.routes if isinstance(one, APIRoute)]


def _policy(route: APIRoute) -> tuple[str, tuple[str, ...], bool] | None:
    for one in route.dependant.dependencies:
        policy = getattr(one.call, "policy", None)
        if policy is not None and policy[0] == "console" and not policy[2]:
            found: tuple[str, tuple[str, ...], bool] = policy
            return found
    return None


def _asks(route: APIRoute) -> bool:
    return any(one.field_info.is_required() for one in route.dependant.query_params)
