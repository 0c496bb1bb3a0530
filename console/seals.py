"""The integrity seal of a page: what was recomputed, when, and what does not prove itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from archive.integrity import Seal
from console.entry_links import fault_link
from insights import integrity
from insights.integrity import Check, Proof, Record
from kit.clock import bank_date
from kit.web.formats import count, digest, duration, exact_stamp, moment
from kit.web.guard import Asking


def seal(
    ok: bool,
    title: str,
    text: str,
    facts: Sequence[tuple[str, str, str]] = (),
    actions: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """A seal as the templates draw it."""
    return {
        "ok": ok,
        "title": title,
        "text": text,
        "facts": list(facts),
        "actions": list(actions),
    }


async def of_record(session: AsyncSession, asking: Asking, record: Record) -> dict[str, Any]:
    """The seal over a whole record, from its last full check."""
    check = await integrity.last_check(session, record)
    if check is None:
        return seal(
            False,
            "还没有做过全量核验",
            "系统每天自动核验一次；也可以请科技部在服务器上运行 gengyun verify",
        )
    signed = await integrity.checkpointed_at(session)
    link = None if check.sound else await fault_link(session, check.faults[0], asking)
    return _of_check(check, asking, signed=signed, link=link)


def _of_check(
    check: Check, asking: Asking, *, signed: datetime | None, link: tuple[str, str] | None
) -> dict[str, Any]:
    today = bank_date(asking.at)
    noun = "条" if check.record == "ledger" else "条消息"
    facts = [
        ("全量核验", f"{moment(check.at, today)}，用时 {duration(check.took_ms)}", ""),
        ("核验范围", f"{count(check.entries)} {noun}，{count(check.chains)} 段", "num"),
    ]
    if signed is not None:
        facts.append(("签名检查点", moment(signed, today), ""))
    if check.sound:
        return seal(
            True,
            f"{count(check.entries)} {noun}全部一致",
            f"{moment(check.at, today)} 全量核验，没有缺号，没有改动",
            facts,
        )
    first = check.faults[0]
    more = f"，共 {len(check.faults)} 处" if len(check.faults) > 1 else ""
    return seal(
        False,
        f"{name_of(first.place)}：{first.saying}{more}",
        f"{moment(check.at, today)} 核验时发现；其余各条不受影响",
        [*facts, *((name_of(one.place), one.saying, "c-danger") for one in check.faults[:5])],
        [action(*link)] if link else [],
    )


def action(text: str, href: str) -> dict[str, Any]:
    """A way on from a seal: to what is at fault."""
    return {"text": text, "href": href, "kind": "danger", "icon": "right"}


def name_of(place: str) -> str:
    """``send:0101#12`` or ``message#88`` as people read it."""
    stream, _, seq = place.rpartition("#")
    return f"消息 {seq}" if stream == "message" else f"{stream} 第 {seq} 条"


def of_entry(proof: Proof, stream: str, seq: int, asking: Asking) -> dict[str, Any]:
    """The seal of one entry, recomputed for this page."""
    facts = [
        ("存证摘要", digest(proof.recorded), "mono"),
        ("现在算出", digest(proof.computed), "mono" if proof.sound else "mono c-danger"),
        ("链尾", f"第 {proof.head} 条 {digest(proof.head_hash)}", "mono"),
        ("核验时间", exact_stamp(asking.at), ""),
    ]
    if proof.sound:
        return seal(True, "未被改动", "刚刚重新计算，与存证一致", facts)
    return seal(False, f"{stream} 第 {seq} 条", proof.saying, facts)


def of_messages(seals: Sequence[Seal], asking: Asking) -> dict[str, Any]:
    """The seal of the messages on a page, each recomputed now; names the first bad one."""
    if not seals:
        return seal(True, "没有消息", "这里没有要核验的消息")
    bad = [one for one in seals if not one.sound]
    numbers = f"{seals[0].seq}–{seals[-1].seq}"
    facts = [
        ("本段", f"{len(seals)} 条", ""),
        ("序号", numbers, "seq"),
        ("最后一条摘要", digest(seals[-1].recorded), "mono"),
        ("核验时间", exact_stamp(asking.at), ""),
    ]
    if not bad:
        return seal(True, "未被改动", "刚刚重新计算，与入库时的摘要一致", facts)
    first = bad[0]
    return seal(
        False,
        first.saying,
        "其余各条完好" if len(bad) == 1 else f"这一段里有 {len(bad)} 条不一致",
        [
            *facts,
            ("存证摘要", digest(first.recorded), "mono"),
            ("现在算出", digest(first.computed), "mono c-danger"),
        ],
        [action("看这一条", f"/c/audit?at={first.seq}")],
    )
