"""Keyed digests of rows: equal where a row brings nothing new, useless to whoever steals them."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from kit.crypto import FieldCipher

DIGEST_BYTES: Final = 16


def row_digests(cipher: FieldCipher, salt: str, columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """One digest (32 hex digits) a row over its typed values, in the order of their names.

    Keyed with the index key because a plain hash over name and phone could be guessed. ``salt``
    and the names take part, so that another source or another set of columns is another digest.
    """
    names = sorted(columns)
    person = hashlib.blake2b("\x1f".join((salt, *names)).encode(), digest_size=16).digest()
    key, dumps, blake2b = cipher.index_key, orjson.dumps, hashlib.blake2b
    return [
        blake2b(dumps(row), digest_size=DIGEST_BYTES, key=key, person=person).hexdigest()
        for row in zip(*(columns[name] for name in names), strict=True)
    ]
