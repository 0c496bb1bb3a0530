"""A member clicks a button of a card or an entry of its menu."""

from pydantic import Field

from simulator.wecom.callbacks.events import card_event
from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_member
from simulator.wecom.state.notes import CODE_LIFE_S, Note, ResponseCode
from simulator.wecom.world import World


class Click(Act):
    """``key`` is that of a button, of the submit button, or of a menu entry."""

    userid: str
    task_id: str
    key: str
    selected: dict[str, list[str]] = Field(default_factory=dict)
    agent_id: int | None = None


def click_card(world: World, ask: Click) -> Json:
    """template_card_event with a fresh response code (72 h, once)."""
    member = the_member(world, ask.userid)
    main = world.corp.main_app()
    agent_id = ask.agent_id if ask.agent_id is not None else (main.agent_id if main else 0)
    note = world.notes.tasks.get((agent_id, ask.task_id))
    if note is None or member.userid not in note.receivers:
        raise ActError(f"{ask.userid!r} got no card with task_id {ask.task_id!r}")
    if note.recalled:
        raise ActError(f"the card {ask.task_id!r} was recalled")
    menu, buttons = _keys(note)
    if ask.key not in menu | buttons:
        raise ActError(f"the card has no key {ask.key!r}; it has {sorted(menu | buttons)}")
    if ask.key in buttons:
        if (member.userid, note.msgid) in world.notes.clicked:
            raise ActError(f"{ask.userid!r} has answered {ask.task_id!r} already")
        world.notes.clicked[(member.userid, note.msgid)] = ask.key
    code = world.ids.secret("response_code")
    world.notes.codes[code] = ResponseCode(code, note, world.now() + CODE_LIFE_S)
    facts = {
        "EventKey": ask.key,
        "TaskId": ask.task_id,
        "CardType": str(note.body["card_type"]),
        "ResponseCode": code,
    }
    selected = None if ask.key in menu else ask.selected
    event = card_event(world.corp.corp_id, world.now(), member.userid, agent_id, facts, selected)
    world.tell_app(agent_id, event)
    return {"response_code": code}


def _keys(note: Note) -> tuple[set[str], set[str]]:
    card = note.body
    menu = {entry["key"] for entry in (card.get("action_menu") or {}).get("action_list", [])}
    buttons = {button.get("key", "") for button in card.get("button_list", [])}
    submit = card.get("submit_button")
    return menu, (buttons | ({submit["key"]} if submit else set())) - {""}


ACTS = (act("click_card", Click, click_card),)
