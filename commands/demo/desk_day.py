"""The demo's review desk: what was stopped these weeks and how people decided; WeCom's word rules."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.complaints import Complainant
from compliance.review import cases, deciding
from compliance.review.facts import Source, Stop
from config import policy_catalogue
from crm_sync.facts import CustomerFact
from crm_sync.repository import listing
from delivery import complaining
from kit.policies import service as policies
from wiring import fence, screening_duty
from wiring.parts import Parts

SAID: Final = (
    ("加我私人微信，细节那边说。", ""),
    ("这款理财保本保息，绝对不会亏。", ""),
    ("我私人微信号发您，那边聊。", "客户是经办人的亲属，说的是家事，已向本人核实"),
    ("加我私人微信，细节那边说。", ""),
    ("我行是全国最好的银行，放心交给我们。", ""),
    ("名额只剩三个，今天不买就没了。", ""),
    ("我私人微信号发您，那边聊。", ""),
    ("这只基金肯定涨，年底翻一番不成问题。", ""),
)
"""What managers wanted to send, and why it was released; sent back where there is no reason."""
TEMPLATES: Final = {"R-MON": "private", "R-ADV": "pressure", "R-YLD": "promise"}
PEOPLE: Final = 64
OPEN: Final = 4
COMPLAINT: Final = "上个月说过不要再推荐理财，这周又收到两次。"


async def desk_day(
    parts: Parts, at: datetime, *, author: str, checker: str, reviewer: str
) -> dict[str, int]:
    """Decide what came these weeks, leave the newest open, lower what stops too much; counts."""
    async with parts.databases.bank.transaction() as session:
        await _owners(session, parts, reviewer.removeprefix("staff:"), author, checker, at)
    await parts.refresh()
    async with parts.databases.bank.transaction() as session:
        people = await listing.page(session, listing.Wanted(), limit=PEOPLE)
        decided = await _decided(session, parts, people, at, reviewer)
        await complaining.complain(
            session,
            Complainant(people[-1].customer_id, unit_id=people[-1].unit_id),
            about="disturbed",
            words=COMPLAINT,
            source="投诉页",
            at=at - timedelta(hours=5),
            policy=parts.shelf.of(policy_catalogue.COMPLAINTS),
        )
    lowered = await screening_duty.false_stops(parts, at)
    kept = await fence.keep(parts, apply=True, by="system:demo")
    return {"decided": decided, "lowered": len(lowered["lowered"]), "fence": len(kept.done)}


async def _owners(
    session: AsyncSession, parts: Parts, staff: str, author: str, checker: str, at: datetime
) -> None:
    """Who sits at the desks that answer for rules: one person here, put in force by two."""
    desks = sorted({one.owner for one in parts.shipped.rulebook.rules})
    seats = ", ".join(f'{{ desk = "{desk}", staff = "{staff}" }}' for desk in desks)
    name = policy_catalogue.REVIEW_DESK.name
    _, shipped = await policies.text_in_force(session, name)
    text = shipped.replace("owner = []", f"owner = [{seats}]")
    number = await policies.propose(
        session, name, text, reason="指定规则的负责人", by=author, at=at
    )
    await policies.approve(session, name, number, opinion="与岗位名单一致", by=checker, at=at)


async def _decided(
    session: AsyncSession,
    parts: Parts,
    people: Sequence[CustomerFact],
    at: datetime,
    reviewer: str,
) -> int:
    policy = parts.shelf.of(policy_catalogue.REVIEW_DESK)
    number = 0
    for place, one in enumerate(people):
        words, reason = SAID[place % len(SAID)]
        waits = place >= len(people) - OPEN
        ago = (
            timedelta(minutes=17 * place)
            if waits
            else timedelta(days=1 + place % 40, hours=place % 7)
        )
        then = at - ago / 8 if waits else at - ago
        stops = _stops(parts, one, words)
        await cases.open_cases(session, stops, policy=policy, at=then)
        if waits:
            continue
        for case in await cases.open_about(session, [f"customer:{one.customer_id}"]):
            later = then + timedelta(hours=1 + place % 5)
            names = [one.name] if one.name else []
            if reason:
                await deciding.release(
                    session, case.id, reason=reason, by=reviewer, at=later, policy=policy,
                    names=names,
                )  # fmt: skip
            else:
                await deciding.send_back(
                    session, case.id, template=TEMPLATES.get(case.rule[:5], "other"), by=reviewer,
                    at=later, policy=policy, names=names,
                )  # fmt: skip
            number += 1
    return number


def _stops(parts: Parts, one: CustomerFact, words: str) -> list[Stop]:
    """What the rulebook says of these words, rule by rule."""
    verdict = parts.screener.screen(words, speaker="manager")
    spans: dict[str, list[tuple[int, int]]] = {}
    for hit in verdict.hits:
        spans.setdefault(hit.rule, []).append((hit.start, hit.end))
    return [
        Stop(
            key=f"sidebar:customer:{one.customer_id}:demo:{hit.rule}",
            source=Source.SIDEBAR,
            object=f"customer:{one.customer_id}",
            rule=hit.rule,
            family=hit.family,
            severity=hit.severity,
            rulebook=verdict.rulebook,
            speaker="manager",
            product=None,
            text=words,
            spans=spans[hit.rule],
            unit_id=one.unit_id,
            author=f"staff:{one.owner_staff_id}" if one.owner_staff_id else "",
            customer_id=one.customer_id,
        )
        for hit in {hit.rule: hit for hit in verdict.hits}.values()
    ]
