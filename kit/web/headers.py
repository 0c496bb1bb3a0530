"""Security headers on every answer, as a plain ASGI middleware."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DEFAULT_CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors {ancestors}"
)


class SecurityHeaders:
    """Adds CSP, nosniff, referrer policy, HSTS (under https) and no-store on pages."""

    def __init__(
        self, app: ASGIApp, *, https: bool, frame_ancestors: Sequence[str] = ("'none'",)
    ) -> None:
        self._app = app
        csp = _DEFAULT_CSP.format(ancestors=" ".join(frame_ancestors))
        self._headers: list[tuple[bytes, bytes]] = [
            (b"content-security-policy", csp.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]
        if https:
            self._headers.append(
                (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the headers of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stored = scope["path"].startswith("/static/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                present = {name.lower() for name, _ in headers}
                headers.extend(pair for pair in self._headers if pair[0] not in present)
                if not stored and b"cache-control" not in present:
                    headers.append((b"cache-control", b"no-store"))
            await send(message)

        await self._app(scope, receive, send_with_headers)
