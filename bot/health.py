"""Liveness, readiness, metrics: what a load balancer and an operator ask."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Check = Callable[[], Awaitable[Mapping[str, Any]]]
"""Answers ``{"ok": bool, "what": str, "do": str}``; it does not raise."""


def router(checks: Mapping[str, Check]) -> APIRouter:
    """``/livez`` (the loop turns), ``/readyz`` alias ``/healthz`` (every check), ``/metrics``."""
    routes = APIRouter()

    @routes.get("/livez", include_in_schema=False)
    async def livez() -> Response:
        return Response("ok", media_type="text/plain")

    @routes.get("/healthz", include_in_schema=False)
    @routes.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        found = {name: dict(await check()) for name, check in checks.items()}
        ready = all(one["ok"] for one in found.values())
        return JSONResponse({"ready": ready, "checks": found}, status_code=200 if ready else 503)

    @routes.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes
