"""How often one address may open pages, held in this process's memory and nowhere else."""

import hashlib
import secrets
from collections import OrderedDict
from datetime import datetime
from typing import Final

MOST: Final = 20_000


class Addresses:
    """Counts requests a minute by a salted digest of the address; the salt dies with the process."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._seen: OrderedDict[tuple[int, bytes], int] = OrderedDict()

    def within(self, address: str, at: datetime, most: int) -> bool:
        """Count one more request of this minute; False once there were more than ``most``."""
        digest = hashlib.blake2b(address.encode(), key=self._salt, digest_size=8).digest()
        key = (int(at.timestamp()) // 60, digest)
        self._seen[key] = self._seen.get(key, 0) + 1
        self._seen.move_to_end(key)
        while len(self._seen) > MOST:
            self._seen.popitem(last=False)
        return self._seen[key] <= most
