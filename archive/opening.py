"""Opens a page of records beside the event loop: RSA, AES, JSON, digest, seal, tokens."""

import asyncio
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from archive.digests import message_digest
from archive.index import Tag, message_tokens
from archive.reading import Cause, Message, Unreadable, read
from archive.wording import text_hash
from kit.crypto import FieldCipher
from wecom.archive.errors import RecordUndecryptable, UnknownKeyVersion
from wecom.archive.records import Record, open_record

BODY: Final = "archive_message.body"
KEY_UNKNOWN: Final = "key_unknown"
_SALT_BYTES: Final = 16
_LARGEST: Final = 2**63 - 1
_THREADS: Final = max(2, os.cpu_count() or 2)
_LEAST_A_THREAD: Final = 8


@dataclass(frozen=True, slots=True)
class Held:
    """A record for quarantine, as it came (ciphertext), with the cause."""

    seq: int
    msgid: str
    key_version: int
    record: bytes
    cause: Cause


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message ready to be stored: read, digested, sealed, with its tokens."""

    record: Record
    message: Message
    salt: bytes
    digest: str
    body: bytes
    text_hash: str | None
    tokens: Sequence[int]

    def held(self, cause: Cause) -> Held:
        """The same record for quarantine."""
        return hold(self.record, cause)


async def open_records(
    records: Sequence[Record],
    private_keys: Mapping[int, RSAPrivateKey],
    cipher: FieldCipher,
    received_at: datetime,
) -> tuple[list[Prepared], list[Held]]:
    """Open records in threads; RSA, nearly all of the work, leaves the GIL. Order is kept."""
    share = max(_LEAST_A_THREAD, -(-len(records) // _THREADS))
    parts = await asyncio.gather(
        *(
            asyncio.to_thread(
                _opened, records[start : start + share], private_keys, cipher, received_at
            )
            for start in range(0, len(records), share)
        )
    )
    every = [one for part in parts for one in part]
    prepared = [one for one in every if isinstance(one, Prepared)]
    return prepared, [one for one in every if isinstance(one, Held)]


def _opened(
    records: Sequence[Record],
    private_keys: Mapping[int, RSAPrivateKey],
    cipher: FieldCipher,
    received_at: datetime,
) -> list[Prepared | Held]:
    found: list[Prepared | Held] = []
    tags: dict[tuple[Tag, str], int] = {}
    for record in records:
        try:
            raw = open_record(record, private_keys)
            found.append(prepare(record, raw, cipher, received_at, tags))
        except UnknownKeyVersion:
            found.append(hold(record, KEY_UNKNOWN))
        except RecordUndecryptable as refused:
            found.append(hold(record, refused.cause))
        except Unreadable as refused:
            found.append(hold(record, refused.cause))
    return found


def prepare(
    record: Record,
    raw: bytes,
    cipher: FieldCipher,
    received_at: datetime,
    tags: dict[tuple[Tag, str], int] | None = None,
) -> Prepared:
    """Make an opened record ready to be stored; ``tags`` keeps tokens over a page.

    Raises Unreadable.
    """
    message = read(record.seq, record.msgid, raw, received_at)
    salt = secrets.token_bytes(_SALT_BYTES)
    return Prepared(
        record=record,
        message=message,
        salt=salt,
        digest=message_digest(
            salt,
            seq=message.seq,
            msgid=message.msgid,
            action=message.action,
            msgtype=message.msgtype,
            from_id=message.from_id,
            room_id=message.room_id,
            sent_at=message.sent_at,
            raw=raw,
        ),
        body=cipher.seal(BODY, message.msgid, raw),
        text_hash=text_hash(cipher, message.text) if message.text else None,
        tokens=message_tokens(cipher, message, tags),
    )


def hold(record: Record, cause: Cause) -> Held:
    """A record for quarantine; its id is made storable, the record itself stays as it came."""
    return Held(
        seq=record.seq,
        msgid=record.msgid.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:128],
        key_version=max(-1, min(record.key_version, _LARGEST)),
        record=orjson.dumps(
            {
                "seq": record.seq,
                "msgid": record.msgid.encode("utf-8", "replace").decode(),
                "publickey_ver": record.key_version,
                "encrypt_random_key": record.random_key,
                "encrypt_chat_msg": record.sealed,
            }
        ),
        cause=cause,
    )


def held_record(stored: bytes) -> Record:
    """The record that ``hold`` put away."""
    fields = orjson.loads(stored)
    return Record(
        seq=fields["seq"],
        msgid=fields["msgid"],
        key_version=fields["publickey_ver"],
        random_key=fields["encrypt_random_key"],
        sealed=fields["encrypt_chat_msg"],
    )
