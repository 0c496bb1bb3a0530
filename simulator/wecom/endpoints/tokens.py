"""gettoken, tickets and the addresses callbacks come from (api.md 1.2, 2.1, 7.3)."""

from typing import ClassVar

from simulator.wecom.endpoints.kit import Call, bare, get
from simulator.wecom.errors import Json, Refused
from simulator.wecom.strictness import Nothing, QueryAsk


class GetToken(QueryAsk):
    """gettoken [91039]."""

    missing: ClassVar[dict[str, int]] = {"corpid": 41002, "corpsecret": 41004}
    corpid: str
    corpsecret: str


class GetTicket(QueryAsk):
    """ticket/get [90506]."""

    missing: ClassVar[dict[str, int]] = {"type": 91040}
    type: str


def get_token(call: Call, ask: GetToken) -> Json:
    """A token of the app that owns the secret."""
    if not ask.corpid:
        raise Refused(41002, "corpid missing")
    if not ask.corpsecret:
        raise Refused(41004, "corpsecret missing")
    world = call.world
    token, left = world.tokens.issue(world.corp, ask.corpid, ask.corpsecret, call.ip, call.at)
    return {"access_token": token, "expires_in": left}


def corp_ticket(call: Call, ask: Nothing) -> Json:
    """The corp's JS ticket, for ww.config."""
    return call.world.tickets.corp(call.at)


def agent_ticket(call: Call, ask: GetTicket) -> Json:
    """The app's JS ticket, for agentConfig."""
    if ask.type != "agent_config":
        raise Refused(91040, "invalid ticket type")
    world = call.world
    key = f"ticket/get {call.app.agent_id}"
    world.limits.check(key, "hour", world.modes.agent_ticket_per_hour, call.at)
    return world.tickets.agent(call.app.agent_id, call.at)


def callback_addresses(call: Call, ask: Nothing) -> Json:
    """Where callbacks come from: this machine."""
    return {"ip_list": ["127.0.0.1", "101.226.103.*"]}


ENDPOINTS = (
    get("gettoken", GetToken, get_token, "open"),
    bare("get_jsapi_ticket", corp_ticket, "message", limits=(("hour", "jsapi_ticket_per_hour"),)),
    get("ticket/get", GetTicket, agent_ticket, "message"),
    bare("getcallbackip", callback_addresses, "any"),
)
