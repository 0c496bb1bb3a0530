"""The application's front: WeCom's callback enters here, everything else goes on to the pages.

Because a callback needs nothing of what pages need (sessions, security headers, routing), and
all that would cost it more than its own work.
"""

from typing import Any, Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

CALLBACK_PATH: Final = "/wecom/callback"


class Front(FastAPI):
    """A FastAPI application with a door of its own for WeCom."""

    def __init__(self, callback: ASGIApp | None, **settings: Any) -> None:
        """``callback`` None: this installation has no callback, the path is not found."""
        super().__init__(**settings)
        self._callback = callback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        callback = self._callback
        if callback is not None and scope["type"] == "http" and scope["path"] == CALLBACK_PATH:
            await callback(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
