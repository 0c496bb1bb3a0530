"""A simulated WeCom for each test."""

from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contracts.wecom.worlds import World, world

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
async def there() -> AsyncIterator[World]:
    async with world(KEY.public_key()) as made:
        yield made
