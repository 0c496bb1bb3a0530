"""One line a dependency and a job: its state, when it last showed life, what to do."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from archive.facts import CompletenessSheet
from console.installation import DatabaseFact, InboxFact, JobFact
from crm_sync.imports import history
from kit.clock import bank_date
from kit.pacing.facts import Urgency
from kit.pacing.overview import ADDRESS, Fullness
from kit.scheduling import lists as runs
from kit.scheduling.lists import RunFact
from kit.web.formats import count, duration, moment, waited

OLD: Final = timedelta(minutes=5)
"""An event or a call that waits longer has nobody who works on it."""

UNASKED: Final = timedelta(hours=1)
"""The archive's source should have been asked within this time (docs/operations.md)."""

QUEUES: Final = (
    (Urgency.URGENT, "欢迎语"),
    (Urgency.SERVICE, "服务与关怀"),
    (Urgency.MARKETING, "营销"),
)
SPANS: Final = {60: "一分钟", 3_600: "一小时", 86_400: "一天", 2_592_000: "三十天"}
NEARLY_FULL: Final = 0.9
"""Of a window; where marketing stops a little later."""

GRACE: Final = timedelta(minutes=5)
DAY: Final = timedelta(days=1)
SHOWN_RUNS: Final = 12
STATES: Final = {
    "ok": "正常",
    "warn": "要看一下",
    "danger": "要处理",
    "": "没有启用",
    "later": "还没到",
}


