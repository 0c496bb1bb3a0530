"""Intents to drafts to decisions: loads what the gate needs for a batch, in a few queries."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from compliance import repository as standing_of
from compliance.complaints import FROZEN
from compliance.facts import (
    Assessment,
    Channel,
    Counts,
    DecisionRow,
    Draft,
    Purpose,
    Recipient,
    Sender,
    Standing,
    Words,
)
from compliance.gate import Court, Decision, text_hash
from compliance.opting_out import silenced_contacts
from content_library import repository as scripts_of
from content_library.facts import ApprovedScript
from content_library.spoken import GREETING, said_pieces
from crm_sync.facts import CustomerFact, StaffFact, UnitFact
from crm_sync.repository.staff import staff_by_id, units_by_id
from crm_sync.rules.ages import age
from delivery import white_lists
from delivery.desk import Desk
from delivery.intents import Intent, ProductInWords
from delivery.products_in_words import Shown, product_fields, shown, with_product
from delivery.repository import touches
from delivery.wording import customer_title, sender_fields
from kit.clock import bank_date
from kit.errors import InputRefused


class Background(Struct, frozen=True):
    """What a batch of intents stands on, loaded once."""

    scripts: Mapping[int, ApprovedScript]
    standing: Mapping[int, Standing]
    staff: Mapping[str, StaffFact]
    units: Mapping[str, UnitFact]
    last_care: Mapping[int, date]
    allowed: Mapping[str, frozenset[int]] = {}
    contacts: Mapping[str, frozenset[str]] = {}
    products: Mapping[str, Shown] = {}


class Judged(Struct, frozen=True):
    """One intent with its words and everything the gate said. ``missing`` says what it lacks.

    ``joined``: these words behind the earlier ones together with which they break a rule.
    """

    intent: Intent
    script: ApprovedScript | None
    text: str | None
    decision: Decision | None
    missing: str = ""
    pieces: tuple[tuple[str, str], ...] = ()
    joined: str = ""

    @property
    def objections(self) -> tuple[str, ...]:
        """The codes of all objections, in the gate's order."""
        if self.decision is None or not self.decision.objections:
            return ()
        return tuple(one.code for one in self.decision.objections)


async def background(
    session: AsyncSession, intents: Sequence[Intent], *, at: datetime
) -> Background:
    """Load scripts, standing, staff, units, last care and white lists of a batch: a query each."""
    customers = {intent.customer.customer_id for intent in intents}
    staff = {one.customer.owner_staff_id for one in intents if one.customer.owner_staff_id}
    versions = {one.script_version_id for one in intents if one.script_version_id is not None}
    selling = [one.customer.customer_id for one in intents if one.purpose is Purpose.MARKETING]
    found_staff = await staff_by_id(session, staff)
    scripts = await scripts_of.by_version(session, sorted(versions))
    products = {one.product.code for one in intents if one.product and one.product.code}
    products |= {script.product_code for script in scripts.values() if script.product_code}
    return Background(
        scripts=scripts,
        allowed=await white_lists.allowed(session, products, bank_date(at)),
        products=await shown(session, products, at),
        standing=await standing_of.recipient_standing(session, customers),
        contacts=await silenced_contacts(
            session, {intent.reach.external_userid for intent in intents if intent.reach}
        ),
        staff=found_staff,
        units=await units_by_id(session, {one.customer.unit_id for one in intents}),
        last_care=await touches.last_care(session, selling) if selling else {},
    )


def recipient(
    customer: CustomerFact, known: Background, today: date, *, contact: str = ""
) -> Recipient:
    """The customer as the gate sees one; ``contact``: what they said before they were matched."""
    standing = known.standing.get(customer.customer_id, Standing())
    said_as_contact = known.contacts.get(contact, frozenset())
    return Recipient(
        customer_id=customer.customer_id,
        age=age(customer.born_on, today) if customer.born_on else None,
        risk_level=customer.risk_level,
        risk_assessed_on=customer.risk_assessed_on,
        tier=customer.tier,
        personas=frozenset(customer.personas),
        consents=standing.consents,
        refusals=standing.refusals,
        suppressed=standing.suppressed | (said_as_contact - {FROZEN}),
        complaint_open=standing.complaint_open or FROZEN in said_as_contact,
        last_care_on=known.last_care.get(customer.customer_id),
        fund_assessment=fund_assessment(customer),
        professional_until=customer.professional_until,
    )


def fund_assessment(customer: CustomerFact) -> Assessment | None:
    """The fund company's assessment of a customer as the gate sees it."""
    one = customer.fund_rating
    if one is None:
        return None
    return Assessment("fund", one.level, one.assessed_on, one.until, one.lowest, one.by)


def words_of(
    script: ApprovedScript,
    rendered: tuple[tuple[str, str], ...],
    product: ProductInWords | None,
    allowed: Mapping[str, frozenset[int]] | None = None,
) -> Words:
    """The rendered words with what was approved about them; ``allowed``: white lists by product."""
    product_code = script.product_code or (product.code if product else None)
    greeting = next((text for name, text in rendered if name == GREETING), "")
    return Words(
        script_code=script.code,
        version=script.version,
        text="".join(text for _, text in rendered),
        template_hash=script.template_hash,
        approved_hash=script.approved_hash,
        state=script.state,
        purpose=Purpose(script.purpose),
        valid_from=script.valid_from,
        valid_until=script.valid_until,
        product_kind=script.product_kind,
        product_code=product_code,
        product_risk=product.risk if product else None,
        product_private=product.private if product else False,
        product_on_sale=product.on_sale if product else True,
        tiers=script.tiers,
        personas=script.personas,
        allow_list=(allowed or {}).get(product_code or ""),
        licence=script.licence,
        has_personal_fields=script.personal_fields or bool(greeting),
        pieces=rendered,
        accepted_rules=script.accepted_rules,
        greeting=greeting,
    )


