"""An answer of the bank's own sign-in that proves nothing lets nobody in."""

import base64
import hmac
import json
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.flows.site import SiteUnderTest
from tests.flows.web.oidc_provider import CLIENT, SmallProvider
from tests.flows.web.oidc_visits import refused_with

pytestmark = pytest.mark.anyio


def _nonce(claims: dict[str, Any]) -> None:
    claims["nonce"] = claims["nonce"][::-1]


def _no_nonce(claims: dict[str, Any]) -> None:
    del claims["nonce"]


def _audience(claims: dict[str, Any]) -> None:
    claims["aud"] = "another-client"


def _party(claims: dict[str, Any]) -> None:
    claims["aud"] = [CLIENT, "another-client"]
    claims["azp"] = "another-client"


def _no_party(claims: dict[str, Any]) -> None:
    claims["aud"] = [CLIENT, "another-client"]


def _expired(claims: dict[str, Any]) -> None:
    claims["exp"] = claims["iat"] - 61


def _endless(claims: dict[str, Any]) -> None:
    del claims["exp"]


def _future(claims: dict[str, Any]) -> None:
    claims["iat"] += 3600


def _issuer(claims: dict[str, Any]) -> None:
    claims["iss"] = "https://sso.elsewhere.example"


def _nameless(claims: dict[str, Any]) -> None:
    del claims["employee_number"]


def _when(claims: dict[str, Any]) -> None:
    claims["auth_time"] = 1e30


@pytest.mark.parametrize(
    "lie",
    [
        _nonce,
        _no_nonce,
        _audience,
        _party,
        _no_party,
        _expired,
        _endless,
        _future,
        _issuer,
        _nameless,
        _when,
    ],
)
async def test_an_answer_that_proves_nothing_lets_nobody_in(
    site: SiteUnderTest, provider: SmallProvider, lie: Any
) -> None:
    provider.lie = lie
    await refused_with(site, "E-3005")


async def test_a_signature_by_a_key_that_was_not_published_lets_nobody_in(
    site: SiteUnderTest, provider: SmallProvider
) -> None:
    provider.key = RSAKey.generate_key(2048, auto_kid=True)
    await refused_with(site, "E-3008")


async def test_a_signature_by_another_key_under_a_published_name_lets_nobody_in(
    site: SiteUnderTest, provider: SmallProvider
) -> None:
    kid = provider.key.kid
    provider.key = RSAKey.generate_key(2048, {"kid": str(kid)})
    await refused_with(site, "E-3005")


def _part(what: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(what).encode()).rstrip(b"=").decode()


def _unsigned(provider: SmallProvider, claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none', 'kid': provider.key.kid})}.{_part(claims)}."


def _signed_with_what_everybody_knows(provider: SmallProvider, claims: dict[str, Any]) -> str:
    said = f"{_part({'alg': 'HS256', 'kid': provider.key.kid})}.{_part(claims)}"
    mac = hmac.digest(provider.key.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _garbage(provider: SmallProvider, claims: dict[str, Any]) -> str:
    return "..."


@pytest.mark.parametrize("forge", [_unsigned, _signed_with_what_everybody_knows, _garbage])
async def test_a_token_that_anybody_could_have_made_lets_nobody_in(
    site: SiteUnderTest, provider: SmallProvider, forge: Any
) -> None:
    provider.forge = lambda claims: str(forge(provider, claims))
    await refused_with(site, "E-3005")
