from collections.abc import AsyncIterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.wecom.app import create
from simulator.wecom.modes import Modes
from tests.contracts.simulator.bench import MONDAY, Bench, Product, bank


@pytest.fixture(scope="session")
def archive_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
async def bench(archive_key: rsa.RSAPrivateKey) -> AsyncIterator[Bench]:
    """A small bank in a strict WeCom whose clock stands at Monday 10:00 in Shanghai."""
    product = Product()
    simulator = create(Modes(strict=True), callback_transport=httpx.ASGITransport(product))
    transport = httpx.ASGITransport(simulator)
    async with httpx.AsyncClient(transport=transport, base_url="http://wecom") as client:
        made = Bench(simulator, client, product)
        await made.sim("clock", {"freeze": MONDAY})
        await made.sim("load", bank(archive_key))
        yield made
    await simulator.aclose()
