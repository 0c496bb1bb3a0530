"""Everything that one simulated WeCom holds, and the few moves that many parts share."""

from collections.abc import Callable
from typing import Any

import httpx

from simulator.wecom.callbacks.events import Event, contact_event
from simulator.wecom.callbacks.post import CallbackPost
from simulator.wecom.clock import SimClock
from simulator.wecom.errors import Refused
from simulator.wecom.faults import FaultBook
from simulator.wecom.ids import IdMint
from simulator.wecom.limits import Gates, RateLimits
from simulator.wecom.modes import Modes
from simulator.wecom.seen import Seen
from simulator.wecom.state.broadcasts import BroadcastBoard
from simulator.wecom.state.contacts import ContactBook
from simulator.wecom.state.corp import App, Corp
from simulator.wecom.state.days import DayBook
from simulator.wecom.state.directory import LEFT, Directory, Member
from simulator.wecom.state.groups import GroupHall
from simulator.wecom.state.intercepts import InterceptRule
from simulator.wecom.state.logins import LoginDesk
from simulator.wecom.state.media import MediaShelf
from simulator.wecom.state.moments import MomentWall
from simulator.wecom.state.notes import NoteBook
from simulator.wecom.state.phones import Phones
from simulator.wecom.state.tags import TagShelf
from simulator.wecom.state.talks import TalkShelf
from simulator.wecom.state.tickets import TicketDesk
from simulator.wecom.state.transfers import TransferDesk
from simulator.wecom.state.ways import WayBook
from simulator.wecom.state.welcomes import WelcomeDesk
from simulator.wecom.tokens import TokenDesk
from simulator.wecom.voice import Voice


class World:
    """The tenant, its people, its clock and what was seen. One instance per application."""

    def __init__(
        self, modes: Modes, *, seed: int, callback_transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self.modes = modes
        self.clock = SimClock()
        self.ids = IdMint(seed)
        self.seen = Seen()
        self.faults = FaultBook()
        self.limits = RateLimits()
        self.gates = Gates()
        self.tokens = TokenDesk(modes, self.ids)
        self.callbacks = CallbackPost(modes, self.clock, self.seen, self.faults, callback_transport)
        self.corp = Corp()
        self.directory = Directory()
        self.contacts = ContactBook()
        self.tags = TagShelf()
        self.groups = GroupHall()
        self.broadcasts = BroadcastBoard()
        self.welcomes = WelcomeDesk()
        self.ways = WayBook()
        self.transfers = TransferDesk()
        self.intercepts: dict[str, InterceptRule] = {}
        self.robots: dict[str, tuple[str, str]] = {}
        self.moments = MomentWall()
        self.templates: dict[str, tuple[int, dict[str, Any]]] = {}
        self.notes = NoteBook()
        self.logins = LoginDesk()
        self.phones = Phones()
        self.tickets = TicketDesk(self.ids)
        self.media = MediaShelf(modes, self.ids)
        self.talks = TalkShelf()
        self.days = DayBook()
        self.voice = Voice(self)
        self.due: list[Callable[[float], None]] = [self.voice.notify]
        self._ranges: dict[int, tuple[int, frozenset[str]]] = {}

    def now(self) -> float:
        """The simulated instant."""
        return self.clock.now()

    def tick(self) -> None:
        """Let everything happen that time has brought due."""
        at = self.now()
        for happen in self.due:
            happen(at)

    def visible(self, app: App) -> frozenset[str]:
        """Userids that an app sees."""
        kept = self._ranges.get(app.agent_id)
        if kept is None or kept[0] != self.directory.version:
            kept = (self.directory.version, frozenset(self.directory.in_range(app.visible)))
            self._ranges[app.agent_id] = kept
        return kept[1]

    def forget_ranges(self) -> None:
        """Work visible ranges out anew: an app's range was changed."""
        self._ranges.clear()

    def member(self, userid: str, code: int = 60111) -> Member:
        """A member who has not left. Raises Refused with ``code``."""
        member = self.directory.find(userid)
        if member is None or member.status == LEFT:
            raise Refused(code, f"userid not found: {userid}")
        return member

    def rename_member(self, member: Member, userid: str) -> None:
        """Give a member a new userid; his relations and groups follow him."""
        old = member.userid
        self.directory.remove(old)
        member.userid = userid
        self.directory.put(member)
        self.contacts.rename(old, userid)
        self.groups.rename(old, userid)

    def visible_member(self, app: App, userid: str, code: int = 60111) -> Member:
        """A present member whom ``app`` sees. Raises Refused ``code``, or 60011 out of range."""
        member = self.member(userid, code)
        if member.userid not in self.visible(app):
            raise Refused(60011, "no privilege to access/modify contact/party/agent")
        return member

    def tell_customer_apps(self, event: Event, about: str | None = None) -> None:
        """Send an event of 客户联系 to every app that may hear it.

        ``about`` is the member that it is about: only apps that see him are told, and only when he
        has the 客户联系 right [92129].
        """
        if about is not None:
            member = self.directory.find(about)
            if member is not None and not member.external_right:
                return
        for app in self.corp.apps.values():
            if app.kind != "app" or not app.customer_api:
                continue
            if about is not None and not app.visible.everybody and about not in self.visible(app):
                continue
            target = self.corp.target_of(app)
            if target is None and app is not self.corp.main_app():
                continue
            self.callbacks.send(event, target, self.corp.corp_id, app.agent_id)

    def tell_directory(self, event: Event) -> None:
        """Send a change of the directory to the 通讯录同步 address."""
        app = next((a for a in self.corp.apps.values() if a.kind == "directory"), None)
        target = self.corp.target_of(app) if app else self.corp.callback
        self.callbacks.send(event, target, self.corp.corp_id, None)

    def tell_app(self, agent_id: int, event: Event) -> None:
        """Send an event of one app."""
        app = self.corp.apps.get(agent_id)
        target = self.corp.target_of(app) if app else None
        self.callbacks.send(event, target, self.corp.corp_id, agent_id)

    def tell_contact(
        self, change: str, userid: str, external_userid: str, **more: str | None
    ) -> None:
        """change_external_contact about one pair; fields that are None are left out."""
        fields: list[tuple[str, str]] = [("UserID", userid), ("ExternalUserID", external_userid)]
        extra = [(name, value) for name, value in more.items() if value is not None]
        first = [part for part in extra if part[0] == "FailReason"]
        rest = [part for part in extra if part[0] != "FailReason"]
        event = contact_event(self.corp.corp_id, self.now(), change, [*first, *fields, *rest])
        self.tell_customer_apps(event, userid)
