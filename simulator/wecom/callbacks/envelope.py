"""Sealing a callback as WeCom does (api.md 1.1), with wechatpy's crypto and none of ours.

Because the product has its own reader, the sender must be somebody else's: each checks the other.
"""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from wechatpy.utils import WeChatSigner
from wechatpy.work.crypto import PrpCrypto, WeChatCrypto

from simulator.wecom.state.corp import CallbackTarget


@dataclass(frozen=True, slots=True)
class Sealed:
    """A callback ready to post."""

    url: str
    body: bytes


def seal(target: CallbackTarget, corp_id: str, agent_id: int | None, xml: str, at: float) -> Sealed:
    """``xml`` encrypted (padding to blocks of 32) and signed for ``target``."""
    crypto = WeChatCrypto(target.token, target.aes_key, corp_id)
    encrypted = PrpCrypto(crypto.key).encrypt(xml, corp_id).decode()
    query = _signed(target.token, encrypted, at)
    agent = "" if agent_id is None else str(agent_id)
    body = (
        f"<xml><ToUserName><![CDATA[{corp_id}]]></ToUserName>"
        f"<AgentID><![CDATA[{agent}]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    )
    return Sealed(_with_query(target.url, query), body.encode())


def seal_echo(target: CallbackTarget, corp_id: str, echo: str, at: float) -> str:
    """The URL of the GET that verifies a receive address; the answer must be ``echo``."""
    crypto = WeChatCrypto(target.token, target.aes_key, corp_id)
    encrypted = PrpCrypto(crypto.key).encrypt(echo, corp_id).decode()
    query = {**_signed(target.token, encrypted, at), "echostr": encrypted}
    return _with_query(target.url, query)


def _signed(token: str, encrypted: str, at: float) -> dict[str, str]:
    timestamp, nonce = str(int(at)), str(secrets.randbelow(10**10))
    return {
        "msg_signature": _signature(token, timestamp, nonce, encrypted),
        "timestamp": timestamp,
        "nonce": nonce,
    }


def _signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    signer = WeChatSigner()
    signer.add_data(token, timestamp, nonce, encrypted)
    return str(signer.signature)


def _with_query(url: str, query: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
