"""How a refusal leaves the desk: a page with its navigation, a fragment, or back to the door."""

from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse

from console.errors import FormRefused
from console.shell import is_fragment, page, shell
from console.sign_in import sign_in_page
from kit import log
from kit.errors import (
    AccessDenied,
    AppError,
    Conflict,
    InputRefused,
    IntegrityBroken,
    NotFound,
    TooMany,
    Unauthenticated,
)
from kit.web import refusals
from kit.web.guard import Asking, allow, site_of
from kit.web.sessions import NotFresh, SessionOver
from kit.web.signin import SignInRefused

_log = log.get(__name__)
PREFIX: Final = "/c/"
FACES: Final = (
    (AccessDenied, "no_permission"),
    (NotFound, "no_result"),
    (IntegrityBroken, "error"),
    (TooMany, "blocked"),
    (Conflict, "blocked"),
    (InputRefused, "blocked"),
)


async def refuse(request: Request, error: Exception) -> Response:
    """Answer an AppError of a desk page; other surfaces are answered by ``kit.web``."""
    assert isinstance(error, AppError)  # noqa: S101 — registered for AppError alone
    if not request.url.path.startswith(PREFIX) or isinstance(error, SessionOver):
        return await refusals.refuse(request, error)
    if isinstance(error, NotFresh):
        return _prove_again(request, error)
    _log.info("console.refused", code=error.code, path=request.url.path, status=error.status)
    if isinstance(error, SignInRefused):
        return await sign_in_page(request, error=error)
    face = _face(request, error)
    if is_fragment(request):
        return page(request, "_state", {"state": face}, status=error.status)
    asking = await _who(request)
    if asking is None or isinstance(error, Unauthenticated):
        outside = {"csrf_token": "", "state": face}
        return page(request, "state_outside", outside, status=error.status)
    site = site_of(request)
    async with site.database.reading() as session:
        await site.confine(session, asking.viewer)
        context = await shell(request, session, asking, here="")
    return page(request, "state", {**context, "state": face}, status=error.status)


async def refuse_form(request: Request, error: Exception) -> Response:
    """A form that FastAPI could not read: the same face as any refusal, never a bare 422."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    fields = "、".join(sorted({str(one["loc"][-1]) for one in error.errors()}))
    refused = FormRefused(
        "有一项没有填，或写法不对", saw=fields[:80], do="回到上一页，改好后再提交"
    )
    if not request.url.path.startswith(PREFIX):
        return JSONResponse({"error": refused.as_dict()}, status_code=refused.status)
    return await refuse(request, refused)


def _face(request: Request, error: AppError) -> dict[str, Any]:
    kind = next((face for family, face in FACES if isinstance(error, family)), "error")
    said = [error.where and f"在哪看：{error.where}", error.do]
    text = "。".join(part.rstrip("。") for part in said if part)
    return {
        "kind": kind,
        "title": error.what,
        "text": f"{text}。" if text else "",
        "code": error.code,
        "action": {"text": "返回", "href": came_from(request)},
    }


def came_from(request: Request) -> str:
    """The page of ours that the browser came from; the desk's first page where it is not told."""
    told = urlsplit(request.headers.get("referer", ""))
    own = told.netloc == request.headers.get("host", "") and told.path.startswith(PREFIX)
    if not own or told.path.startswith("/c/sign-in"):
        return PREFIX
    return told.path + (f"?{told.query}" if told.query else "")


def _prove_again(request: Request, error: NotFresh) -> Response:
    """To where they signed in and back: to this page, or to the one whose form this was."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = here if request.method == "GET" else came_from(request)
    path = f"{refusals.sign_in_again('/c', error)}?next={quote(target, safe='/')}"
    if is_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


async def _who(request: Request) -> Asking | None:
    """The person behind a refused request, for the navigation; None where there is nobody."""
    try:
        found = await allow("console").dependency(request)
    except AppError:
        return None
    assert isinstance(found, Asking)  # noqa: S101
    return found
