"""Every part of one process, built from the settings: the only place where real ones are chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pydantic import SecretStr

from bot.handlers.office import Office
from compliance.content_check import ContentCheck
from compliance.holidays import bank_calendar
from compliance.review import lowering
from compliance.screening import Screener
from config import policy_catalogue
from config.persona_policy import PersonaPolicy
from config.policy_shelf import Shelf
from config.reminder_policy import ReminderPolicy
from config.settings import ArchiveSettings, Settings
from config.tag_policy import with_mapped
from config.tier_policy import TierPolicy
from content_library.calendar import ContentCalendar
from delivery.desk import Desk
from delivery.dispatcher import Dispatcher
from delivery.phrasing import Calls, Texts, routes
from kit.pacing.service import give_back
from kit.shared_clock import SharedClock
from kit.shared_tokens.service import SharedTokens
from kit.web.sessions import Limits
from wecom.archive.records import load_private_key
from wecom.archive.source import ArchiveSource, HttpSource
from wecom.client import WecomClient
from wecom.crypto import CallbackCipher
from wecom.http import Http
from wiring import policies
from wiring.code_sender import HttpCodeSender
from wiring.databases import Databases, open_databases
from wiring.dialler import HttpPhoneDialler
from wiring.pace import KeptTokens, WecomPace, pace_in
from wiring.secrets import Keys, load_keys
from wiring.signatures import Signatures
from wiring.sms_gateway import HttpTextGateway

Clock = Callable[[], datetime]
SIDE_BY_SIDE = 8
"""Calls one dispatcher has under way at once."""
SAMPLES = Path(__file__).resolve().parent.parent / "samples"


@dataclass(frozen=True)
class Parts:
    """The parts. ``close`` gives back what they hold."""

    settings: Settings
    keys: Keys
    databases: Databases
    http: Http
    wecom: WecomClient
    archive: WecomClient
    pace: WecomPace
    envelope: CallbackCipher | None
    desk: Desk
    shelf: Shelf
    content_calendar: ContentCalendar
    archive_source: ArchiveSource | None
    archive_keys: Mapping[int, RSAPrivateKey]
    shipped: Screener
    own_hosts: frozenset[str]
    limits: Limits
    signatures: Signatures
    codes: HttpCodeSender | None
    sms: HttpTextGateway | None
    dialler: HttpPhoneDialler | None
    clock: Clock
    shared_clock: SharedClock | None

    @property
    def screener(self) -> Screener:
        """The rulebook with the rules that were lowered until now."""
        return self.shipped.with_lowered(self.desk.lowered)

    @property
    def reminders(self) -> ReminderPolicy:
        """The reminders that hold now."""
        return self.shelf.of(policy_catalogue.REMINDERS)

    @property
    def personas(self) -> PersonaPolicy:
        """The persona rules that hold now, with the tags of WeCom's console mapped to them."""
        return with_mapped(
            self.shelf.of(policy_catalogue.PERSONAS), self.shelf.of(policy_catalogue.TAGS)
        )

    @property
    def tiers(self) -> TierPolicy:
        """The tiers that hold now."""
        return self.shelf.of(policy_catalogue.TIERS)

    def office(
        self,
        *,
        archive_arrived: Callable[[], None] | None = None,
        tags_changed: Callable[[], None] | None = None,
    ) -> Office:
        """What the event handlers may use."""
        knocks = {
            name: knock
            for name, knock in (
                ("archive_arrived", archive_arrived),
                ("tags_changed", tags_changed),
            )
            if knock is not None
        }
        return Office(
            self.databases.bank,
            self.wecom,
            self.desk,
            handover=lambda: self.shelf.of(policy_catalogue.HANDOVER),
            **knocks,
        )

    @property
    def texts(self) -> Texts | None:
        """What text messages are sent by, where there is a gateway for them."""
        return Texts(self.sms, self.desk, self.clock) if self.sms is not None else None

    @property
    def calls(self) -> Calls | None:
        """What telephone calls go by, where there is an exchange for them."""
        return Calls(self.dialler, self.desk, self.clock) if self.dialler is not None else None

    def dispatcher(self, name: str = "dispatch") -> Dispatcher:
        """A dispatcher of this process."""
        made = routes(
            self.wecom,
            self.databases.bank,
            agent_id=self.settings.wecom.agent_id,
            clock=self.clock,
            texts=self.texts,
            calls=self.calls,
            library=lambda: self.shelf.of(policy_catalogue.LIBRARY),
            gate=lambda: self.desk.policy,
            desk=self.desk,
        )
        return Dispatcher(
            self.databases.bank,
            made,
            self.clock,
            name,
            permits=self.pace.pacer,
            side_by_side=SIDE_BY_SIDE,
        )

    @property
    def examiner(self) -> ContentCheck:
        """Reads a text for authors and approvers, by the policy that holds now."""
        return ContentCheck(self.desk.policy, self.screener)

    async def refresh(self) -> None:
        """Read policies and calendar anew: a version put in force, a silence ordered, a
        rule lowered hold now. The clock is set by the database's."""
        async with self.databases.bank.reading() as session:
            if self.shared_clock is not None:
                await self.shared_clock.set_by(session)
            if await policies.fill(self.shelf, session):
                self.desk.adopt(
                    policies.gate_policy(self.shelf, self.own_hosts),
                    self.reminders.merge,
                    self.shelf.of(policy_catalogue.CHANNEL_CHOICE),
                    self.shelf.of(policy_catalogue.CHANNELS),
                )
            self.desk.review = self.shelf.of(policy_catalogue.REVIEW_DESK)
            self.desk.moments = self.shelf.of(policy_catalogue.MOMENTS)
            self.desk.splits = policies.splits_of(self.shelf)
            self.desk.calendar = await bank_calendar(session, self.desk.policy)
            lowered = await lowering.in_force(session)
        if lowered != self.desk.lowered:
            self.desk.lower(self.shipped.with_lowered(lowered), lowered)

    async def close(self) -> None:
        """Close connections to WeCom and to the databases."""
        await give_back(self.pace.pacer)
        await self.http.aclose()
        if self.codes is not None:
            await self.codes.aclose()
        if self.sms is not None:
            await self.sms.aclose()
        if self.dialler is not None:
            await self.dialler.aclose()
        await self.databases.close()


