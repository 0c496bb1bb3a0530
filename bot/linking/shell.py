"""What every page of the link carries: its look, its cookie, its proof that a form is ours."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from kit.web.guard import Site, site_of
from kit.web.sessions import csrf_token

HOME: Final = "/o/link"
COOKIE: Final = "gengyun-link"
SIZE_COOKIE: Final = "gengyun-size"
SIZES: Final = ("", "lg", "xl")


def visit_cookie(site: Site) -> str:
    """The cookie of a visit under way; ``__Host-`` wherever there is https."""
    return f"__Host-{COOKIE}" if site.secure else COOKIE


def token_of(request: Request) -> str:
    """The visit's token that this browser brought, or an empty one."""
    return request.cookies.get(visit_cookie(site_of(request)), "")


def size_of(request: Request) -> str:
    """How large this browser's person wants the letters."""
    chosen = request.cookies.get(SIZE_COOKIE, "")
    return chosen if chosen in SIZES else ""


def page(request: Request, name: str, context: Mapping[str, Any], *, status: int = 200) -> Response:
    """Render ``link/<name>.html``."""
    site = site_of(request)
    parts = request.app.state.parts
    body = site.templates.get_template(f"link/{name}.html").render(
        csrf_token=csrf_token(site.cookie_key, token_of(request)),
        size=size_of(request),
        hotline=parts.settings.hotline,
        here=request.url.path,
        **context,
    )
    return HTMLResponse(body, status_code=status)


def told(
    request: Request, title: str, lines: list[str], *, icon: str = "info", status: int = 200
) -> Response:
    """A page that says one thing and leads back to the beginning."""
    return page(request, "told", {"title": title, "lines": lines, "icon": icon}, status=status)


def over(request: Request) -> Response:
    """The visit is over or was never begun: the same words for every cause."""
    return told(
        request,
        "请重新开始",
        ["这次操作已经结束，或超过了时间。", "回到第一步重新确认微信身份即可。"],
        icon="clock",
        status=401,
    )


def forged(request: Request) -> Response:
    """A form that is not one of ours."""
    return told(
        request,
        "请从本行的页面提交",
        ["这个请求不是从本页发出的，什么也没有改动。", "请回到第一步，重新打开页面再试。"],
        icon="lock",
        status=403,
    )
