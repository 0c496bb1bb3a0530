"""Records on the wire, and media that messages point to."""

import json
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from simulator.wecom.archive.cipher import seal_record
from simulator.wecom.errors import Json
from simulator.wecom.state.talks import TalkRecord


def sealed_row(record: TalkRecord, pem: str) -> Json:
    """One row of chatdata: the message under the public key of its day."""
    plain = json.dumps(record.message, ensure_ascii=False).encode()
    sealed = seal_record(plain, _public_key(pem))
    return {
        "seq": record.seq,
        "msgid": record.msgid,
        "publickey_ver": record.key_version,
        "encrypt_random_key": sealed.encrypt_random_key,
        "encrypt_chat_msg": sealed.encrypt_chat_msg,
    }


@lru_cache(maxsize=64)
def _public_key(pem: str) -> RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise TypeError("the archive takes RSA keys only")
    return key
