"""How a refusal leaves: a page for people, a fragment for htmx, JSON for programs."""

from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from kit import log
from kit.errors import AppError
from kit.web.guard import site_of
from kit.web.sessions import NotFresh, SessionOver

_log = log.get(__name__)
SURFACES = {"/c": "/c/sign-in", "/h5": "/h5/sign-in/wecom"}


async def refuse(request: Request, error: Exception) -> Response:
    """Answer an AppError with its status, its four parts and its code; ids only in the log."""
    assert isinstance(error, AppError)  # noqa: S101 — registered for AppError alone
    _log.info("web.refused", code=error.code, path=request.url.path, status=error.status)
    surface = next((one for one in SURFACES if request.url.path.startswith(one + "/")), None)
    if surface is None:
        return JSONResponse({"error": error.as_dict()}, status_code=error.status)
    if isinstance(error, SessionOver):
        return _to_sign_in(request, SURFACES[surface])
    if isinstance(error, NotFresh):
        return _to_sign_in(request, f"{surface}/sign-in-again/wecom")
    site = site_of(request)
    fragment = request.headers.get("hx-request") == "true"
    name = "macros/refusal_fragment.html" if fragment else f"{surface[1:]}_refusal.html"
    page = site.templates.get_template(name)
    body = page.render(refusal=error.as_dict(), sentence=error.sentence(), brand=site.brand)
    return HTMLResponse(body, status_code=error.status)


def _to_sign_in(request: Request, path: str) -> Response:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"{path}?next={quote(here, safe='/')}" if request.method == "GET" else path
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)
