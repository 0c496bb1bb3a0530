"""Builds the demo from nothing: keys, the bank's files, the simulated WeCom, a first day."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy.ext.asyncio import AsyncSession

from commands.demo.benefits_day import benefits_day
from commands.demo.campaigns_day import campaigns_day
from commands.demo.desk_day import desk_day
from commands.demo.examples_day import examples_day
from commands.demo.journey_day import journey_day
from commands.demo.library import fill_library
from commands.demo.moments_day import moments_day
from commands.demo.ownership_day import ownership_day
from commands.demo.radar_day import radar_day
from commands.demo.rhythm_day import rhythm_day
from commands.demo.segments_day import segments_day
from commands.demo.settings import (
    AES_KEY,
    AGENT,
    ARCHIVE_SECRET,
    CORP,
    SECRET,
    SEED,
    TOKEN,
)
from commands.demo.white_list_day import white_list_day
from config import policy_catalogue
from content_library.importing import import_scripts, seed
from content_library.item_rows import read_toml
from crm_sync import granting, tags
from crm_sync.tag_writer import write_tags
from delivery import binding_work
from insights.integrity import verify_now
from kit.clock import bank_date
from portfolio.activation import rounds
from portfolio.preparation import records
from simulator.bank import shape, talks, wecom_side
from simulator.bank.writing import generate
from wiring import archive_duty, contact_duty, material_duty, standing, talk_duty
from wiring.importing import ORDER, bring
from wiring.jobs import personas_and_tiers, plan, sync
from wiring.parts import SAMPLES, Parts

Tell = Callable[[str, int], None]
"""Told what was just done, and how many of it."""

AUTHOR, CHECKER, APPROVER = "staff:000101", "staff:000105", "staff:000104"
ROLE_OF_TOUR = ("003127", "003101", "000101", "000104", "000107")
BRANCH_HEAD = ("003101", "branch")
BEGUN = frozenset({"0101", "0201"})
"""The outlets of the demo whose dormant customers are on their way through the rounds."""
PREPARED = {
    "cares": "到期资金放在哪里、利率差多少、急用时能不能提前支取；来自上月 120 通回访。",
    "staff": "先问资金用途，再说达标回馈，最后约到网点；每步的话术在内容库“达标有礼”。",
    "watch": "网点负责人每天 17:00 看每日联络的完成率和逾期，低于八成的当天补。",
    "needs": "客户经理电话问清三件事：用途、他行资产、到期时间；已问 310 位。",
    "reward": "听一场理财讲座或更新资料得 500 积分，不看金额，零售部出，到 12 月 31 日。",
    "list": "“有效”层、近 30 天有到期或代发入账的客户，客群页可看名单。",
}


def archive_keys(directory: Path) -> str:
    """The archive's key pair of this demo; returns the public half as PEM."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "1.pem"
    if path.is_file():
        private = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(private, rsa.RSAPrivateKey)  # noqa: S101 — we wrote it
    else:
        private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        path.touch(mode=0o600)
        path.write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    return (
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


async def fill_wecom(
    people: httpx.AsyncClient, bank: shape.Bank, public_key: str, callback: str, tell: Tell
) -> None:
    """The simulated WeCom of this bank: members, contacts, groups, thirty days of talk."""
    await _post(
        people,
        "/_sim/load",
        {
            "corp": {
                "corp_id": CORP,
                "name": "青禾银行",
                "callback": {"url": callback, "token": TOKEN, "aes_key": AES_KEY},
                "apps": [
                    {"agent_id": AGENT, "secret": SECRET, "kind": "app", "customer_api": True},
                    {
                        "agent_id": AGENT + 1,
                        "secret": ARCHIVE_SECRET,
                        "kind": "archive",
                        "customer_api": False,
                    },
                ],
                "public_keys": {"1": public_key},
                "modes": {"archive_window_days": 60},
            }
        },
    )
    contacts = 0
    for body in wecom_side.world(bank):
        await _post(people, "/_sim/load", body)
        contacts += len(body.get("customers", ()))
    tell("企业微信好友", contacts)
    said = 0
    for step in talks.talk(bank):
        await _post(people, step["path"], step["json"])
        said += len(step["json"]) if isinstance(step["json"], list) else 1
    tell("聊天记录", said)


async def _post(people: httpx.AsyncClient, path: str, body: Any) -> Any:
    answer = await people.post(path, json=body, timeout=120)
    answer.raise_for_status()
    return answer.json()


async def fill_bank(parts: Parts, bank: shape.Bank, files: Path, at: datetime, tell: Tell) -> None:
    """The bank's files in, roles given, scripts approved by a second person."""
    manifest = generate(
        files,
        seed=SEED,
        customers=bank.customers,
        branches=bank.branches,
        today=bank.today,
        managed=bank.managed,
    )
    for kind in ORDER:
        report = await bring(parts, kind, files / f"{kind}.csv", by="system:demo", at=at)
        tell(kind, report.counts.as_dict()["added"])
    async with parts.databases.bank.transaction() as session:
        for one in manifest["grants"]:
            await granting.grant(
                session, one["staff_id"], one["role"], one["unit_id"], by="system:demo", at=at
            )
        for member in bank.members:
            if member.position == "支行行长":
                await granting.grant(
                    session, member.staff_id, "branch", member.unit_id, by="system:demo", at=at
                )
        landed = await seed(
            session,
            read_toml(SAMPLES / "scripts"),
            author=AUTHOR,
            approver=APPROVER,
            checker=CHECKER,
            at=at - timedelta(days=20),
            examiner=parts.examiner,
        )
        items = await fill_library(
            session,
            author=AUTHOR,
            checker=CHECKER,
            approver=APPROVER,
            at=at,
            examiner=parts.examiner,
        )
        waiting = await import_scripts(
            session,
            read_toml(SAMPLES / "scripts-waiting.toml"),
            AUTHOR,
            at - timedelta(hours=3),
            examiner=parts.examiner,
            reason="入冬前更新",
        )
    tell("已审核话术", len(landed.submitted))
    tell("资讯、素材与在售清单", items)
    tell("等着审核", len(waiting.submitted) + 1)


async def first_day(
    parts: Parts,
    people: httpx.AsyncClient,
    bank: shape.Bank,
    files: Path,
    at: datetime,
    tell: Tell,
) -> dict[str, Any]:
    """Sync, personas, tags, the day's plan, the archive: what a first morning does."""
    counts = (await sync(parts, at)).as_counts()
    tell("同步好友关系", int(counts.get("contacts.relations_new", 0) or 0))
    circles = wecom_side.circles(bank)
    tell("群里发过", await rhythm_day(parts, people, circles, at, author=AUTHOR))
    tell("提醒的例子", await examples_day(parts, files, at, author=AUTHOR, approver=APPROVER))
    found = await personas_and_tiers(parts, at)
    tell("客群归属", int(sum(found["members"].values())))
    await tags.ensure_tags(
        parts.databases.bank, parts.wecom, parts.personas, at, cap=parts.settings.wecom.tag_cap
    )
    await write_tags(parts.databases.bank, parts.wecom, at)
    stood = await standing.everybody(parts, at)
    tell("商机线索", int(sum(stood["leads"].values())))
    uploaded = await material_duty.renew(parts, at)
    tell("传到企业微信的素材", int(uploaded["uploaded"]))
    tell("客户的大事", await journey_day(parts, files, at, bank_date(at)))
    planned = (await plan(parts, bank_date(at), at)).as_json()
    tell("今天的安排", int(planned["planned"]))
    await moments_day(parts, at, tell)
    await ownership_day(parts, at, tell)
    contacts = await contact_duty.morning(parts, at, on=bank_date(at), by="system:demo")
    tell("今天的联络计划", int(contacts["contacts"]))
    async with parts.databases.bank.transaction() as session:
        policy = parts.shelf.of(policy_catalogue.ACTIVATION)
        begun = await rounds.enrol(session, policy, units=BEGUN, by="system:demo", at=at)
        tell("开始盘活", begun)
        await _prepare_a_campaign(session, at)
    await segments_day(parts, at, tell)
    await campaigns_day(parts, at, tell)
    tell("资讯阅读", await radar_day(parts, at, author=AUTHOR, approver=APPROVER))
    await benefits_day(parts, at, tell, author=AUTHOR, approver=APPROVER)
    listed = await white_list_day(parts, at, author=AUTHOR, approver=APPROVER)
    tell("产品白名单", listed)
    archive = await archive_duty.round_of(parts, at)
    tell("会话存档", int(archive.get("stored", 0)))
    desk = await desk_day(parts, at, author=AUTHOR, checker=CHECKER, reviewer=APPROVER)
    tell("复核台已有结论", desk["decided"])
    tell("聊天敏感词规则", desk["fence"])
    talks_of = await talk_duty.note_talks(parts, at)
    tell("互相说过话", int(talks_of["pairs"]))
    await binding_work.sweep(parts.databases.bank, parts.shelf.of(policy_catalogue.ADDS), at)
    checks = await verify_now(parts.databases.bank, at)
    tell("日志已核对", checks[0].entries)
    return {
        "plan": planned,
        "archive": dict(archive),
        "sound": all(one.sound for one in checks),
    }


async def _prepare_a_campaign(session: AsyncSession, at: datetime) -> None:
    """A record that is nearly ready: six boxes of seven."""
    number = await records.begin(
        session, title="四季度 5 万元达标有礼", unit_id="hq", by=AUTHOR, at=at
    )
    for box, content in PREPARED.items():
        await records.fill(session, number, box, content, units=None, by=AUTHOR, at=at)


def found_bank(customers: int, branches: int, today: date) -> shape.Bank:
    """The demo's bank, the same for the same day and size."""
    return shape.found(seed=SEED, customers=customers, branches=branches, today=today, managed=True)