async def build(
    settings: Settings,
    *,
    now: Clock | None = None,
    http: Http | None = None,
    gateway: httpx.AsyncBaseTransport | None = None,
) -> Parts:
    """Build every part. Raises ConfigurationRefused with the place to look.

    ``now``: another clock than the one all processes share. ``http`` is another way to WeCom than
    the network, ``gateway`` another to the message gateway, for tests.
    """
    shared: SharedClock | None = None
    if now is None:
        now = shared = SharedClock()
    keys = load_keys(settings)
    databases = open_databases(settings, keys.cipher)
    wecom = settings.wecom
    http = http or Http(wecom.api_base)
    screener = Screener.from_rulebook()
    host = urlsplit(settings.public_url).hostname
    own_hosts = frozenset({host} if host else ())
    shelf = Shelf()
    async with databases.bank.reading() as session:
        if shared is not None:
            await shared.set_by(session)
        await policies.fill(shelf, session)
        policy = policies.gate_policy(shelf, own_hosts)
        calendar = await bank_calendar(session, policy)
        lowered = await lowering.in_force(session)
    # In the inbox's file where there are two, because a planning run may hold the other one.
    pace = pace_in(databases.inbox, lambda: shelf.of(policy_catalogue.CALL_LIMITS))

    def client_of(name: str, secret: SecretStr) -> WecomClient:
        kept = KeptTokens(SharedTokens(databases.inbox, f"{wecom.corp_id}:{name}"))
        return WecomClient(
            http, wecom.corp_id, secret.get_secret_value(), tokens=kept, limiter=pace
        )

    client = client_of(str(wecom.agent_id), wecom.secret)
    archive = client_of("archive", settings.archive.secret)
    return Parts(
        settings=settings,
        keys=keys,
        databases=databases,
        http=http,
        wecom=client,
        archive=archive,
        pace=pace,
        envelope=_envelope(settings),
        desk=Desk.of(
            policy=policy,
            calendar=calendar,
            screener=screener.with_lowered(lowered),
            lowered=lowered,
            merge=shelf.of(policy_catalogue.REMINDERS).merge,
            bank_name=settings.bank_name,
            hotline=settings.hotline,
            broadcast_cap=wecom.broadcast_cap,
            choice=shelf.of(policy_catalogue.CHANNEL_CHOICE),
            channels=shelf.of(policy_catalogue.CHANNELS),
            sms=bool(settings.sms.url),
            splits=policies.splits_of(shelf),
            dials=bool(settings.dialler.url),
        ),
        shelf=shelf,
        content_calendar=ContentCalendar.load(SAMPLES / "calendar.toml"),
        archive_source=HttpSource(archive) if settings.archive.secret.get_secret_value() else None,
        archive_keys=private_keys(settings.archive),
        shipped=screener,
        own_hosts=own_hosts,
        limits=Limits(
            idle=timedelta(seconds=settings.session.idle),
            absolute=timedelta(seconds=settings.session.absolute),
            fresh=timedelta(seconds=settings.session.fresh),
        ),
        signatures=Signatures(client, settings.public_url, now),
        codes=HttpCodeSender(settings.codes, now, transport=gateway)
        if settings.codes.url
        else None,
        sms=HttpTextGateway(settings.sms, now, transport=gateway) if settings.sms.url else None,
        dialler=HttpPhoneDialler(settings.dialler, transport=gateway)
        if settings.dialler.url
        else None,
        clock=now,
        shared_clock=shared,
    )


def _envelope(settings: Settings) -> CallbackCipher | None:
    token = settings.wecom.callback_token.get_secret_value()
    aes_key = settings.wecom.callback_aes_key.get_secret_value()
    if not token or not aes_key:
        return None
    return CallbackCipher(token, aes_key, settings.wecom.corp_id)


def private_keys(archive: ArchiveSettings) -> dict[int, RSAPrivateKey]:
    """Every private key of the archive by version: from settings, or files ``<version>.pem``.

    Old versions must stay: a record names the version it was sealed for.
    """
    pems = {
        version: secret.get_secret_value().encode()
        for version, secret in archive.private_keys.items()
    }
    if archive.private_keys_dir is not None:
        for path in sorted(archive.private_keys_dir.glob("*.pem")):
            if path.stem.isdecimal():
                pems.setdefault(int(path.stem), path.read_bytes())
    return {version: load_private_key(pem) for version, pem in pems.items()}
