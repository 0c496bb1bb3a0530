"""auth/getuserinfo and auth/getuserdetail [91023][95833]."""

from typing import ClassVar

from simulator.wecom.endpoints.kit import Call, get, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.strictness import Ask, QueryAsk


class GetUserInfo(QueryAsk):
    """auth/getuserinfo."""

    missing: ClassVar[dict[str, int]] = {"code": 40029}
    code: str


class GetUserDetail(Ask):
    """auth/getuserdetail."""

    missing: ClassVar[dict[str, int]] = {"user_ticket": 84015}
    wrong: ClassVar[dict[str, int]] = {"user_ticket": 84015}
    user_ticket: str


def get_user_info(call: Call, ask: GetUserInfo) -> Json:
    """Who came with this code: 5 minutes, once, and only for the app it was made for."""
    world = call.world
    code = world.logins.codes.get(ask.code)
    if code is None or code.used or call.at >= code.ends_at or code.agent_id != call.app.agent_id:
        # Good codes are exempt from the base rate, bad ones are not (api.md 2.2).
        world.limits.check(call.path, "minute", world.modes.api_per_minute, call.at)
        raise Refused(40029, "invalid code")
    code.used = True
    if not code.userid:
        answer = {"openid": code.openid}
        return answer | ({"external_userid": code.external_userid} if code.external_userid else {})
    if not code.private:
        return {"userid": code.userid}
    ticket = world.ids.secret("user_ticket")
    world.logins.tickets[ticket] = (code.userid, call.at + world.modes.user_ticket_life_s)
    return {"userid": code.userid, "user_ticket": ticket}


def get_user_detail(call: Call, ask: GetUserDetail) -> Json:
    """The sensitive fields that the member agreed to show."""
    known = call.world.logins.tickets.get(ask.user_ticket)
    if known is None:
        raise Refused(84015, "invalid user_ticket")
    userid, ends_at = known
    if call.at >= ends_at:
        raise Refused(84014, "user_ticket expired")
    member = call.world.member(userid)
    return {
        "userid": member.userid,
        "gender": member.gender,
        "avatar": f"https://avatar.example/{member.userid}/0",
        "qr_code": f"https://qr.example/{member.userid}",
        "mobile": member.mobile,
        "email": member.email,
        "biz_mail": "",
        "address": "",
    }


ENDPOINTS = (
    get("auth/getuserinfo", GetUserInfo, get_user_info, "message", base_rate=False),
    post("auth/getuserdetail", GetUserDetail, get_user_detail, "message"),
)
