"""Sign-in of members and the JS-SDK signatures (91022, 91023, 95833, 98152, 96909, 90506)."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from wecom import limits
from wecom.answers import Answer
from wecom.client import Caller
from wecom.errors import AnswerUnreadable, Rejected

CODE_LIFETIME_S: Final = 300

_STATE: Final = re.compile(r"[A-Za-z0-9]{1,128}")
_IN_APP: Final = "https://open.weixin.qq.com/connect/oauth2/authorize"
_DESKTOP: Final = "https://login.work.weixin.qq.com/wwlogin/sso/login"


@dataclass(frozen=True, slots=True)
class SignedInMember:
    """A member of the corp. ``user_ticket`` (1800 s) only for scope snsapi_privateinfo."""

    staff_id: str
    user_ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedInOutsider:
    """Somebody who is no member; ``external_userid`` where they are a contact of the corp."""

    openid: str = field(repr=False)
    external_userid: str


@dataclass(frozen=True, slots=True)
class MemberPrivate:
    """What a member agreed to show (scope snsapi_privateinfo); '' for what was not."""

    staff_id: str
    mobile: str = field(repr=False)
    email: str = field(repr=False)
    biz_mail: str = field(repr=False)
    avatar: str = field(repr=False)
    gender: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A JS ticket: keep it for ``expires_in_s``; fetching is limited to 100 an hour per app."""

    value: str = field(repr=False)
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class PageSignature:
    """What ``ww.register`` wants back from getConfigSignature and getAgentConfigSignature."""

    timestamp: int
    nonce: str
    signature: str

    def as_json(self) -> dict[str, str | int]:
        return {"timestamp": self.timestamp, "nonceStr": self.nonce, "signature": self.signature}


def authorize_url(
    corp_id: str,
    agent_id: int,
    redirect_uri: str,
    state: str,
    *,
    private: bool = False,
    base: str = _IN_APP,
) -> str:
    """Return the page that signs a member in inside WeCom. ``state`` is ours, [a-zA-Z0-9]{1,128}."""
    query = {
        "appid": corp_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "snsapi_privateinfo" if private else "snsapi_base",
        "state": _checked(state),
        "agentid": str(agent_id),
    }
    return f"{base}?{urlencode(query)}#wechat_redirect"


def sso_url(
    corp_id: str, agent_id: int, redirect_uri: str, state: str, *, base: str = _DESKTOP
) -> str:
    """Return the page that signs a member in on a desk by a QR code."""
    query = {
        "login_type": "CorpApp",
        "appid": corp_id,
        "agentid": str(agent_id),
        "redirect_uri": redirect_uri,
        "state": _checked(state),
    }
    return f"{base}?{urlencode(query)}"


def _checked(state: str) -> str:
    if not _STATE.fullmatch(state):
        raise Rejected("登录 state", "must be 1 to 128 letters or digits (84025)")
    return state


async def who(client: Caller, code: str) -> SignedInMember | SignedInOutsider:
    """Return who stands behind a code: valid five minutes, once (40029, Refused, after that)."""
    limits.not_empty("登录授权码", code)
    limits.at_most_bytes("登录授权码", code, 512)
    path = "auth/getuserinfo"
    answer = Answer(path, await client.call(path, params={"code": code}, idempotent=True))
    # Capitals in the answers of the older path, small letters in those of the newer one.
    staff_id = answer.text("userid") or answer.text("UserId")
    if staff_id:
        return SignedInMember(staff_id, answer.text("user_ticket"))
    openid = answer.text("openid") or answer.text("OpenId")
    external = answer.text("external_userid")
    if not (openid or external):
        raise AnswerUnreadable(path, "the answer names nobody")
    return SignedInOutsider(openid, external)


async def private_details(client: Caller, user_ticket: str) -> MemberPrivate:
    path = "auth/getuserdetail"
    answer = Answer(path, await client.call(path, {"user_ticket": user_ticket}, idempotent=True))
    return MemberPrivate(
        staff_id=answer.need("userid"),
        mobile=answer.text("mobile"),
        email=answer.text("email"),
        biz_mail=answer.text("biz_mail"),
        avatar=answer.text("avatar"),
        gender=answer.text("gender"),
    )


async def corp_ticket(client: Caller) -> Ticket:
    """Return the corp's ticket, for getConfigSignature."""
    return await _ticket(client, "get_jsapi_ticket", {})


async def agent_ticket(client: Caller) -> Ticket:
    """Return the app's ticket, for getAgentConfigSignature."""
    return await _ticket(client, "ticket/get", {"type": "agent_config"})


async def _ticket(client: Caller, path: str, params: dict[str, str]) -> Ticket:
    answer = Answer(path, await client.call(path, params=params, idempotent=True))
    return Ticket(answer.need("ticket"), answer.integer("expires_in") or 7200)


def sign_page(ticket: str, nonce: str, timestamp: int, url: str) -> PageSignature:
    """Sign a page for the JS-SDK: its address as the browser shows it, without ``#`` and after.

    The algorithm (sha1) is WeCom's; nothing is URL-encoded.
    """
    page = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    signature = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return PageSignature(timestamp, nonce, signature)
