"""What customers of one kind would read of an item, and what the gate says of it. Nothing is sent.

The kind is a model and no person: it has agreed to everything, heard something caring, and the
sender holds the licence that the item asks for. What is refused here is refused by the item and
the kind alone, to whoever is of that kind; what a single customer said or heard adds to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.calendar import BankCalendar
from compliance.facts import Channel, ConsentPurpose, Draft, Recipient, Sender, Words
from compliance.gate import Court
from config.library_policy import LibraryPolicy
from content_library.errors import GreetingRefused
from content_library.facts import ApprovedScript, Form, Library, State
from content_library.fields import SAMPLE_FACTS
from content_library.findings import CHANNEL_OF, SAMPLES
from content_library.greeting import greeting_of
from content_library.item_rules import PLAIN, forms_of
from content_library.render import Pieces
from content_library.spoken import said_pieces
from delivery import white_lists
from delivery.desk import Desk
from delivery.judging import words_of
from delivery.products_in_words import Shown, product_fields, shown, with_product
from delivery.wording import customer_title
from kit.clock import bank_date, bank_moment
from kit.errors import InputRefused

SPREAD: Final = ("single", "group", "moment")
"""One to one, into a customer group, as a moment."""
TEN: Final = time(10, 0)
FAR: Final = 30
"""Days to look ahead for a working day; no holiday is longer."""
EVERYTHING: Final = frozenset(one.value for one in ConsentPurpose)


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of customer: tier, persona (empty: none), age in years, rating C1..C5 as 1..5."""

    tier: str = ""
    persona: str = ""
    age: int = 40
    risk: int | None = 3


@dataclass(frozen=True, slots=True)
class Ground:
    """What previews of one version stand on, loaded once: its product, white list, the moment."""

    script: ApprovedScript
    products: Mapping[str, Shown]
    allowed: Mapping[str, frozenset[int]]
    at: datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """An item in one form before one kind of reader. ``written``: it was written for the form.

    ``objections`` are codes of the gate, ``details`` what it found by code; ``missing`` says what
    the words lack.
    """

    form: str
    written: bool
    pieces: Pieces = ()
    objections: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""

    @property
    def text(self) -> str:
        """The words as they would be read."""
        return "".join(text for _, text in self.pieces)

    @property
    def goes(self) -> bool:
        """Whether it may go to this kind of reader in this form."""
        return self.written and not self.objections and not self.missing


async def ground(
    session: AsyncSession, script: ApprovedScript, *, at: datetime, calendar: BankCalendar
) -> Ground:
    """What previews of ``script`` need, in a few queries; judged on the next working morning.

    A version that waits for its approval is looked at as it would stand once approved.
    """
    morning = next_morning(calendar, at)
    codes = {script.product_code} if script.product_code else set()
    if script.state in (State.DRAFT, State.SUBMITTED):
        script = replace(script, state=State.APPROVED, approved_hash=script.template_hash)
    return Ground(
        script,
        await shown(session, codes, morning),
        await white_lists.allowed(session, codes, bank_date(morning)),
        morning,
    )


def next_morning(calendar: BankCalendar, at: datetime) -> datetime:
    """Ten o'clock of today, or of the next day on which the bank works and nothing is quiet."""
    today = bank_date(at)
    for ahead in range(FAR):
        day = today + timedelta(days=ahead)
        if calendar.day(day).working and calendar.quiet(day) is None:
            return bank_moment(day, TEN)
    return bank_moment(today, TEN)


def written_for(script: ApprovedScript) -> frozenset[str]:
    """The forms that an item was written for."""
    if script.library in PLAIN:
        return forms_of(script.detail)
    return frozenset({script.form if script.form in SPREAD else Form.SINGLE})


