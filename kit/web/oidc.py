"""Sign-in by the bank's own provider (OpenID Connect Core 1.0): what is asked and what is believed.

Authorization code with PKCE S256 (RFC 7636). No network here: whoever fetches hands in what came
back. Nonce and verifier are derived from the one-time state with a key of ours, so that nothing
more is stored and none of the two can be told from the state in the browser's address.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from kit.web.signin import SignInRefused
from kit.web.signing_in import Journey, Proof

SCOPE: Final = "openid profile email"
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
"""Signatures by a key that we do not hold; never a shared secret, never none."""
LEEWAY: Final = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""
LONGEST_ID: Final = 64


class AnswerNotTrusted(SignInRefused):
    """The provider's answer does not prove who is there."""

    code = "E-3005"

    def __init__(self, cause: str) -> None:
        super().__init__(
            "行内统一登录的回答不能相信",
            saw=cause,
            do="请从登录页重新开始；再次出现请联系科技部",
            cause=cause,
        )


class ProviderAway(SignInRefused):
    """The provider does not answer, or not as OpenID Connect describes."""

    code = "E-3007"
    status = 503

    def __init__(self, step: str, cause: str) -> None:
        super().__init__(
            "行内统一登录没有正常回答",
            saw=f"{step}：{cause}",
            where="GENGYUN_OIDC__ISSUER",
            do="请用企业微信扫码登录，并告诉科技部",
            cause=cause,
        )


class KeyUnknown(AnswerNotTrusted):
    """Signed by a key that is not among those known; the provider may have changed them."""

    code = "E-3008"


@dataclass(frozen=True, slots=True)
class Client:
    """Ourselves as the provider knows us. ``key`` derives nonces and verifiers."""

    issuer: str
    client_id: str
    staff_claim: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Discovery:
    """Where the provider's doors are (OpenID Connect Discovery 1.0)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    secret_in_form: bool


def discovery_url(issuer: str) -> str:
    """Where a provider describes itself."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def read_discovery(issuer: str, document: Mapping[str, Any]) -> Discovery:
    """The doors of ``issuer``. Raises ProviderAway for another's document or an unsafe address."""
    if document.get("issuer") != issuer:
        raise ProviderAway("发现文档", "issuer 与设置的不一致")
    doors: list[str] = []
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        door = document.get(name)
        if not isinstance(door, str) or not _safe(door, issuer):
            raise ProviderAway("发现文档", f"{name} 缺少，或不是 https")
        doors.append(door)
    methods = document.get("token_endpoint_auth_methods_supported")
    known = methods if isinstance(methods, list) else ["client_secret_basic"]
    return Discovery(doors[0], doors[1], doors[2], "client_secret_basic" not in known)


def _safe(url: str, issuer: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == urlsplit(issuer).scheme == "http")
    )


def authorization_url(client: Client, doors: Discovery, journey: Journey) -> str:
    """The address to send the browser to; proving again asks for the password anew."""
    challenge = hashlib.sha256(_verifier(client, journey).encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": journey.back,
        "scope": SCOPE,
        "state": journey.state,
        "nonce": _derived(client, "nonce", journey),
        "code_challenge": _base64url(challenge),
        "code_challenge_method": "S256",
    }
    if journey.again:
        asked |= {"prompt": "login", "max_age": "0"}
    joint = "&" if "?" in doors.authorization_endpoint else "?"
    return f"{doors.authorization_endpoint}{joint}{urlencode(asked, quote_via=quote)}"


def token_request(
    client: Client, doors: Discovery, secret: str, code: str, journey: Journey
) -> tuple[dict[str, str], dict[str, str]]:
    """The form and the headers that turn a code into an ID token (RFC 6749, 4.1.3 and 2.3.1)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": journey.back,
        "code_verifier": _verifier(client, journey),
    }
    if secret and not doors.secret_in_form:
        pair = f"{quote(client.client_id, safe='')}:{quote(secret, safe='')}"
        return form, {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    form["client_id"] = client.client_id
    if secret:
        form["client_secret"] = secret
    return form, {}


def proof(
    client: Client, id_token: str, keys: Mapping[str, Any], journey: Journey, at: datetime
) -> Proof:
    """Who the ID token says is there (OpenID Connect Core 3.1.3.7), and when they proved it.

    Raises KeyUnknown, AnswerNotTrusted.
    """
    try:
        token = jwt.decode(id_token, KeySet.import_key_set(_signing(keys)), ALGORITHMS)
    except InvalidKeyIdError as error:
        raise KeyUnknown("签名的密钥不认识") from error
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise AnswerNotTrusted("签名不对") from error
    claims = token.claims
    registry = jwt.JWTClaimsRegistry(
        now=int(at.timestamp()),
        leeway=int(LEEWAY.total_seconds()),
        iss={"essential": True, "value": client.issuer},
        aud={"essential": True, "value": client.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True},
    )
    try:
        registry.validate(claims)
    except ClaimError as error:
        raise AnswerNotTrusted(f"{error.claim} 不符") from error
    _demand_ours(client, claims, journey)
    return Proof(_staff(client, claims), _proved_at(claims, journey, at))


def _signing(keys: Mapping[str, Any]) -> Any:
    """The public keys for signatures; a shared secret among them is not one."""
    listed = keys.get("keys")
    given = listed if isinstance(listed, list) else []
    return {
        "keys": [
            one
            for one in given
            if isinstance(one, dict)
            and one.get("kty") in ("RSA", "EC")
            and one.get("use", "sig") == "sig"
        ]
    }


def _demand_ours(client: Client, claims: Mapping[str, Any], journey: Journey) -> None:
    nonce = _derived(client, "nonce", journey)
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise AnswerNotTrusted("nonce 不符")
    many = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if many else client.client_id) != client.client_id:
        raise AnswerNotTrusted("azp 不符")


def _proved_at(claims: Mapping[str, Any], journey: Journey, at: datetime) -> datetime:
    """When the password was given: a single sign-on of this morning is no fresh proof.

    Where the provider does not say, it was long ago (the first second of the epoch).
    """
    given = claims.get("auth_time", 0)
    try:
        proved = min(datetime.fromtimestamp(given, UTC), at)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise AnswerNotTrusted("auth_time 不符") from error
    if journey.again and proved < journey.began_at - LEEWAY:
        raise AnswerNotTrusted("auth_time 不符")
    return proved


def _staff(client: Client, claims: Mapping[str, Any]) -> str:
    value = claims.get(client.staff_claim)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        raise AnswerNotTrusted(f"没有 {client.staff_claim}")
    return value


def _verifier(client: Client, journey: Journey) -> str:
    return _derived(client, "verifier", journey)


def _derived(client: Client, purpose: str, journey: Journey) -> str:
    said = f"oidc\x1f{purpose}\x1f{journey.state}".encode()
    return _base64url(hmac.new(client.key, said, hashlib.sha256).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
