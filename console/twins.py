"""JSON twins: every page of the desk as a machine reads it, at ``/api/v1`` plus the page's path.

A twin is the page's own function behind the page's own guard, so it shows what the page shows
(masked, in sight, recorded) and nothing else; ``shell.page`` answers JSON under this prefix.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute

from console.shell import TWIN, TwinAnswer

DESK: Final = "/c/"


class _Twin(APIRoute):
    """Where a page leads on to another page, its twin leads on to that one's twin."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def twin(request: Request) -> Response:
            response = await answer(request)
            target = response.headers.get("location", "")
            if target.startswith(DESK):
                response.headers["location"] = f"{TWIN}{target}"
            return response

        return twin


def twins_of(routers: Iterable[APIRouter]) -> APIRouter:
    """A router with the twin of every page that somebody must be signed in for."""
    twins = APIRouter(route_class=_Twin, tags=["console"])
    for route in _pages(routers):
        twins.add_api_route(
            f"{TWIN}{route.path}",
            route.endpoint,
            methods=["GET"],
            response_class=JSONResponse,
            response_model=TwinAnswer,
            summary=(route.endpoint.__doc__ or route.name).strip().partition("\n")[0],
            name=f"{route.endpoint.__module__}.{route.name}.twin",
        )
    return twins


def _pages(routers: Iterable[APIRouter]) -> Iterator[APIRoute]:
    for router in routers:
        for route in router.routes:
            if (
                isinstance(route, APIRoute)
                and "GET" in (route.methods or ())
                and route.response_class is HTMLResponse
                and _guarded(route.dependant)
            ):
                yield route


def _guarded(dependant: Dependant) -> bool:
    """Whether a guard of the desk stands before it; the sign-in page has none."""
    policies = (getattr(one.call, "policy", None) for one in dependant.dependencies)
    return any(policy is not None and policy[0] == "console" for policy in policies)
