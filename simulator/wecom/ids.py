"""Ids in the forms of WeCom (api.md 12), the same for the same seed."""

import base64
import hashlib


class IdMint:
    """Mints ids that look like WeCom's and repeat from run to run with one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._counts: dict[str, int] = {}

    def number(self, kind: str) -> int:
        """The next plain number of a kind, from 1."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self._counts[kind]

    def digest(self, kind: str) -> bytes:
        """32 bytes that belong to the next number of a kind."""
        text = f"{self._seed}/{kind}/{self.number(kind)}"
        return hashlib.sha256(text.encode()).digest()

    def text(self, prefix: str, length: int = 32) -> str:
        """``prefix`` and letters up to ``length``: wm…, wr…, et…, msg…, mom…"""
        body = base64.urlsafe_b64encode(self.digest(prefix)).decode().rstrip("=")
        return (prefix + body.replace("-", "A"))[:length]

    def hexadecimal(self, kind: str) -> str:
        """32 hexadecimal characters: config ids and member versions."""
        return self.digest(kind).hex()[:32]

    def secret(self, kind: str) -> str:
        """A long token text (access tokens, tickets, codes)."""
        first, second = self.digest(kind), self.digest(kind)
        return base64.urlsafe_b64encode(first + second).decode().rstrip("=")