def see(
    on: Ground,
    form: str,
    model: Model,
    *,
    desk: Desk,
    name: str | None = "周晓兰",
    gender: str = "F",
    greeting: str = "",
    stranger: bool = False,
) -> Sight:
    """An item in one form before readers of one kind. Pure.

    ``name`` and ``gender`` are the model's; ``greeting`` was accepted by ``greeting_of`` before.
    ``stranger``: in the group there is somebody, too, whom the bank does not know.
    """
    script = on.script
    written = form in written_for(script)
    channel = _channel(script, form)
    facts = {
        **SAMPLE_FACTS,
        **SAMPLES.get(script.product_kind or "", {}),
        **product_fields(script, on.products),
        "customer_title": customer_title(name, gender),
        "bank_name": desk.bank_name,
        **({"hotline": desk.hotline} if desk.hotline else {}),
    }
    try:
        rendered = said_pieces(script, facts, greeting)
    except InputRefused as error:
        return Sight(form, written, missing=error.what)
    readers = (_recipient(model, bank_date(on.at)), *((Recipient(None),) if stranger else ()))
    decision = Court(
        at=on.at,
        policy=desk.policy,
        calendar=desk.calendar,
        screener=desk.screener,
        reader=desk.reader,
    ).decide(
        Draft(
            key=f"preview:{script.version_id}:{form}",
            channel=channel,
            recipients=readers,
            words=_words(on, rendered, channel),
            sender=Sender("", True, frozenset({script.licence} if script.licence else ())),
        )
    )
    return Sight(
        form,
        written,
        rendered,
        tuple(one.code for one in decision.objections),
        {one.code: said for one, said in decision.details.items()},
    )


def _channel(script: ApprovedScript, form: str) -> Channel:
    """The channel of a form: one to one, it is that for which the words were written."""
    if form != Form.SINGLE:
        return Channel(form)
    if script.form in (Form.BROADCAST, Form.WELCOME):
        return Channel(CHANNEL_OF[Form(script.form)])
    return Channel.SIDEBAR


def _words(on: Ground, rendered: Pieces, channel: Channel) -> Words:
    """The words with what is true of their product, shown where its listing lets it be shown."""
    found = on.products.get(on.script.product_code or "")
    units = [unit for one in found.listings for unit in sorted(one.units)] if found else []
    words = with_product(
        words_of(on.script, rendered, None, on.allowed),
        on.products,
        channel=channel.value,
        unit_id=units[0] if units else "",
    )
    if on.script.library != Library.PRODUCT:
        return words
    channels = on.script.detail.get("channels") or (channel.value,)
    return structs.replace(
        words, product_listed=channel.value in channels
    )  # by itself, once approved


def _recipient(model: Model, today: date) -> Recipient:
    return Recipient(
        customer_id=0,
        age=model.age,
        risk_level=model.risk,
        risk_assessed_on=today if model.risk is not None else None,
        tier=model.tier,
        personas=frozenset({model.persona} if model.persona else ()),
        consents=EVERYTHING,
        last_care_on=today,
    )


@dataclass(frozen=True, slots=True)
class Variant:
    """One way a text may begin: ``label`` says which, ``refused`` why the words are none."""

    label: str
    said: str
    sight: Sight | None
    refused: str = ""
    code: str = ""


TITLES: Final = (
    ("女士", "周晓兰", "F"),
    ("先生", "李建国", "M"),
    ("复姓", "欧阳明", "M"),
    ("性别不详", "王一凡", ""),
    ("没有姓名", None, ""),
)


def titled(on: Ground, model: Model, *, desk: Desk) -> Iterator[Variant]:
    """How the words address a customer; nothing for words that address nobody."""
    if "customer_title" not in on.script.fields:
        return
    for label, name, gender in TITLES:
        sight = see(on, Form.SINGLE, model, desk=desk, name=name, gender=gender)
        yield Variant(f"称呼：{label}", customer_title(name, gender), sight)


def greeted(
    on: Ground,
    model: Model,
    greetings: Sequence[tuple[str, str]],
    *,
    desk: Desk,
    policy: LibraryPolicy,
) -> Iterator[Variant]:
    """What becomes of each (label, greeting) that a sender might put before the words."""
    for label, said in greetings:
        try:
            kept = greeting_of(said, on.script, policy)
        except GreetingRefused as error:
            yield Variant(label, said, None, error.what, error.code)
            continue
        yield Variant(label, said, see(on, Form.SINGLE, model, desk=desk, greeting=kept))
