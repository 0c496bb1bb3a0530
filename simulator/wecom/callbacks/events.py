"""The XML of events, field for field as on the official pages (api.md 1.3-1.8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

Node = tuple[str, "str | int | list[Node]"]


@dataclass(frozen=True, slots=True)
class Event:
    """One event: ``name`` for fault rules and tests, ``xml`` for the wire."""

    name: str
    xml: str


def _text(tag: str, value: "str | int | list[Node]") -> str:
    if isinstance(value, list):
        return f"<{tag}>{''.join(_text(*node) for node in value)}</{tag}>"
    if isinstance(value, int):
        return f"<{tag}>{value}</{tag}>"
    safe = value.replace("]]>", "]]]]><![CDATA[>")
    return f"<{tag}><![CDATA[{safe}]]></{tag}>"


def _envelope(
    corp_id: str, at: float, event: str, fields: Iterable[Node], sender: str = "sys"
) -> str:
    head: list[Node] = [
        ("ToUserName", corp_id),
        ("FromUserName", sender),
        ("CreateTime", int(at)),
        ("MsgType", "event"),
        ("Event", event),
    ]
    return f"<xml>{''.join(_text(*node) for node in [*head, *fields])}</xml>"


def contact_event(corp_id: str, at: float, change: str, fields: list[Node]) -> Event:
    """change_external_contact [92130]: UserID, ExternalUserID and what the change adds."""
    nodes: list[Node] = [("ChangeType", change), *fields]
    xml = _envelope(corp_id, at, "change_external_contact", nodes)
    return Event(f"change_external_contact.{change}", xml)


def chat_event(
    corp_id: str, at: float, change: str, chat_id: str, fields: list[Node] | None = None
) -> Event:
    """change_external_chat [92130]: create, update, dismiss."""
    nodes: list[Node] = [("ChatId", chat_id), ("ChangeType", change), *(fields or [])]
    detail = next((f".{value}" for tag, value in nodes if tag == "UpdateDetail"), "")
    xml = _envelope(corp_id, at, "change_external_chat", nodes)
    return Event(f"change_external_chat.{change}{detail}", xml)


def tag_event(corp_id: str, at: float, change: str, tag_id: str, tag_type: str) -> Event:
    """change_external_tag [92130]; shuffle carries no TagType."""
    nodes: list[Node] = [("Id", tag_id)]
    if change != "shuffle":
        nodes.append(("TagType", tag_type))
    nodes.append(("ChangeType", change))
    xml = _envelope(corp_id, at, "change_external_tag", nodes)
    return Event(f"change_external_tag.{change}", xml)


def directory_event(corp_id: str, at: float, change: str, fields: list[Node]) -> Event:
    """change_contact [90970][90971] as sent since 2022-08-15; ChangeType stands without CDATA."""
    head = _envelope(corp_id, at, "change_contact", [])
    body = "".join(_text(*node) for node in fields)
    xml = head.replace("</xml>", f"<ChangeType>{escape(change)}</ChangeType>{body}</xml>")
    return Event(f"change_contact.{change}", xml)


def archive_event(corp_id: str, at: float, agent_id: int) -> Event:
    """msgaudit_notify [95039]: there are messages to fetch."""
    xml = (
        f"<xml>{_text('ToUserName', corp_id)}{_text('FromUserName', 'sys')}"
        f"{_text('CreateTime', int(at))}{_text('MsgType', 'event')}"
        f"{_text('AgentID', agent_id)}{_text('Event', 'msgaudit_notify')}</xml>"
    )
    return Event("msgaudit_notify", xml)


def card_event(
    corp_id: str,
    at: float,
    userid: str,
    agent_id: int,
    facts: dict[str, str],
    selected: dict[str, list[str]] | None,
) -> Event:
    """template_card_event, or template_card_menu_event when nothing can be selected [90240]."""
    name = "template_card_menu_event" if selected is None else "template_card_event"
    nodes: list[Node] = [*facts.items(), ("AgentID", agent_id)]
    if selected is not None:
        nodes.append(("SelectedItems", [_selected(key, ids) for key, ids in selected.items()]))
    return Event(name, _envelope(corp_id, at, name, nodes, sender=userid))


def _selected(question: str, options: list[str]) -> Node:
    chosen: list[Node] = [("OptionId", option) for option in options]
    return ("SelectedItem", [("QuestionKey", question), ("OptionIds", chosen)])


def agent_event(
    corp_id: str, at: float, userid: str, agent_id: int, event: str, more: dict[str, str | int]
) -> Event:
    """subscribe, enter_agent, low_active and their kind [90240]; ``more`` stands where it must."""
    nodes: list[Node] = [("EventKey", more["EventKey"])] if "EventKey" in more else []
    nodes.append(("AgentID", agent_id))
    nodes += [(name, value) for name, value in more.items() if name != "EventKey"]
    return Event(event, _envelope(corp_id, at, event, nodes, sender=userid))
