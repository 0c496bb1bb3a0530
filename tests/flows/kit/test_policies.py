"""Access is denied unless granted: every route has a policy, and keeps it."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from config.settings import Environment
from console.navigation import NAVIGATION
from crm_sync.access import ROLES
from kit.web.guard import ANYBODY
from tests.flows.console.office import Office, office, small_bank

pytestmark = pytest.mark.anyio
OF_THE_PROCESS = {"/livez", "/readyz", "/healthz", "/metrics"}
"""What a load balancer and a collector ask; the network decides who may (docs/operations.md)."""
OF_EVERYBODY = {"/c/sign-in-again/{name}", "/c/sign-out"}
"""What concerns nobody but the person who is signed in."""
SCHEMA = "/api/v1/openapi.json"
SURFACES = {"console", "h5", ANYBODY}


@pytest.fixture(params=[Environment.TEST, Environment.DEMO], ids=str)
async def site(request: Any, database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    async with office(database_url, tmp_path / "keys", environment=request.param) as made:
        async with made.database.transaction() as session:
            await small_bank(session)
        yield made


def _policies(dependant: Dependant) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    policy = getattr(dependant.call, "policy", None)
    if policy is not None:
        yield policy
    for one in dependant.dependencies:
        yield from _policies(one)


def _all(routes: Iterable[Any]) -> Iterator[Any]:
    """Every route, those of included routers too."""
    for one in routes:
        within = getattr(one, "original_router", None)
        if within is None:
            yield one
        else:
            yield from _all(within.routes)


def _routes(made: Office) -> list[APIRoute]:
    return [
        one
        for one in _all(made.app.routes)
        if isinstance(one, APIRoute) and one.path not in OF_THE_PROCESS
    ]


def _address(route: APIRoute) -> str:
    """The route's path with something in every place."""
    return re.sub(r"{[^}]*}", "1", route.path)


async def test_every_route_states_who_may_ask(site: Office) -> None:
    routes = _routes(site)
    assert len(routes) > 60
    for route in routes:
        policies = list(_policies(route.dependant))
        assert len(policies) == 1, f"{route.path} has {len(policies)} policies"
        surface, roles, _ = policies[0]
        assert surface in SURFACES, route.path
        assert surface == ANYBODY or set(roles) <= set(ROLES), route.path
        if surface == ANYBODY:
            assert roles[0], f"{route.path} does not say why it is open"
        if route.path.startswith("/c/") and surface != ANYBODY:
            assert surface == "console", route.path
            assert bool(roles) != (route.path in OF_EVERYBODY), f"{route.path}: for whom?"
    others = [one for one in _all(site.app.routes) if not isinstance(one, APIRoute)]
    assert {one.path for one in others if isinstance(one, Route | Mount)} == {"/static", SCHEMA}


async def test_nobody_gets_anything_without_a_sign_in(site: Office) -> None:
    stranger = site.browser()
    for route in _routes(site):
        [(surface, _, _)] = _policies(route.dependant)
        if surface == ANYBODY:
            continue
        for method in sorted(route.methods or ()):
            answer = await stranger.request(method, _address(route))
            assert _refused(answer), f"{method} {route.path} answered {answer.status_code}"


def _refused(answer: httpx.Response) -> bool:
    """401, or on the way to the sign-in; nothing of the page in it."""
    if answer.status_code in (302, 303, 307):
        return "sign-in" in answer.headers["location"]
    return answer.status_code == 401


async def test_a_role_that_a_page_is_not_for_gets_no_page_and_cannot_post(site: Office) -> None:
    people = {"branch": "suntao", "ops": "wangshan", "compliance": "hejing", "it": "gaoyuan"}
    for role, staff_id in people.items():
        desk = await site.sit(staff_id)
        for route in _routes(site):
            [(surface, roles, _)] = _policies(route.dependant)
            if surface != "console" or not roles or role in roles:
                continue
            for method in sorted(route.methods or ()):
                answer = await desk.client.request(
                    method, _address(route), headers={"x-csrf-token": desk.csrf}
                )
                assert answer.status_code == 403, f"{role}: {method} {route.path}"


async def test_the_navigation_offers_what_the_guards_let_in_and_no_more(site: Office) -> None:
    guarded = {
        one.path: set(next(_policies(one.dependant))[1])
        for one in _routes(site)
        if "GET" in (one.methods or ())
    }
    for _, places in NAVIGATION:
        for place in places:
            assert set(place.roles) <= guarded[place.href], place.href