def judge(
    intents: Sequence[Intent],
    known: Background,
    *,
    at: datetime,
    desk: Desk,
    channel: Channel | None = None,
    counts: Counts | None = None,
) -> list[Judged]:
    """Render and judge a batch; pure once ``known`` is loaded.

    ``channel`` overrides the intents' own (the sidebar judges again what was planned as a
    to-do); ``counts`` None leaves the caps to the quota's slots.
    """
    today = bank_date(at)
    courts: dict[datetime, Court] = {}
    alike: dict[tuple[object, ...], Words] = {}
    senders = {staff_id: _sender(staff, today) for staff_id, staff in known.staff.items()}
    judged: list[Judged] = []
    for one in rendered(intents, known, desk=desk):
        intent, script, pieces = one.intent, one.script, one.pieces
        if script is None or one.missing:
            judged.append(one)
            continue
        through = channel or intent.channel
        draft = Draft(
            key=intent.key,
            channel=through,
            recipients=(
                recipient(
                    intent.customer,
                    known,
                    today,
                    contact=intent.reach.external_userid if intent.reach else "",
                ),
            ),
            words=_said(
                _words_alike(alike, intent, script, known, through),
                one.text or "",
                pieces,
            ),
            sender=senders.get(intent.customer.owner_staff_id or ""),
            solicited=intent.solicited,
            counts=counts,
        )
        court = _court(courts, intent.goes_at or at, desk)
        judged.append(Judged(intent, script, one.text, court.decide(draft), pieces=pieces))
    return judged


def rendered(intents: Sequence[Intent], known: Background, *, desk: Desk) -> list[Judged]:
    """Each intent with its words, not judged yet; ``missing`` where they cannot be said."""
    found: list[Judged] = []
    of_staff: dict[tuple[str, str], dict[str, object]] = {}
    of_product: dict[int, dict[str, object]] = {}
    for intent in intents:
        version = intent.script_version_id
        if version is None:
            found.append(Judged(intent, None, None, None))
            continue
        script = known.scripts.get(version)
        if script is None:
            found.append(Judged(intent, None, None, None, "话术不存在"))
            continue
        customer = intent.customer
        where = (customer.owner_staff_id or "", customer.unit_id)
        if where not in of_staff:
            of_staff[where] = sender_fields(
                known.staff.get(where[0]), known.units.get(where[1]), desk
            )
        if version not in of_product:
            of_product[version] = product_fields(script, known.products)
        fields = {
            "customer_title": customer_title(customer.name, customer.gender),
            **of_staff[where],
            **of_product[version],
            **intent.fields,
        }
        try:
            pieces = said_pieces(script, fields, intent.greeting)
        except InputRefused as error:
            found.append(Judged(intent, script, None, None, error.what))
            continue
        text = "".join([part for _, part in pieces])
        found.append(Judged(intent, script, text, None, pieces=pieces))
    return found


def _words_alike(
    alike: dict[tuple[object, ...], Words],
    intent: Intent,
    script: ApprovedScript,
    known: Background,
    channel: Channel,
) -> Words:
    """The words but for what is said: the same for all of one version, product, unit and way."""
    code = script.product_code or (intent.product.code if intent.product else None)
    unit_id = intent.customer.unit_id if code else ""
    key = (script.version_id, intent.product, unit_id, channel)
    words = alike.get(key)
    if words is None:
        words = alike[key] = with_product(
            words_of(script, (), intent.product, known.allowed),
            known.products,
            channel=channel.value,
            unit_id=unit_id,
        )
    return words


def _said(words: Words, text: str, pieces: tuple[tuple[str, str], ...]) -> Words:
    """The words with what is said."""
    greeting = next((part for name, part in pieces if name == GREETING), "")
    return replace(
        words,
        text=text,
        pieces=pieces,
        greeting=greeting,
        has_personal_fields=words.has_personal_fields or bool(greeting),
    )


def _court(courts: dict[datetime, Court], at: datetime, desk: Desk) -> Court:
    if at not in courts:
        courts[at] = Court(
            at=at,
            policy=desk.policy,
            calendar=desk.calendar,
            screener=desk.screener,
            reader=desk.reader,
        )
    return courts[at]


def _sender(staff: StaffFact | None, today: date) -> Sender | None:
    if staff is None:
        return None
    return Sender(staff.staff_id, staff.active, staff.licences_on(today))


async def record(session: AsyncSession, judged: Sequence[Judged], at: datetime) -> None:
    """Keep what the gate said of a batch."""
    rows = []
    for one in judged:
        if one.decision is None or one.script is None or one.text is None:
            continue
        decision, script, intent = one.decision, one.script, one.intent
        rows.append(
            DecisionRow(
                key=intent.key,
                customer_id=intent.customer.customer_id,
                channel=intent.channel.value,
                purpose=script.purpose,
                script=f"{script.code}/{script.version}",
                verdict=decision.verdict,
                objections=one.objections,
                text_hash=text_hash(one.text),
                rulebook=decision.screened.rulebook if decision.screened else "",
                details={each.code: said for each, said in decision.details.items()},
            )
        )
    await standing_of.record_decisions(session, rows, at)
