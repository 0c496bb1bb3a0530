"""The bank's OpenID Connect provider over HTTP: its description, its keys, codes for tokens."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import orjson

from config.settings import Environment, Settings
from kit import log
from kit.errors import ConfigurationRefused
from kit.web import oidc
from kit.web.signing_in import Journey, Means, Proof

NAME: Final = "oidc"
KEPT: Final = timedelta(hours=1)
AT_MOST_EVERY: Final = timedelta(minutes=1)
"""How often an unknown key may make us read the keys again."""
MOST_BYTES: Final = 1024 * 1024
TIMEOUT: Final = httpx.Timeout(5.0, read=10.0)
_log = log.get(__name__)


class Provider:
    """One provider; its description and keys are kept for an hour."""

    def __init__(self, client: oidc.Client, secret: str, clock: Callable[[], datetime]) -> None:
        """Nothing is fetched before the first sign-in: the provider may be away at start."""
        self._client = client
        self._secret = secret
        self._clock = clock
        self._doors: tuple[datetime, oidc.Discovery] | None = None
        self._keys: tuple[datetime, dict[str, Any]] | None = None

    def means(self) -> Means:
        """This provider as a way to sign in."""
        return Means(NAME, self._authorize, self._identify)

    async def _authorize(self, journey: Journey) -> str:
        return oidc.authorization_url(self._client, await self._described(), journey)

    async def _identify(self, code: str, journey: Journey) -> Proof:
        try:
            return await self._believed(await self._exchange(code, journey), journey)
        except oidc.AnswerNotTrusted as refusal:
            _log.warning("oidc.answer_refused", cause=refusal.facts["cause"], code=refusal.code)
            raise

    async def _believed(self, id_token: str, journey: Journey) -> Proof:
        try:
            return oidc.proof(
                self._client, id_token, await self._signers(KEPT), journey, self._clock()
            )
        except oidc.KeyUnknown:  # perhaps newer than ours
            newer = await self._signers(AT_MOST_EVERY)
            return oidc.proof(self._client, id_token, newer, journey, self._clock())

    async def _described(self) -> oidc.Discovery:
        at = self._clock()
        if self._doors is None or self._doors[0] + KEPT <= at:
            issuer = self._client.issuer
            document = await _fetch("发现文档", "GET", oidc.discovery_url(issuer))
            self._doors = (at, oidc.read_discovery(issuer, document))
        return self._doors[1]

    async def _signers(self, no_older: timedelta) -> dict[str, Any]:
        at = self._clock()
        if self._keys is None or self._keys[0] + no_older <= at:
            keys = await _fetch("公钥", "GET", (await self._described()).jwks_uri)
            self._keys = (at, keys)
        return self._keys[1]

    async def _exchange(self, code: str, journey: Journey) -> str:
        doors = await self._described()
        form, headers = oidc.token_request(self._client, doors, self._secret, code, journey)
        answer = await _fetch("换取令牌", "POST", doors.token_endpoint, form, headers)
        if "error" in answer:
            raise oidc.AnswerNotTrusted("统一登录拒绝了这次登录码")
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise oidc.ProviderAway("换取令牌", "没有 id_token")
        return id_token


async def _fetch(
    step: str,
    method: str,
    url: str,
    form: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON object at ``url``. Redirects are not followed: they would carry a code elsewhere."""
    try:
        async with (
            httpx.AsyncClient(
                timeout=TIMEOUT, trust_env=False, verify=httpx.create_ssl_context()
            ) as client,
            client.stream(
                method, url, data=form, headers={"accept": "application/json", **(headers or {})}
            ) as answer,
        ):
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise oidc.ProviderAway(step, "回答过长")
    except httpx.HTTPError as error:
        raise oidc.ProviderAway(step, type(error).__name__) from None
    refused = method == "POST" and answer.status_code in (400, 401)
    if answer.status_code != httpx.codes.OK and not refused:
        raise oidc.ProviderAway(step, f"HTTP {answer.status_code}")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise oidc.ProviderAway(step, "不是 JSON 对象")
    return document


def provider(settings: Settings, cookie_key: bytes, clock: Callable[[], datetime]) -> Provider:
    """The provider of the settings. Raises ConfigurationRefused where they do not fit together."""
    asked = settings.oidc
    if not asked.client_id:
        raise ConfigurationRefused(
            "行内统一登录缺少客户端编号",
            where="GENGYUN_OIDC__CLIENT_ID",
            do="填上在统一登录登记的编号；不用统一登录就把 GENGYUN_OIDC__ISSUER 也留空",
        )
    in_production = settings.environment is Environment.PRODUCTION
    if in_production and not asked.issuer.startswith("https://"):
        raise ConfigurationRefused(
            "行内统一登录的地址不是 https",
            saw=asked.issuer,
            where="GENGYUN_OIDC__ISSUER",
            do="生产环境里改用 https 地址",
        )
    client = oidc.Client(asked.issuer, asked.client_id, asked.staff_claim, cookie_key)
    return Provider(client, asked.client_secret.get_secret_value(), clock)
