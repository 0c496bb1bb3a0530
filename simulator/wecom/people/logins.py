"""A member opens the app or scans the login code: an OAuth code is issued."""

from typing import Literal

from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_member
from simulator.wecom.state.logins import LoginCode
from simulator.wecom.world import World


class Login(Act):
    """``userid`` for a member, ``openid`` (and ``external_userid``) for somebody outside."""

    userid: str = ""
    openid: str = ""
    external_userid: str = ""
    agent_id: int | None = None
    scope: Literal["snsapi_base", "snsapi_privateinfo"] = "snsapi_base"


def oauth(world: World, ask: Login) -> Json:
    """A code for auth/getuserinfo: 5 minutes, once."""
    main = world.corp.main_app()
    agent_id = ask.agent_id if ask.agent_id is not None else (main.agent_id if main else None)
    if agent_id is None or agent_id not in world.corp.apps:
        raise ActError(f"no app {agent_id!r}: make it with POST /_sim/corp first")
    userid = the_member(world, ask.userid).userid if ask.userid else ""
    if not userid and not ask.openid:
        raise ActError("give userid for a member or openid for somebody outside")
    code = LoginCode(
        world.ids.secret("oauth"),
        agent_id,
        userid=userid,
        openid=ask.openid,
        external_userid=ask.external_userid,
        private=ask.scope == "snsapi_privateinfo",
        ends_at=world.now() + world.modes.oauth_code_life_s,
    )
    world.logins.codes[code.code] = code
    return {"code": code.code}


ACTS = (act("oauth", Login, oauth),)
