"""The demo's benefits, events and referrals: given, full, waiting, refused, and brought by friends."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import benefits, events, grants, referrals
from campaigns.facts import Proposal
from config import policy_catalogue
from config.benefit_policy import BenefitPolicy
from crm_sync.facts import CustomerFact
from crm_sync.repository import listing
from kit.clock import bank_date
from wiring.parts import Parts

DAY: Final = timedelta(days=1)
PEOPLE: Final = 160
AGREED: Final = "逐项核对：不与存款、资产、购买挂钩，价值在上限以内，同意。"


def _offers(today: date) -> list[tuple[Proposal, str]]:
    """Benefits with the state each is in."""
    first, last = today - 40 * DAY, today + 75 * DAY
    point = Proposal(
        "point", "points", "学习有礼", "到网点听完一场理财讲座，得 500 积分，积分可兑换健康咨询。",
        "attend_event", first, last, points=500, budget_fen=2_000_000,
    )  # fmt: skip
    right = replace(point, kind="right", points=0)
    return [
        (point, "approved"),
        (
            replace(
                point, title="达标有礼（参与版）", points=300, condition="finish_assessment",
                words="本人在手机银行或网点完成一次风险测评，得 300 积分，结果是几级都一样。",
            ),
            "approved",
        ),
        (
            replace(
                point, title="资料更新得积分", points=100, condition="update_file",
                words="更新联系方式和证件有效期，得 100 积分。",
            ),
            "approved",
        ),
        (
            replace(
                point, title="亲友同听讲座", points=200, condition="referral",
                words="带一位亲友来听讲座，得 200 积分，与亲友办不办业务无关。",
            ),
            "approved",
        ),
        (
            replace(
                right, form="lounge", title="私行客户贵宾休息室", condition="tier_service",
                value_fen=8_000, budget_fen=3_000_000, tiers=("私行",),
                words="私行客户每季一次机场贵宾休息室，凭预约使用。",
            ),
            "approved",
        ),
        (
            replace(
                right, form="health_check", title="高端客户健康咨询", condition="tier_service",
                value_fen=6_000, budget_fen=1_200_000, tiers=("高端", "私行"),
                words="由合作医院的医生做一次线上健康咨询。",
            ),
            "approved",
        ),
        (
            replace(
                right, form="fee_waiver", title="转账手续费减免", condition="sign_up",
                value_fen=500, budget_fen=500_000, words="开通线上服务的客户，当季转账手续费减免。",
            ),
            "proposed",
        ),
        (
            replace(
                right, form="crossover", title="观影体验", condition="birthday",
                value_fen=4_000, budget_fen=400_000, words="生日当月享一次合作影院的观影体验。",
            ),
            "refused",
        ),
    ]  # fmt: skip


def _events(today: date) -> list[tuple[Proposal, str]]:
    """Events with the state each is in; three were held already."""
    talk = Proposal(
        "event", "lecture", "反诈与养老规划讲座", "认识六种常见骗局，聊聊养老账户怎么打理；不推销产品。",
        "open_to_all", today - 40 * DAY, today + 75 * DAY, held_on=today + 6 * DAY,
        place="翠湖社区网点", seats=40,
    )  # fmt: skip
    return [
        (replace(talk, title="看懂净值与风险等级", held_on=today - 9 * DAY, seats=30), "approved"),
        (
            replace(
                talk, form="children", title="小小银行家", held_on=today - 16 * DAY, seats=24,
                words="孩子认识人民币、学记账，一位家长陪同。",
            ),
            "approved",
        ),
        (
            replace(
                talk, form="health", title="冬季健步走", held_on=today - 2 * DAY, seats=50,
                place="翠湖公园东门", words="五公里健步走，沿途有健康小课堂。",
            ),
            "approved",
        ),
        (talk, "approved"),
        (
            replace(
                talk, form="education", title="升学规划讲座", held_on=today + 13 * DAY, seats=18,
                words="请中学老师讲升学路径，家长可以提前提问。",
            ),
            "approved",
        ),
        (
            replace(
                talk, form="circle", title="私行读书会", held_on=today + 20 * DAY, seats=16,
                tiers=("私行", "高端"), words="共读一本书，主持人是本市图书馆的老师。",
            ),
            "approved",
        ),
        (
            replace(
                talk, form="travel", title="春节旅行分享", held_on=today + 27 * DAY, seats=30,
                words="三位客户讲自己的旅行，顺便说说出行安全用卡。",
            ),
            "proposed",
        ),
    ]  # fmt: skip


async def benefits_day(
    parts: Parts, at: datetime, tell: Callable[[str, int], None], *, author: str, approver: str
) -> None:
    """What was proposed, decided, given and attended over the last weeks."""
    policy = parts.shelf.of(policy_catalogue.BENEFITS)
    today, then = bank_date(at), at - 38 * DAY
    given = came = 0
    async with parts.databases.bank.transaction() as session:
        people = await listing.page(session, listing.Wanted(), limit=PEOPLE)
        numbers = {}
        for terms, state in (*_offers(today), *_events(today)):
            number = await benefits.propose(
                session, terms, policy, examiner=parts.examiner, by=author, at=then
            )
            numbers[terms.title] = number
            if state != "proposed":
                agreed = state == "approved"
                opinion = AGREED if agreed else "预算和去年重复，先停一停。"
                await benefits.decide(
                    session, number, agree=agreed, opinion=opinion, by=approver, at=then + DAY
                )
            if state != "approved":
                continue
            some = [one for one in people if not terms.tiers or one.tier in terms.tiers]
            if terms.kind == "event":
                came += await _fill(session, number, terms, some, at, author)
            elif terms.condition != "referral":
                given += await _give(session, number, some, policy, at, author)
        friends = await _friends(
            session, people, numbers["亲友同听讲座"], policy, at, author, approver
        )
    tell("发出的权益和积分", given)
    tell("活动报名", came)
    tell("客户推荐", friends)


async def _give(
    session: AsyncSession,
    number: int,
    people: Sequence[CustomerFact],
    policy: BenefitPolicy,
    at: datetime,
    by: str,
) -> int:
    """To a third of them, on three days."""
    found = 0
    for back in (21, 12, 3):
        ids = [one.customer_id for one in people[back % 5 :: 7]]
        report = await grants.grant(session, number, ids, policy, by=by, at=at - back * DAY)
        found += len(report.granted)
    return found


async def _fill(
    session: AsyncSession,
    number: int,
    terms: Proposal,
    people: Sequence[CustomerFact],
    at: datetime,
    by: str,
) -> int:
    """Most seats taken; of events that were held, who came and who did not."""
    held = terms.held_on or bank_date(at)
    past = held < bank_date(at)
    ids = [one.customer_id for one in people[number % 3 :: 2]][: terms.seats * 5 // 6]
    booked = at - 30 * DAY if past else at - 4 * DAY
    places = await events.register_all(session, number, ids, by=by, at=booked)
    if past:
        evening = at - (bank_date(at) - held).days * DAY
        for order, place in enumerate(places):
            if order % 9 != 4:  # a few were never ticked off at the door
                await events.settle(session, place, came=order % 5 != 3, by=by, at=evening)
    return len(places)


async def _friends(
    session: AsyncSession,
    people: Sequence[CustomerFact],
    number: int,
    policy: BenefitPolicy,
    at: datetime,
    author: str,
    approver: str,
) -> int:
    """A chain of four, and pairs; two of three are credited by a second person."""
    ids = [one.customer_id for one in people[-40:]]
    pairs = [*pairwise(ids[:5]), *zip(ids[6:24:2], ids[7:24:2], strict=True)]
    for order, (first, second) in enumerate(pairs):
        when = at - (20 - order) * DAY
        made = await referrals.record(session, first, second, by=author, at=when)
        if order % 3 != 2:
            await referrals.credit(
                session, made, number, policy, by=approver, at=when + timedelta(hours=5)
            )
    return len(pairs)
