"""审核前的试填: what sample customers would read, and what the gate would say of each, in words."""

from dataclasses import replace
from itertools import islice, product
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel, Purpose
from compliance.objections import BY_CODE
from config import policy_catalogue
from console import roles
from console.library import showing
from console.lists import nothing
from console.naming import names_for
from console.review import PATH
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from content_library import repository as scripts_of
from content_library.facts import ApprovedScript, Form, State, VersionFact
from content_library.fields import SAMPLE_FACTS
from content_library.findings import CHANNEL_OF, accepted_rules
from crm_sync.facts import CustomerFact
from crm_sync.repository import listing
from crm_sync.repository.people import people
from delivery import judging
from delivery.intents import Intent
from delivery.judging import Judged
from kit.clock import bank_date, bank_moment
from kit.web.formats import masked_name, masked_number
from kit.web.guard import Asking, Writing, allow
from kit.web.rich import pieces

router = APIRouter()
OF_THE_BANK: Final = frozenset(
    {"bank_name", "hotline", "staff_name", "staff_title", "unit_name", "customer_title"}
)
"""Fields that are filled from the bank's own data; the occasion's are filled with samples."""
MIXES: Final = 12


@router.get(PATH + "/{version_id}/preview", response_class=HTMLResponse)
async def preview(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    version_id: int,
) -> Response:
    """The words for some customers of their audience, as if they were approved now."""
    version = await scripts_of.version(session, version_id)
    parts = request.app.state.parts
    number = parts.shelf.of(policy_catalogue.APPROVALS).preview_customers
    sight = await sight_of(session, asking.viewer, roles.CENTRE)
    sample = await audience(session, version.script, sight, number)
    judged = await judged_for(session, version, sample, asking, parts.desk)
    place = await looked(
        session, asking, "content.previewed", f"script:{version.script.code}/{version.script.version}",
        payload={"customers": [one.customer_id for one in sample]},
    )  # fmt: skip
    names = await names_for(session, staff=[one.owner_staff_id for one in sample])
    context = await shell(request, session, asking, "review", view_ref=place)
    passed = sum(not one.objections and not one.missing for one in judged)
    context |= {
        "title": version.script.title,
        "version_text": f"第 {version.script.version} 版",
        "back_url": f"{PATH}/{version_id}",
        "about": f"{showing.form_text(version.script)} · 面向 {showing.audience(version.script)}",
        "summary": f"{len(judged)} 位样本客户：{passed} 位现在可以发，{len(judged) - passed} 位不可以",
        "state": None
        if judged
        else nothing("样本客户", (), PATH, "这条内容的客群里还没有客户，或不在你的查看范围内。"),
        "customers": [_shown(one, sight, names.person(one.intent.customer.owner_staff_id)) for one in judged],
        "note": "姓名已脱敏；到期日、金额等当时才知道的值用示例数据；判断用的是客户此刻的授权、测评、频次与时段。",
    }  # fmt: skip
    return page(request, "review_preview", context)


async def audience(
    session: AsyncSession, script: ApprovedScript, sight: Sight, number: int
) -> list[CustomerFact]:
    """The first ``number`` customers in sight for whom the words are, across its personas and tiers."""
    anybody: list[str | None] = [None]
    mixes = product(sorted(script.personas) or anybody, sorted(script.tiers) or anybody)
    found: list[list[CustomerFact]] = []
    for persona, tier in islice(mixes, MIXES):
        for contact in (True, False):  # because whom we can write to says more
            wanted = listing.Wanted(units=sight.units, persona=persona, tier=tier, contact=contact)
            found.append(await listing.page(session, wanted, limit=number))
            if len(found[-1]) >= number:
                break
    kept: dict[int, CustomerFact] = {}
    for place in range(number):
        for several in found:
            if place < len(several) and len(kept) < number:
                kept.setdefault(several[place].customer_id, several[place])
    return list(kept.values())


async def judged_for(
    session: AsyncSession,
    version: VersionFact,
    sample: list[CustomerFact],
    asking: Asking,
    desk: Any,
) -> list[Judged]:
    """The gate's judgement of each, of the version as it would stand once approved."""
    script = replace(
        version.script,
        state=State.APPROVED,
        approved_hash=version.script.template_hash,
        accepted_rules=version.script.accepted_rules | set(accepted_rules(version.findings)),
    )
    found = await people(session, [one.customer_id for one in sample])
    made = [_intent(script, fact, asking) for fact in sample]
    intents = [structs.replace(one, reach=found[one.customer.customer_id][1]) for one in made]
    known = await judging.background(session, intents, at=asking.at)
    known = structs.replace(known, scripts={script.version_id: script})
    return judging.judge(intents, known, at=asking.at, desk=desk)


def _intent(script: ApprovedScript, customer: CustomerFact, asking: Asking) -> Intent:
    channel = CHANNEL_OF.get(Form(script.form), "sidebar")
    given = {
        name: SAMPLE_FACTS[name]
        for name in script.fields
        if name in SAMPLE_FACTS
        and name not in OF_THE_BANK
        and not (script.product_code and name.startswith(("product_", "min_amount")))
    }
    if "customer_title" in script.fields:
        given["customer_title"] = masked_name(customer.name)
    return Intent(
        key=f"preview:{script.version_id}:{customer.customer_id}",
        trigger="preview",
        channel=Channel(channel),
        purpose=Purpose(script.purpose),
        customer=customer,
        reach=None,
        script_version_id=script.version_id,
        fields=given,
        title=script.title,
        why="审核前试填",
        due_on=bank_date(asking.at),
        expires_at=bank_moment(bank_date(asking.at)),
    )


def _shown(one: Judged, sight: Sight, owner: str) -> dict[str, Any]:
    customer = one.intent.customer
    details = one.decision.details if one.decision else {}
    reasons = [
        {
            "code": code,
            "saying": BY_CODE[code].saying,
            "detail": details.get(BY_CODE[code], ""),
        }
        for code in one.objections
    ]
    if one.missing:
        reasons.append({"code": "E-4202", "saying": one.missing, "detail": ""})
    return {
        "name": masked_name(customer.name),
        "number": masked_number(customer.customer_no),
        "href": f"/c/customers/{customer.customer_id}",
        "tier": customer.tier or "—",
        "personas": "、".join(customer.personas) or "—",
        "risk": f"C{customer.risk_level}" if customer.risk_level else "没有测评",
        "unit_name": sight.unit_name(customer.unit_id),
        "owner_name": owner,
        "verdict": "pass" if not reasons else "block",
        "verdict_text": "可以发" if not reasons else "不可以发",
        "parts": pieces(one.pieces) if one.pieces else [],
        "reasons": reasons,
    }
