"""Seals callbacks as WeCom does, by wechatpy: a second implementation beside ours."""

import secrets
import time
from urllib.parse import urlencode

from wechatpy.work.crypto import WeChatCrypto

TOKEN = "QDG6eKtoken"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP = "ww5823bf96d3bd56c7"


def sealed(
    xml: str, *, timestamp: str | None = None, corp: str = CORP, token: str = TOKEN
) -> tuple[str, bytes]:
    """The query string and the body of a callback that carries ``xml``."""
    nonce = str(secrets.randbelow(10**10))
    crypto = WeChatCrypto(token, AES_KEY, corp)
    stamp = timestamp or str(int(time.time()))
    envelope = crypto.encrypt_message(xml, nonce, stamp)
    fields = {
        name: envelope.split(f"<{name}>")[1]
        .split(f"</{name}>")[0]
        .replace("<![CDATA[", "")
        .replace("]]>", "")
        for name in ("Encrypt", "MsgSignature", "TimeStamp")
    }
    query = urlencode(
        {"msg_signature": fields["MsgSignature"], "timestamp": fields["TimeStamp"], "nonce": nonce}
    )
    body = (
        f"<xml><ToUserName><![CDATA[{corp}]]></ToUserName>"
        f"<Encrypt><![CDATA[{fields['Encrypt']}]]></Encrypt><AgentID>1000002</AgentID></xml>"
    )
    return query, body.encode()


def contact_event(
    change: str = "add_external_contact",
    *,
    userid: str = "limin",
    contact: str = "wmContact01",
    at: int | None = None,
    extra: str = "",
) -> str:
    """The plaintext of a change_external_contact event."""
    second = int(time.time()) if at is None else at
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
        f"<CreateTime>{second}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[change_external_contact]]></Event>"
        f"<ChangeType><![CDATA[{change}]]></ChangeType><UserID><![CDATA[{userid}]]></UserID>"
        f"<ExternalUserID><![CDATA[{contact}]]></ExternalUserID>{extra}</xml>"
    )
