"""The door for Tencent's own library: CONNECT, TLS for WeCom's name, and the archive behind it."""

import ssl

import httpx
import pytest

from simulator.wecom.archive.gateway import WECOM_HOST, gateway
from simulator.wecom.serving import serving
from tests.contracts.simulator.bench import CORP, LI, ZHANG, Bench

pytestmark = pytest.mark.anyio


def _as_the_library() -> ssl.SSLContext:
    """Checks nothing but is willing to talk, as the library does with the chain."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def test_the_archive_is_pulled_through_connect_and_tls(bench: Bench) -> None:
    await bench.act("say", speaker=ZHANG, to=LI, text="在吗")
    async with serving(bench.simulator) as url:
        address = httpx.URL(url)
        async with (
            gateway((address.host, address.port or 0)) as proxy,
            httpx.AsyncClient(
                proxy=proxy, verify=_as_the_library(), base_url=f"https://{WECOM_HOST}"
            ) as client,
        ):
            query = {"corpid": CORP, "corpsecret": "s-archive"}
            token = (await client.get("/cgi-bin/gettoken", params=query)).json()["access_token"]
            answer = await client.post(
                "/cgi-bin/message/getchatdata",
                params={"access_token": token},
                json={"seq": 0, "limit": 10, "version": 3},
            )
    assert [row["seq"] for row in answer.json()["chatdata"]] == [1]


async def test_no_other_host_is_reached_through_the_door() -> None:
    async with (
        gateway(("127.0.0.1", 9)) as proxy,
        httpx.AsyncClient(proxy=proxy, verify=_as_the_library()) as client,
    ):
        with pytest.raises(httpx.ProxyError):
            await client.get("https://elsewhere.example/")
