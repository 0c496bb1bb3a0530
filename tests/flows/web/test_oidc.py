"""The bank's own sign-in: who comes with a sound proof is let in, the others are told why not."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import text

from config.settings import Environment
from kit.errors import ConfigurationRefused
from kit.web.sessions import csrf_token
from tests.flows.site import ORIGIN, SiteUnderTest, open_site, words_of
from tests.flows.site import test_settings as settings_of
from tests.flows.web.oidc_provider import CLIENT, SECRET, SmallProvider, query_of
from tests.flows.web.oidc_visits import AT, Wall, acts_of, refused_with, sign_in, there
from wiring import oidc

pytestmark = pytest.mark.anyio


async def test_who_the_bank_knows_is_let_in_and_it_is_recorded(
    site: SiteUnderTest, provider: SmallProvider
) -> None:
    async with site.browser() as browser:
        door = await browser.get("/c/sign-in?next=/c/customers")
        assert "用行内统一认证登录" in words_of(door.text)
        assert "/c/sign-in/oidc?next=/c/customers" in door.text
        answer = await sign_in(browser, "/c/sign-in/oidc?next=/c/customers")
        assert (answer.status_code, answer.headers["location"]) == (303, "/c/customers")
        opened = await browser.get("/c/customers")
        assert opened.status_code == 200
    assert ("session.signed_in", "staff:hejing", None) in await acts_of(site)
    [asked] = provider.asked
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


async def test_two_journeys_share_neither_nonce_nor_challenge(
    site: SiteUnderTest, provider: SmallProvider
) -> None:
    async with site.browser() as browser:
        await sign_in(browser)
        await sign_in(browser)
    first, second = provider.asked
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


async def test_the_description_and_the_keys_are_fetched_once_an_hour(
    site: SiteUnderTest, provider: SmallProvider, wall: Wall
) -> None:
    async with site.browser() as browser:
        for _ in range(2):
            assert (await sign_in(browser)).status_code == 303
        assert provider.fetched == ["discovery", "jwks"]
        wall.at += timedelta(hours=1)
        assert (await sign_in(browser)).status_code == 303
    assert provider.fetched == ["discovery", "jwks"] * 2


async def test_a_provider_that_changes_its_keys_is_believed_after_a_minute(
    site: SiteUnderTest, provider: SmallProvider, wall: Wall
) -> None:
    async with site.browser() as browser:
        assert (await sign_in(browser)).status_code == 303
        provider.key = ECKey.generate_key("P-256", auto_kid=True)
        provider.algorithm = "ES256"
        provider.published = [provider.key]
        wall.at += timedelta(minutes=1)
        assert (await sign_in(browser)).status_code == 303
    assert provider.fetched == ["discovery", "jwks", "jwks"]


async def test_a_state_is_used_once_and_by_the_browser_that_began(
    site: SiteUnderTest, wall: Wall
) -> None:
    async with site.browser() as browser, site.browser() as stranger:
        back = await there(browser, "/c/sign-in/oidc")
        stolen = await stranger.get(back)
        assert (stolen.status_code, "E-3003" in stolen.text) == (401, True)
        assert (await browser.get(back)).status_code == 303
        again = await browser.get(back)
        assert (again.status_code, "E-3003" in again.text) == (401, True)
        late = await there(browser, "/c/sign-in/oidc")
        wall.at += timedelta(minutes=5)
        assert (await browser.get(late)).status_code == 401


async def test_a_code_of_another_journey_is_refused_by_the_verifier(site: SiteUnderTest) -> None:
    async with site.browser() as victim, site.browser() as thief:
        stolen = query_of(await there(victim, "/c/sign-in/oidc"))["code"]
        own = query_of(await there(thief, "/c/sign-in/oidc"))["state"]
        answer = await thief.get(f"/c/sign-in/oidc/back?code={stolen}&state={own}")
        assert (answer.status_code, "E-3005" in answer.text) == (401, True)
        assert "gengyun-console" not in thief.cookies


@pytest.mark.parametrize("who", ["nobody", "HEJING", "limin-left"])
async def test_who_is_not_or_no_longer_on_the_staff_is_told_so(
    site: SiteUnderTest, provider: SmallProvider, who: str
) -> None:
    if who == "limin-left":
        async with site.database.transaction() as session:
            await session.execute(text("UPDATE staff SET active = false WHERE staff_id = 'limin'"))
    provider.person["employee_number"] = who.removesuffix("-left")
    await refused_with(site, "E-3006")


async def test_a_single_sign_on_of_this_morning_is_no_fresh_proof(
    site: SiteUnderTest, provider: SmallProvider, wall: Wall
) -> None:
    provider.auth_time = int((AT - timedelta(hours=2)).timestamp())
    async with site.browser() as browser:
        await sign_in(browser)
        token = browser.cookies["gengyun-console"]
        form = {
            "csrf_token": csrf_token(site.parts.keys.cookie, token),
            "reason": "客户来电核对号码",
        }
        path = f"/c/customers/{await _customer(site)}"
        asked = await browser.post(f"{path}/unmask", data=form, headers={"origin": ORIGIN})
        assert asked.status_code == 303
        assert asked.headers["location"].startswith("/c/sign-in-again/oidc?next=")
        old = await sign_in(browser, asked.headers["location"])
        assert (old.status_code, "E-3005" in old.text) == (401, True)  # auth_time did not move
        provider.auth_time = None
        proved = await sign_in(browser, asked.headers["location"])
        assert proved.status_code == 303
        assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
        shown = await browser.post(f"{path}/unmask", data=form, headers={"origin": ORIGIN})
        assert shown.status_code == 200
    assert ("session.proved_again", "staff:hejing", None) in await acts_of(site)


async def _customer(site: SiteUnderTest) -> int:
    async with site.database.reading() as session:
        query = text("SELECT id FROM customer WHERE customer_no = '6210003821'")
        return int((await session.execute(query)).scalar_one())


async def test_another_person_cannot_prove_again_for_the_one_who_signed_in(
    site: SiteUnderTest, provider: SmallProvider
) -> None:
    async with site.browser() as browser:
        await sign_in(browser)
        provider.person["employee_number"] = "wangshan"
        answer = await sign_in(browser, "/c/sign-in-again/oidc?next=/c/customers")
    assert answer.headers.get("location", "") != "/c/customers"
    assert not [one for one in await acts_of(site) if one[0] == "session.proved_again"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://sso.elsewhere.example"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_a_description_that_is_not_the_providers_own_is_refused(
    site: SiteUnderTest, provider: SmallProvider, wrong: dict[str, Any]
) -> None:
    provider.discovery = wrong
    async with site.browser() as browser:
        answer = await browser.get("/c/sign-in/oidc")
        assert (answer.status_code, "E-3007" in answer.text) == (503, True)
        assert "用企业微信扫码登录" in answer.text


async def test_a_provider_that_takes_the_secret_in_the_form_gets_it_there(
    site: SiteUnderTest, provider: SmallProvider
) -> None:
    provider.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    async with site.browser() as browser:
        assert (await sign_in(browser)).status_code == 303


async def test_no_secret_code_or_token_reaches_the_log(
    site: SiteUnderTest, provider: SmallProvider, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level(logging.INFO)
    provider.lie = lambda claims: claims.update(nonce="another")
    async with site.browser() as browser:
        back = await there(browser, "/c/sign-in/oidc")
        await browser.get(back)
    ours = [one.getMessage() for one in caplog.records if "/c/sign-in" not in one.getMessage()]
    outside = [one for one in ours if "/authorize?" not in one]  # the test's own browser says these
    said = " ".join(outside) + "".join(capfd.readouterr())
    given = query_of(back)
    assert "oidc.answer_refused" in said
    for secret in (SECRET, given["code"], given["state"], provider.asked[0]["nonce"]):
        assert secret not in said


async def test_without_a_provider_there_is_no_such_way_in(
    database_url: str, tmp_path: Path
) -> None:
    async with open_site(database_url, tmp_path) as plain, plain.browser() as browser:
        assert "统一认证" not in (await browser.get("/c/sign-in")).text
        answer = await browser.get("/c/sign-in/oidc")
        assert (answer.status_code, "E-3003" in answer.text) == (401, True)


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"GENGYUN_OIDC__ISSUER": "https://sso.bank.example"}, "GENGYUN_OIDC__CLIENT_ID"),
        (
            {
                "GENGYUN_OIDC__ISSUER": "http://sso.bank.example",
                "GENGYUN_OIDC__CLIENT_ID": CLIENT,
            },
            "GENGYUN_OIDC__ISSUER",
        ),
    ],
)
def test_settings_that_do_not_fit_together_are_refused_at_start(
    tmp_path: Path, more: dict[str, str], where: str
) -> None:
    settings = settings_of("sqlite:///x.db", tmp_path, **more)
    production = settings.model_copy(update={"environment": Environment.PRODUCTION})
    with pytest.raises(ConfigurationRefused) as refused:
        oidc.provider(production, b"k" * 32, lambda: AT)
    assert refused.value.where == where
