"""Which of the six persona hues a name gets: always the same one, never a meaning."""

import zlib


def persona_hue(name: str) -> str:
    """``p1`` … ``p6``, by the name alone."""
    return f"p{1 + zlib.crc32(name.encode()) % 6}"
