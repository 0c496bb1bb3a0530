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
        return _to_sign_in(request, sign_in_again(surface, error))
    fragment = request.headers.get("hx-request") == "true"
    template = site_of(request).templates.get_template(
        "refusal_fragment.html" if fragment else "refusal.html"
    )
    body = template.render(
        state=state_of(error),
        surface=surface.removeprefix("/"),
        sheet="h5.css" if surface == "/h5" else "console.css",
    )
    return HTMLResponse(body, status_code=error.status)


def sign_in_again(surface: str, error: NotFresh) -> str:
    """Where the person proves once more who they are: by the means they signed in with.

    WeCom for those who came with an emergency code, which serves once.
    """
    return f"{surface}/sign-in-again/{'oidc' if error.facts.get('means') == 'oidc' else 'wecom'}"


def state_of(error: AppError) -> dict[str, object]:
    """The refusal as the pages' states want it (ux 4.3)."""
    kind = {401: "session_over", 403: "no_permission", 404: "no_result"}.get(
        error.status, "error" if error.status >= 500 else "blocked"
    )
    more = "。".join(part.rstrip("。") for part in (error.where, error.do) if part)
    return {
        "kind": kind,
        "title": error.what,
        "text": more or "需要时请联系科技部。",
        "code": error.code,
        "action": None,
    }


def _to_sign_in(request: Request, path: str) -> Response:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"{path}?next={quote(here, safe='/')}" if request.method == "GET" else path
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)
