"""A small OpenID Connect provider on a port of this machine, which can also be made to lie."""

import asyncio
import base64
import hashlib
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "gengyun"
SECRET = "s3cret:of the test/+"
Claims = dict[str, Any]


class SmallProvider:
    """Signs in ``person`` without asking; ``lie`` changes what it says, ``forge`` who says it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.issuer = ""
        self.person: Claims = {"sub": "u-1", "employee_number": "hejing"}
        self.auth_time: int | None = None
        self.lie: Callable[[Claims], None] = lambda claims: None
        self.forge: Callable[[Claims], str] = self._signed
        self.key: RSAKey | ECKey = RSAKey.generate_key(2048, auto_kid=True)
        self.published: list[RSAKey | ECKey] = [self.key]
        self.algorithm = "RS256"
        self.discovery: Claims = {}
        self.asked: list[dict[str, str]] = []
        self.fetched: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._describe),
                Route("/jwks", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def now(self) -> int:
        return int(self.clock().timestamp())

    async def _describe(self, request: Request) -> Response:
        self.fetched.append("discovery")
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                **self.discovery,
            }
        )

    async def _keys(self, request: Request) -> Response:
        self.fetched.append("jwks")
        return JSONResponse({"keys": [one.as_dict(private=False) for one in self.published]})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", status_code=302)

    async def _token(self, request: Request) -> Response:
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if not self._is_client(request, form):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        if (
            asked is None
            or form.get("redirect_uri") != asked["redirect_uri"]
            or asked["code_challenge_method"] != "S256"
            or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        claims: Claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": self.now(),
            "exp": self.now() + 300,
            "nonce": asked["nonce"],
            **self.person,
        }
        if asked.get("max_age") is not None or self.auth_time is not None:
            claims["auth_time"] = self.now() if self.auth_time is None else self.auth_time
        self.lie(claims)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "id_token": self.forge(claims),
            }
        )

    def _signed(self, claims: Claims) -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, [self.algorithm])

    def _is_client(self, request: Request, form: dict[str, str]) -> bool:
        given = request.headers.get("authorization", "")
        if given.startswith("Basic "):
            name, _, secret = base64.b64decode(given[6:]).decode().partition(":")
            return (unquote(name), unquote(secret)) == (CLIENT, SECRET)
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)


def query_of(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@asynccontextmanager
async def running(provider: SmallProvider) -> AsyncIterator[SmallProvider]:
    """The provider, answering on a free port of the loopback."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # who comes before the server is up waits here
        provider.issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(
            uvicorn.Config(provider.app, log_config=None, lifespan="off", ws="none")
        )
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield provider
        finally:
            server.should_exit = True
            await serving
