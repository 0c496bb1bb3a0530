"""The demo's readers and cards: who agreed, what they read, whose certificates hold."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import service as standing
from compliance.facts import ConsentFact, ConsentPurpose, Standing
from compliance.repository import recipient_standing
from config import policy_catalogue
from content_library.articles import article_of
from content_library.facts import Library
from content_library.item_rules import TOPICS
from content_library.repository import library
from crm_sync.readings import keeping, links
from crm_sync.repository import listing
from crm_sync.staff_cards import service as cards
from kit.clock import bank_date
from wiring.parts import Parts

READERS: Final = 40
ADVISERS: Final = (("贵宾理财经理", "养老规划"), ("客户经理", "家庭资产配置"))
"""Title and what somebody is good at."""


async def radar_day(parts: Parts, at: datetime, *, author: str, approver: str) -> int:
    """Readers who agreed and read something these days, and forwards; returns how many visits."""
    policy = parts.shelf.of(policy_catalogue.READING)
    personas = parts.shelf.of(policy_catalogue.PERSONAS)
    visits = 0
    async with parts.databases.bank.transaction() as session:
        found = await library(session, library=Library.ARTICLE, limit=20)
        articles = [article_of(one.script) for one in found if one.script.approved_hash]
        people = await listing.page(session, listing.Wanted(), limit=READERS)
        said = await recipient_standing(session, [one.customer_id for one in people])
        people = [one for one in people if not _said_no(said.get(one.customer_id))]
        await standing.give_consents(
            session,
            [
                ConsentFact(
                    one.customer_id, ConsentPurpose.PROFILING, True, "资讯页", at, policy.notice
                )
                for one in people
            ],
            at,
            "system:demo",
        )
        for place, one in enumerate(people):
            for step, article in enumerate(articles[place % 3 :: 3]):
                then = at - timedelta(days=(place + 5 * step) % 12, minutes=7 * place)
                shared = links.shared_now(
                    article.code, article.version, one.owner_staff_id or "", one.unit_id,
                    one.customer_id,
                )  # fmt: skip
                page = keeping.Page(article.title, article.personas, TOPICS.get(article.topic, ""))
                visit = await keeping.begin(session, shared, page, then, policy)
                await keeping.count_opening(session, shared, then, forwarded=False)
                await keeping.seen(
                    session, visit, seconds=20 + 11 * place % 160, depth=(place * 23) % 101,
                    at=then + timedelta(minutes=5), policy=policy, personas=personas,
                )  # fmt: skip
                if place % 4 == 0:
                    await keeping.passed_on(session, visit)
                    await keeping.count_opening(session, shared, then, forwarded=True)
                visits += 1
        await _cards(
            session,
            sorted({one.owner_staff_id or "" for one in people} - {""}),
            author,
            approver,
            at,
        )
    return visits


def _said_no(one: Standing | None) -> bool:
    return one is not None and bool(one.suppressed or ConsentPurpose.PROFILING in one.refusals)


async def _cards(
    session: AsyncSession, staff: list[str], author: str, approver: str, at: datetime
) -> None:
    """The first has a certificate that holds, the next ends soon, the third waits."""
    today = bank_date(at)
    for place, staff_id in enumerate(staff[:6]):
        title, skill = ADVISERS[place % 2]
        await cards.write(
            session, staff_id, title=title, specialties=[skill, "资产配置"],
            intro="先听清需要，再说产品；不合适的不推荐。", by=author, at=at,
        )  # fmt: skip
        number = await cards.enter(
            session, staff_id, kind="基金从业资格", number=f"DEMO-F{place:07d}",
            valid_until=today + timedelta(days=10 if place == 1 else 400), by=author, at=at,
        )  # fmt: skip
        if place % 3 != 2:
            await cards.decide(
                session, number, verified=True, opinion="演示：对照原件一致", by=approver, at=at
            )
