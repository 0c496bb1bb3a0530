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
    began = hashlib.blake2b(digest_size=DIGEST_BYTES, key=cipher.index_key, person=person).copy
    digests: list[str] = []
    for row in map(orjson.dumps, zip(*(columns[name] for name in names), strict=True)):
        one = began()  # because to copy what has taken the key costs less than to give it again
        one.update(row)
        digests.append(one.hexdigest())
    return digests
