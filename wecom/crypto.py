"""The callback envelope: signature, AES, receive id (official pages 90930, 90238, 90968).

Everything that is wrong with an envelope raises the same :class:`EnvelopeRefused` with the same
text, so that an answer built from it tells a stranger nothing about what was wrong.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MAX_BODY: Final = 256 * 1024
"""The largest callback body worth reading; the caller must stop reading before this is passed."""

_BLOCK: Final = 32  # WeCom pads to 32 bytes, although the block of AES is 16
_HEAD: Final = 20  # 16 random bytes and a big-endian length of 4

_AES_KEY: Final = re.compile(r"[A-Za-z0-9]{43}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9]{1,32}")
_TIMESTAMP: Final = re.compile(r"[0-9]{10}")
_NONCE: Final = re.compile(r"[!-~]{1,128}")
_PLAIN_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{40}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")

# One flat <xml> element with flat children, no declaration of types, no attribute, no nesting, and
# exactly one <Encrypt>. Possessive quantifiers: the time is linear in the body, whatever it holds.
# The repeated child itself is not possessive, because Python before 3.11.5 mismatches a possessive
# group that backtracks inside (gh-106052); giving a child back fails at once: still linear.
_VALUE = rb"(?:<!\[CDATA\[[^\]<>]*+\]\]>|[^<>]*+)"
_OTHER = (
    rb"(?:\s*+<(?!Encrypt\b)(?P<%(n)b>[A-Za-z]{1,32}+)(?:/>|>" + _VALUE + rb"</(?P=%(n)b)>))*\s*+"
)
_OUTER: Final = re.compile(
    rb"\A\s*+(?:<\?xml[^<>?]{0,100}+\?>\s*+)?<xml>"
    + _OTHER % {b"n": b"before"}
    + rb"<Encrypt>\s*+(?:<!\[CDATA\[(?P<cdata>[A-Za-z0-9+/=]++)\]\]>|(?P<bare>[A-Za-z0-9+/=]++))\s*+"
    + rb"</Encrypt>"
    + _OTHER % {b"n": b"after"}
    + rb"</xml>\s*+\Z"
)

_QUERY_KEYS: Final = frozenset({"msg_signature", "timestamp", "nonce", "echostr"})


class EnvelopeRefused(Exception):
    """The envelope is not one that WeCom sealed for us. The text is always the same.

    ``reason`` is one word for our own log; it must never be answered.
    """

    code = "wecom.envelope_refused"
    status = 401

    def __init__(self, reason: str) -> None:
        super().__init__("callback envelope refused")
        self.reason = reason


def read_query(query: bytes | str) -> dict[str, str]:
    """Return the decoded query of a callback; a doubled parameter is refused.

    Because a proxy and we could otherwise look at two different values of one name.
    """
    text = query.decode("latin-1") if isinstance(query, bytes) else query
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=32, errors="strict")
    except ValueError:
        raise EnvelopeRefused("query") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found and name in _QUERY_KEYS:
            raise EnvelopeRefused("query")
        found[name] = value
    return found


class CallbackCipher:
    """Opens what WeCom sealed with one token and key, and seals passive replies.

    Safe to share between tasks and threads: it keeps no state between calls. Opening one message
    costs some 10 µs, since the key objects are made once.
    """

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        """``aes_key`` is the EncodingAESKey of 43 characters; ``receive_id`` the corp id."""
        if not _TOKEN.fullmatch(token):
            raise ValueError(
                "回调 Token 应为 1 至 32 位字母或数字（管理后台 → 应用 → 接收消息 → Token）"
            )
        if not _AES_KEY.fullmatch(aes_key):
            raise ValueError(
                f"回调 EncodingAESKey 应为 43 位字母或数字，现在是 {len(aes_key)} 位"
                "（管理后台 → 应用 → 接收消息 → EncodingAESKey）"
            )
        key = base64.b64decode(aes_key + "=")
        self._token = token
        self._receive_id = receive_id.encode()
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def __repr__(self) -> str:
        return f"CallbackCipher(receive_id={self._receive_id.decode()!r})"

    def verify_url(self, params: Mapping[str, str]) -> bytes:
        """Return the plain echo text for WeCom's GET; answer it bare, within one second."""
        return self._open(params, params.get("echostr", ""))

    def open(self, params: Mapping[str, str], body: bytes) -> bytes:
        """Return the decrypted XML of a POST.

        The timestamp must be ten digits: the signature covers the parts without a delimiter, so
        digits could else be moved between timestamp and nonce. Freshness and repetition are the
        caller's to judge, by a digest of what is returned here.
        """
        if len(body) > MAX_BODY:
            raise EnvelopeRefused("size")
        return self._open(params, encrypted_part(body))

    def seal(self, xml: bytes, timestamp: str, nonce: str) -> bytes:
        """Return the passive reply that carries ``xml`` (official page 90241)."""
        if not _TIMESTAMP.fullmatch(timestamp) or not _PLAIN_NONCE.fullmatch(nonce):
            raise ValueError("timestamp must be ten digits, nonce 1..64 of [A-Za-z0-9_-]")
        encrypted = self.encrypt(xml)
        signature = self.signature(timestamp, nonce, encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp>"
            f"<Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        ).encode()

    def encrypt(self, plain: bytes) -> str:
        """Return the base64 of one sealed text: random(16), length, text, receive id, padding."""
        parts = os.urandom(16) + len(plain).to_bytes(4, "big") + plain + self._receive_id
        pad = _BLOCK - len(parts) % _BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(parts + bytes((pad,)) * pad) + encryptor.finalize()
        return binascii.b2a_base64(sealed, newline=False).decode("ascii")

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """Return sha1 over the sorted, undelimited parts, in lower-case hexadecimal."""
        joined = "".join(sorted((self._token, timestamp, nonce, encrypted)))
        return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()

    def _open(self, params: Mapping[str, str], encrypted: str) -> bytes:
        given = params.get("msg_signature", "")
        timestamp = params.get("timestamp", "")
        nonce = params.get("nonce", "")
        if not _SIGNATURE.fullmatch(given):
            raise EnvelopeRefused("signature")
        if not _TIMESTAMP.fullmatch(timestamp) or not _NONCE.fullmatch(nonce):
            raise EnvelopeRefused("parameters")
        if not _BASE64.fullmatch(encrypted):
            raise EnvelopeRefused("encoding")
        if not hmac.compare_digest(given, self.signature(timestamp, nonce, encrypted)):
            raise EnvelopeRefused("signature")
        return self._decrypt(encrypted)

    def _decrypt(self, encrypted: str) -> bytes:
        try:
            sealed = binascii.a2b_base64(encrypted, strict_mode=True)
        except binascii.Error:
            raise EnvelopeRefused("encoding") from None
        if not sealed or len(sealed) % _BLOCK:
            raise EnvelopeRefused("length")
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(sealed) + decryptor.finalize()
        pad = plain[-1]
        if not 1 <= pad <= _BLOCK or plain[-pad:] != bytes((pad,)) * pad:
            raise EnvelopeRefused("padding")
        end = _HEAD + int.from_bytes(plain[16:_HEAD], "big")
        if not _HEAD <= end <= len(plain) - pad:
            raise EnvelopeRefused("length")
        if not hmac.compare_digest(plain[end : len(plain) - pad], self._receive_id):
            raise EnvelopeRefused("receive_id")
        return plain[_HEAD:end]


def encrypted_part(body: bytes) -> str:
    """Return the text of the one <Encrypt> element, without a general XML parser.

    Because nothing is trusted yet, and deep or endless XML costs a parser seconds.
    """
    match = _OUTER.match(body)
    if match is None:
        raise EnvelopeRefused("body")
    return (match["cdata"] or match["bare"]).decode("ascii")
