"""A campaign's link in the chain: which wave, which arm the draw left, who approved it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves import counting, repository
from campaigns.waves.errors import CampaignUnknown
from campaigns.waves.facts import Arm, CampaignFact, Line
from campaigns.waves.rules import digest as digest_of
from delivery.messages.facts import Message
from insights.why.facts import Mark, Step
from insights.why.origin import Behind
from insights.why.wording import ARMS, NAMES
from insights.winners import CAMPAIGN
from kit.web.formats import digest, exact_stamp

ACTS = ("campaign.approved", "campaign.drawn", "campaign.changed", "campaign.stopped")
"""The entries a message of a campaign rests on."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A campaign, its wave (0 where the message is of none alone) and the customer's line in it."""

    campaign: CampaignFact
    wave: int
    line: Line | None


async def drawn(session: AsyncSession, one: Message) -> Drawn | None:
    """What the campaign of a message says of it; None for a message of no campaign."""
    number, wave = _place(one)
    if not number:
        return None
    try:
        found = await repository.one(session, number, None)
    except CampaignUnknown:
        return None
    line = None
    if one.customer_id is not None:
        lines = await counting.lines(session, number, None, after=one.customer_id - 1, limit=1)
        line = next((each for each in lines if each.customer_id == one.customer_id), None)
    return Drawn(found, wave, line)


def _place(one: Message) -> tuple[int, int]:
    """The campaign and the wave of a key ``campaign:<id>:<wave>.<revision>.<day>:<customer>``."""
    kind, _, rest = one.key.partition(":")
    if kind != CAMPAIGN:
        return (int(one.campaign) if one.campaign.isdecimal() else 0), 0
    number, _, after = rest.partition(":")
    wave = after.partition(".")[0]
    return (
        int(number) if number.isdecimal() and len(number) < 20 else 0,
        int(wave) if wave.isdecimal() and len(wave) < 4 else 0,
    )


def step(found: Drawn | None, behind: Behind) -> list[Step]:
    """The campaign in a sentence, and its approval; nothing for a message of no campaign."""
    if found is None:
        return []
    one, line = found.campaign, found.line
    parts = [f"营销活动“{one.title}”" + (f"第 {found.wave} 波" if found.wave else "")]
    if line is not None:
        parts.append(f"抽签在{ARMS.get(line.arm, line.arm)}（种子 {one.seed[:8]}…，"
                     f"对照组 {one.hold_out_percent}%）")  # fmt: skip
    return [
        Step(
            "campaign", NAMES["campaign"], "，".join(parts), at=one.drawn_at,
            mark="bad" if line is not None and line.arm == Arm.HELD else "done",
            href=f"/c/campaigns/{one.campaign_id}", link="活动",
            facts={
                "campaign": one.campaign_id, "wave": found.wave, "seed": one.seed,
                "arm": None if line is None else line.arm, "drawn_at": one.drawn_at,
            },
        ),
        _approval(one, behind),
    ]  # fmt: skip


def _approval(one: CampaignFact, behind: Behind) -> Step:
    if not one.approved_hash or one.decided_at is None:
        return Step("approval", NAMES["approval"], "这个活动还没有人批准", mark="bad")
    same = digest_of(one) == one.approved_hash
    mark: Mark = "done" if same else "bad"
    said = (
        f"{behind.person(one.proposed_by)} {exact_stamp(one.proposed_at)} 提交活动，"
        f"{behind.person(one.decided_by)} {exact_stamp(one.decided_at)} 批准"
        f"（{one.opinion or '没有写意见'}），批准的指纹 {digest(one.approved_hash)}，"
        + ("与现在存的一致" if same else "与现在存的不一致")
    )
    facts = {
        "approved_by": one.decided_by, "approved_at": one.decided_at,
        "approved_hash": one.approved_hash, "same": same,
    }  # fmt: skip
    return Step("approval", NAMES["approval"], said, mark=mark, at=one.decided_at, facts=facts)


def people(found: Drawn | None) -> set[str]:
    """Ids of those who signed it."""
    if found is None:
        return set()
    signed = (found.campaign.proposed_by, found.campaign.decided_by)
    return {one.rpartition(":")[2] for one in signed if one}
