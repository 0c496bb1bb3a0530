"""What happens to an app: somebody opens it, or WeCom restricts it for lack of use [90240]."""

from typing import Literal

from simulator.wecom.callbacks.events import agent_event
from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_member
from simulator.wecom.world import World

AppEventName = Literal[
    "subscribe",
    "unsubscribe",
    "enter_agent",
    "click",
    "view",
    "inactive_alert",
    "close_inactive_agent",
    "reopen_inactive_agent",
    "low_active_alert",
    "low_active",
    "active_restored",
]
KEYED = frozenset({"enter_agent", "click", "view"})
ALERTS = frozenset({"inactive_alert", "low_active_alert"})


class AppEvent(Act):
    """An event of one app; ``key`` for a menu entry, ``effect_time`` for alerts."""

    event: AppEventName
    userid: str
    agent_id: int | None = None
    key: str = ""
    effect_time: int | None = None


def app_event(world: World, ask: AppEvent) -> Json:
    """The event; low_active and close_inactive_agent restrict the app until they are lifted."""
    member = the_member(world, ask.userid)
    main = world.corp.main_app()
    agent_id = ask.agent_id if ask.agent_id is not None else (main.agent_id if main else 0)
    app = world.corp.apps.get(agent_id)
    if app is None:
        raise ActError(f"no app {agent_id}: make it with POST /_sim/corp first")
    more: dict[str, str | int] = {"EventKey": ask.key} if ask.event in KEYED else {}
    if ask.event in ALERTS:
        more["EffectTime"] = ask.effect_time or int(world.now()) + 86_400
    if ask.event in ("low_active", "active_restored"):
        app.low_active = ask.event == "low_active"
    if ask.event in ("close_inactive_agent", "reopen_inactive_agent"):
        app.closed = ask.event == "close_inactive_agent"
    corp_id, at = world.corp.corp_id, world.now()
    world.tell_app(agent_id, agent_event(corp_id, at, member.userid, agent_id, ask.event, more))
    return {}


ACTS = (act("app_event", AppEvent, app_event),)