def line(
    name: str,
    what: str,
    kind: str,
    text: str,
    *,
    at: datetime | None = None,
    took_ms: int | None = None,
    trend: Sequence[float] = (),
    do: str = "",
    command: str = "",
    link: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """A check as the table shows it; ``kind`` is a key of ``STATES``, ``link`` (text, href)."""
    return {
        "name": name,
        "what": what,
        "state_text": STATES[kind],
        "state_kind": "" if kind == "later" else kind,
        "at": at,
        "took_ms": took_ms,
        "trend": list(trend),
        "text": text,
        "do": do,
        "command": command,
        "link": link[0] if link else "",
        "href": link[1] if link else None,
    }


def of_databases(found: Sequence[DatabaseFact]) -> list[dict[str, Any]]:
    """Whether every database has the tables of this version."""
    lines = []
    for one in found:
        current = one.revision == one.wanted
        lines.append(
            line(
                f"数据库 · {one.name}",
                one.kind,
                "ok" if current else "danger",
                f"结构版本 {one.revision or '没有'}"
                + ("" if current else f"，这个程序要 {one.wanted}。"),
                do="" if current else "停下服务再运行",
                command="" if current else "gengyun migrate",
            )
        )
    return lines


def of_inbox(found: InboxFact, at: datetime) -> dict[str, Any]:
    """Events from WeCom: whether they are worked on, and whether any was given up."""
    dead, waiting = found.counts.get("dead", 0), found.counts.get("new", 0)
    what = "加好友、进群、标签变更"
    if dead:
        text = f"{count(dead)} 个事件处理五次都没成，等人看。"
        return line(
            "事件回调", what, "danger", text, at=found.newest, do="先看原因，再重做：",
            command="gengyun inbox replay",
        )  # fmt: skip
    if found.oldest_waiting is not None and at - found.oldest_waiting > OLD:
        text = f"{count(waiting)} 个在等，最久的等了{waited(found.oldest_waiting, at)}。"
        return line("事件回调", what, "warn", text, at=found.newest, do="看 worker 进程是否在运行")
    if found.newest is None:
        return line(
            "事件回调", what, "warn", "还没有收到过事件。",
            do="企业微信后台：接收消息、三类变更回调都要勾上",
        )  # fmt: skip
    return line("事件回调", what, "ok", f"{count(waiting)} 个在等，没有放弃的", at=found.newest)


def of_outbox(counts: Mapping[str, int], due: datetime | None, at: datetime) -> dict[str, Any]:
    """Calls to WeCom: whether they leave, and whether any has no trustworthy answer."""
    what = "群发、欢迎语、晨间卡片"
    queued, unknown = counts.get("queued", 0), counts.get("unknown", 0)
    if unknown:
        text = f"{count(unknown)} 次没有明确答复，系统每分钟自己去查，绝不重发。"
        return line(
            "发往企业微信", what, "warn", text, do="想马上查：", command="gengyun outbox settle"
        )
    if due is not None and at - due > OLD:
        text = f"{count(queued)} 次在排队，最久的晚了{waited(due, at)}。"
        return line("发往企业微信", what, "warn", text, do="看 worker 进程是否在运行")
    return line("发往企业微信", what, "ok", f"{count(queued)} 次在排队，没有结果不明的")


def of_limits(found: Sequence[Fullness], due: Mapping[Urgency, int]) -> dict[str, Any]:
    """WeCom's limits: what is closed, what is nearly full, and what waits."""
    name, what = "企业微信的频率额度", "所有进程合计，用满了自己停，不等企业微信拒绝"
    queue = "、".join(f"{text} {count(due.get(level, 0))} 次" for level, text in QUEUES)
    told = f"到期在等：{queue}。"
    if not found:
        return line(name, what, "ok", f"这几天没有调用过。{told}")
    first = found[0]
    api = "出口地址合计" if first.scope == ADDRESS else first.scope.removeprefix("api:")
    if first.closed_for:
        wait = duration(int(first.closed_for * 1_000))
        text = f"{api} 因频率被企业微信拒绝，再过 {wait} 自动试一次。{told}"
        do = "反复出现：别的系统也在用这份额度，调小策略 call_limits"
        return line(name, what, "warn", text, do=do)
    window = SPANS.get(first.span, f"{first.span} 秒")
    full = first.part >= NEARLY_FULL
    text = f"最满的是 {api}：{window}内 {count(first.used)} / {count(first.most)} 次。{told}"
    do = "营销在等，欢迎语和服务照发，不用处理" if full else ""
    return line(name, what, "warn" if full else "ok", text, do=do)


def of_archive(sheet: CompletenessSheet, configured: bool, at: datetime) -> dict[str, Any]:
    """会话存档: whether every sequence number is accounted for, and the source is asked."""
    name, what = "会话存档", "按序号续传、逐条解密"
    if not configured and not sheet.last_seq:
        return line(name, what, "", "没有设置会话存档的密钥")
    told = f"收到第 {count(sheet.last_seq)} 号，存入 {count(sheet.stored)} 条"
    if sheet.unexplained:
        return line(
            name, what, "danger", f"{told}，{count(sheet.unexplained)} 个序号没有下落。",
            at=sheet.checked_at, do="按安全事件处理，先核对：", command="gengyun archive status",
        )  # fmt: skip
    if sheet.open_holes or sheet.quarantined:
        text = f"{told}，缺号待确认 {count(sheet.open_holes)}，隔离 {count(sheet.quarantined)}。"
        return line(
            name, what, "warn", text, at=sheet.checked_at, do="看原因：",
            command="gengyun archive status",
        )  # fmt: skip
    if sheet.checked_at is None or at - sheet.checked_at > UNASKED:
        return line(
            name, what, "warn", f"{told}，超过一小时没有问过来源。", at=sheet.checked_at,
            do="现在拉一次：", command="gengyun archive pull",
        )  # fmt: skip
    return line(name, what, "ok", f"{told}，每个序号都有下落", at=sheet.checked_at)


async def of_imports(session: AsyncSession) -> list[dict[str, Any]]:
    """The bank's files: the newest of any kind, and the kinds whose newest was refused."""
    newest = {kind: found[0] for kind, found in (await history.recent_of_each(session)).items()}
    if not newest:
        text = "还没有导入过"
        return [line("客户数据", "行内文件", "warn", text, link=("看数据导入", "/c/imports"))]
    last = max(newest.values(), key=lambda one: one.started_at)
    bad = [one for one in newest.values() if one.state in ("refused", "failed")]
    rejected = sum(one.counts.get("rejected", 0) for one in newest.values())
    if bad:
        text = f"{len(bad)} 类文件最近一次没有生效。"
        link = ("看原因", f"/c/imports/{bad[0].id}")
        return [line("客户数据", "行内文件", "danger", text, at=last.started_at, link=link)]
    if rejected:
        text = f"各类最近一次共拒收 {count(rejected)} 行。"
        worst = max(newest.values(), key=lambda one: one.counts.get("rejected", 0))
        link = ("看拒收", f"/c/imports/{worst.id}")
        return [line("客户数据", "行内文件", "warn", text, at=last.started_at, link=link)]
    text = f"{len(newest)} 类文件，最近一次都全部收下"
    link = ("看数据导入", "/c/imports")
    return [line("客户数据", "行内文件", "ok", text, at=last.started_at, link=link)]


async def of_jobs(
    session: AsyncSession, jobs: Sequence[JobFact], at: datetime
) -> list[dict[str, Any]]:
    """Every job with its last run; one that should have run and did not is told."""
    found = []
    for job in jobs:
        newest = await runs.newest(session, job.id, limit=SHOWN_RUNS)
        failed = await runs.failures(session, job.id, since=at - DAY)
        found.append(_job(job, newest, failed, at))
    return found


def _job(job: JobFact, newest: Sequence[RunFact], failed: int, at: datetime) -> dict[str, Any]:
    last = newest[0] if newest else None
    past = f"近 24 小时失败 {count(failed)} 次" if failed else "近 24 小时没有失败"
    shown: dict[str, Any] = {
        "at": last.started_at if last else None,
        "took_ms": last.took_ms if last else None,
        "trend": [one.took_ms for one in reversed(newest) if one.took_ms is not None],
    }
    name, what = f"任务 · {job.title}", job.id
    missed = job.due_at is not None and at - job.due_at > GRACE
    if missed and (last is None or (job.due_at is not None and last.planned_at < job.due_at)):
        due = moment(job.due_at, bank_date(at))
        return line(
            name, what, "warn", f"{due} 那一次没有跑。", do="看 scheduler 进程是否在运行", **shown
        )
    if last is None:
        return line(name, what, "later", "还没到第一次", **shown)
    if last.outcome == "failed":
        text = f"上次失败：{last.cause}。{past}。"
        return line(name, what, "danger", text, do="按编号查错误说明，或看日志", **shown)
    if last.outcome == "running":
        lost = at - last.beat_at > GRACE
        text = f"已经跑了{waited(last.started_at, at)}" + ("，没有了心跳。" if lost else "")
        return line(
            name, what, "warn" if lost else "ok", text,
            do="五分钟内由别的进程接手" if lost else "", **shown,
        )  # fmt: skip
    took = f"上次用时 {duration(last.took_ms)}，" if last.took_ms else ""
    return line(name, what, "ok", f"{took}{past}", **shown)
