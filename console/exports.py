"""The long lists as files: masked like their pages, in sight only, and each export is recorded.

A file is read in batches, so that a list of thousands is a handful of statements for each; what
is larger than one file may be is refused, with its number, instead of cut.
"""

import csv
import io
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import interactions, own_log, roles, todos
from console.customers import listed
from console.entry_links import kinds_for
from console.errors import ExportTooLarge
from console.naming import names_for
from console.record_query import RecordQuery, wanted_of
from console.sight import sight_of
from console.traces import looked
from crm_sync.repository import listing
from delivery.repository import todo_lists
from insights import customer_lists, record
from insights.record import Line
from kit.clock import bank_date
from kit.web.formats import exact_stamp, iso_day
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
MOST: Final = 20_000
AT_ONCE: Final = 2_000
T = TypeVar("T")


def plain(text: object) -> str:
    """A value that no spreadsheet takes for a formula."""
    shown = "" if text is None else str(text)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@", "\t", "\r") else shown


def small_enough(total: int) -> None:
    """Raises ExportTooLarge for more rows than a file may hold."""
    if total > MOST:
        raise ExportTooLarge(
            f"这份清单有 {total} 行，一次最多导出 {MOST} 行",
            saw=str(total),
            do="在页面上加上机构、日期等条件，分几次导出",
        )


async def in_batches(
    next_batch: Callable[[T | None], Awaitable[Sequence[T]]],
) -> list[T]:
    """Everything, batch after batch; ``next_batch`` gets the last one it gave."""
    found: list[T] = []
    while True:
        batch = await next_batch(found[-1] if found else None)
        found += batch
        if len(batch) < AT_ONCE or len(found) > MOST:
            return found[:MOST]


def file_of(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV that spreadsheets open as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([plain(value) for value in row] for row in rows)
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )


async def exported(
    session: AsyncSession, asking: Asking, act: str, kept: Mapping[str, str], rows: int
) -> None:
    """Record what was taken away: the filters and the number of rows, never the rows."""
    about = f"list:{act.partition('.')[0]}"
    await looked(session, asking, act, about, payload={**kept, "rows": rows})


@router.get(listed.PATH + "/export.csv")
async def customers(
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    query: listed.Asked,
) -> Response:
    """The customers of the page as CSV, names and numbers masked."""
    sight = await sight_of(session, asking.viewer, roles.CENTRE, query.unit)
    wanted = customer_lists.wanted(session, query, sight.units, asking.at)
    small_enough(await listing.count(session, wanted))
    found = await in_batches(
        lambda last: listing.page(
            session, wanted, limit=AT_ONCE, after=last.customer_id if last else 0
        )
    )
    await exported(session, asking, "customers.exported", query.kept, len(found))
    shown: list[dict[str, Any]] = []
    for start in range(0, len(found), AT_ONCE):
        batch = found[start : start + AT_ONCE]
        shown += await listed.rows(session, batch, bank_date(asking.at))
    return file_of(
        "customers",
        ["客户", "客户号", "层级", "客群", "资产（万元，按档）", "风险等级", "测评过期", "客户经理",
         "授权", "上次联系", "最近到期"],
        (
            [
                one["name"], one["customer_no"], one["tier"],
                "、".join(persona["name"] for persona in one["personas"]),
                one["aum_band"], one["risk"], "是" if one["risk_expired"] else "",
                one["owner_name"], one["consent_text"],
                iso_day(one["last_contact_on"]) if one["last_contact_on"] else "",
                iso_day(one["next_due_on"]) if one["next_due_on"] else "",
            ]
            for one in shown
        ),
    )  # fmt: skip


@router.get(todos.PATH + "/export.csv")
async def tasks(
    request: Request,
    asking: Annotated[Asking, allow("console", "ops")],
    session: Writing,
    query: todos.Asked,
) -> Response:
    """The to-dos of the page as CSV; never their words."""
    sight = await sight_of(session, asking.viewer, ("ops",), query.unit)
    wanted = todos.conditions(query, sight, asking)
    small_enough(await todo_lists.count(session, wanted))
    found = await in_batches(
        lambda last: todo_lists.page(
            session, wanted, limit=AT_ONCE, before=last.id if last else None
        )
    )
    await exported(session, asking, "todos.exported", query.kept, len(found))
    names = await names_for(
        session,
        staff={one.staff_id for one in found},
        customers={one.customer_id for one in found},
    )
    triggers = todos.trigger_names(request)
    rows = [todos.row(one, names, sight, triggers) for one in found]
    return file_of(
        "todos",
        ["任务", "客户", "客户经理", "机构", "来由", "最晚", "状态", "结果"],
        (
            [
                one["title"], one["customer_name"], one["staff_name"], one["unit_name"],
                one["trigger_text"], iso_day(one["due_on"]), one["state_text"], one["outcome_text"],
            ]
            for one in rows
        ),
    )  # fmt: skip


async def _lines(session: AsyncSession, wanted: record.Wanted) -> list[Line]:
    small_enough(await record.count(session, wanted))
    return await in_batches(
        lambda last: record.page(
            session, wanted, limit=AT_ONCE, before=last.keyset if last else None
        )
    )


@router.get(interactions.PATH + "/export.csv")
async def entries(
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    q: str = "",
    kind: str = "",
    unit: str = "",
    about: str = "",
    start: Annotated[str, Query(alias="from")] = "",
    end: Annotated[str, Query(alias="to")] = "",
) -> Response:
    """The entries of the record page as CSV with their hashes; never their payloads."""
    asked = RecordQuery(q, kind, unit, about, start, end)
    sight = await sight_of(session, asking.viewer, roles.CENTRE, unit)
    found = await _lines(session, await wanted_of(session, asked, sight, kinds_for(asking)))
    await exported(session, asking, "record.exported", asked.kept, len(found))
    names = await names_for(
        session, places={place for one in found for place in (one.actor, one.object)}
    )
    rows = [interactions.row(one, names, sight, set()) for one in found]
    return file_of(
        "record",
        ["序号", "时间（北京）", "类别", "发生了什么", "理由", "谁", "对象", "机构", "摘要"],
        (
            [
                one["seq"], exact_stamp(one["at"]), one["kind_text"], one["act_text"],
                one["reason"], one["actor_text"], one["object_text"], one["unit_name"], one["hash"],
            ]
            for one in rows
        ),
    )  # fmt: skip


@router.get(own_log.PATH + "/export.csv")
async def log(
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    q: str = "",
    kind: str = "",
    unit: str = "",
    start: Annotated[str, Query(alias="from")] = "",
    end: Annotated[str, Query(alias="to")] = "",
) -> Response:
    """Who looked at, unmasked, exported or changed what, as CSV; this export is in the next one."""
    asked = RecordQuery(q, kind, unit, "", start, end)
    sight = await sight_of(session, asking.viewer, roles.AUDIT, unit)
    found = await _lines(session, await own_log.log_wanted(session, asked, sight))
    await exported(session, asking, "log.exported", asked.kept, len(found))
    names = await names_for(
        session, places={place for one in found for place in (one.actor, one.object)}
    )
    rows = [own_log.row(one, names, sight) for one in found]
    return file_of(
        "log",
        ["时间（北京）", "谁", "机构", "类别", "做了什么", "对象", "理由", "留痕"],
        (
            [
                exact_stamp(one["at"]), one["actor_text"], one["unit_name"], one["kind_text"],
                one["act_text"], one["object_text"], one["reason"], one["ref"],
            ]
            for one in rows
        ),
    )  # fmt: skip
