"""Makes and dissolves grids; puts people into team forms and groups."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import OwnershipPolicy
from crm_sync.facts import Viewer
from crm_sync.repository.keys import UNTRACKED
from crm_sync.repository.staff import staff_by_id
from kit.db import insert_into, upsert
from kit.ids import new_id
from kit.ledger import Entry, append
from portfolio.approvers import demand_approver
from portfolio.errors.ownership import GridRefused, GridUnknown, TeamRefused
from portfolio.models import Grid, GridArea, TeamRole

LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Area:
    """包区: what it is called and whose it is."""

    name: str
    staff_id: str


@dataclass(frozen=True, slots=True)
class GridFact:
    """A grid with its areas in order."""

    id: int
    unit_id: str
    name: str
    made_by: str
    made_at: datetime
    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True)
class RoleFact:
    """A person's team form and group; empty where none."""

    staff_id: str
    unit_id: str
    form: str
    group: str


async def make_grid(
    session: AsyncSession,
    unit_id: str,
    name: str,
    areas: Sequence[Area],
    *,
    viewer: Viewer,
    policy: OwnershipPolicy,
    at: datetime,
) -> int:
    """Make a grid of a unit; returns its id.

    Raises GridRefused for too few or too many areas, an area without a name or person, a person
    twice or in another grid, NotApprover without a deciding role over the unit.
    """
    name = " ".join(name.split())
    areas = [Area(" ".join(one.name.split()), one.staff_id.strip()) for one in areas]
    least, most = policy.grid.least_areas, policy.grid.most_areas
    if not least <= len(areas) <= most:
        raise GridRefused(
            f"一个网格要有 {least} 到 {most} 个包区",
            saw=f"{len(areas)} 个",
            do="增减包区，或拆成两个网格",
        )
    if not name or len(name) > LONGEST_NAME or any(not one.name for one in areas):
        raise GridRefused(
            "网格和每个包区都要有名字", saw=name[:20], do=f"名字不超过 {LONGEST_NAME} 个字"
        )
    if any(len(one.name) > LONGEST_NAME for one in areas):
        raise GridRefused("包区的名字太长", do=f"名字不超过 {LONGEST_NAME} 个字")
    await demand_approver(session, viewer, unit_id, "", policy)
    people = [one.staff_id for one in areas]
    known = await staff_by_id(session, people)
    strangers = sorted(one for one in set(people) if one not in known or not known[one].active)
    if strangers:
        raise GridRefused("包区的人不在岗", saw="、".join(strangers)[:60], do="核对工号")
    if len(set(people)) < len(people):
        raise GridRefused("一个人不能包两个区", do="每个包区换一个人")
    taken = (
        await session.execute(
            select(col(GridArea.staff_id)).where(
                col(GridArea.live).is_(True), col(GridArea.staff_id).in_(people)
            )
        )
    ).scalars()
    if already := sorted(taken):
        raise GridRefused(
            "有人已经在别的网格里包区", saw="、".join(already)[:60], do="先撤销那个网格，或换一个人"
        )
    grid_id = new_id()
    await session.execute(
        insert_into(session, Grid).values(
            id=grid_id,
            unit_id=unit_id,
            name=name,
            made_by=f"staff:{viewer.staff_id}",
            made_at=at,
            ended_by="",
        )
    )
    await session.execute(
        insert_into(session, GridArea),
        [
            {
                "grid_id": grid_id,
                "place": place,
                "name": one.name,
                "staff_id": one.staff_id,
                "live": True,
            }
            for place, one in enumerate(areas, 1)
        ],
    )
    await _record(session, unit_id, f"grid:{grid_id}", viewer, at, act="grid.made", reason=name)
    return grid_id


async def end_grid(
    session: AsyncSession, grid_id: int, *, viewer: Viewer, policy: OwnershipPolicy, at: datetime
) -> None:
    """Dissolve a grid: its people may be in another. Raises GridUnknown, NotApprover."""
    row = await session.get(Grid, grid_id, populate_existing=True, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise GridUnknown("没有这个网格，或已经撤销", do="刷新“网格与团队”")
    await demand_approver(session, viewer, row.unit_id, "", policy)
    row.ended_at, row.ended_by = at, f"staff:{viewer.staff_id}"
    await session.flush()
    await session.execute(
        update(GridArea)
        .where(col(GridArea.grid_id) == grid_id)
        .values(live=False)
        .execution_options(**UNTRACKED)
    )
    await _record(
        session, row.unit_id, f"grid:{grid_id}", viewer, at, act="grid.ended", reason=row.name
    )


async def grids(
    session: AsyncSession, units: Collection[str] | None, *, limit: int = 50, before: int = 0
) -> list[GridFact]:
    """The grids of the units (None: the bank), the newest first."""
    query = select(Grid).where(col(Grid.ended_at).is_(None))
    if units is not None:
        query = query.where(col(Grid.unit_id).in_(sorted(units)))
    if before:
        query = query.where(col(Grid.id) < before)
    query = query.order_by(col(Grid.id).desc()).limit(limit)
    rows = list((await session.execute(query)).scalars())
    areas = (
        select(GridArea)
        .where(col(GridArea.grid_id).in_([row.id for row in rows]))
        .order_by(col(GridArea.grid_id), col(GridArea.place))
    )
    held: dict[int, list[Area]] = {}
    for area in (await session.execute(areas)).scalars() if rows else ():
        held.setdefault(area.grid_id, []).append(Area(area.name, area.staff_id))
    return [
        GridFact(row.id, row.unit_id, row.name, row.made_by, row.made_at, tuple(held[row.id]))
        for row in rows
    ]


async def count_grids(session: AsyncSession, units: Collection[str] | None) -> int:
    """How many grids there are."""
    query = select(func.count()).select_from(Grid).where(col(Grid.ended_at).is_(None))
    if units is not None:
        query = query.where(col(Grid.unit_id).in_(sorted(units)))
    return int((await session.execute(query)).scalar_one())


async def set_role(
    session: AsyncSession,
    staff_id: str,
    *,
    form: str,
    group: str,
    viewer: Viewer,
    policy: OwnershipPolicy,
    at: datetime,
) -> None:
    """Put a person into a team form and a group; empty leaves that side as it is.

    Raises TeamRefused for a form, group or person that does not exist, NotApprover.
    """
    wanted = [
        (aspect, name, known)
        for aspect, name, known in (
            ("form", form, policy.team.forms),
            ("group", group, policy.team.groups),
        )
        if name
    ]
    for _, name, known in wanted:
        if name not in known:
            raise TeamRefused("没有这种团队形态或分组", saw=name[:20], do="、".join(known))
    if not wanted:
        raise TeamRefused("没有写团队形态或分组", do="选一种形态或一个分组")
    person = (await staff_by_id(session, [staff_id])).get(staff_id)
    if person is None or not person.active:
        raise TeamRefused("没有这位在岗员工", saw=staff_id[:40], do="核对工号")
    await demand_approver(session, viewer, person.unit_id, "", policy)
    await upsert(
        session,
        TeamRole,
        [
            {
                "staff_id": staff_id,
                "aspect": aspect,
                "name": name,
                "unit_id": person.unit_id,
                "set_by": f"staff:{viewer.staff_id}",
                "set_at": at,
            }
            for aspect, name, _ in wanted
        ],
        key=["staff_id", "aspect"],
        update=["name", "unit_id", "set_by", "set_at"],
    )
    said = "、".join(name for _, name, _ in wanted)
    await _record(
        session, person.unit_id, f"staff:{staff_id}", viewer, at, act="team.set", reason=said
    )


async def team(
    session: AsyncSession, units: Collection[str] | None, *, aspect: str = "", name: str = ""
) -> list[RoleFact]:
    """Who is in which form and group, by unit and staff id; ``aspect``/``name`` narrow."""
    query = select(TeamRole)
    if units is not None:
        query = query.where(col(TeamRole.unit_id).in_(sorted(units)))
    found: dict[str, dict[str, str]] = {}
    for row in (await session.execute(query)).scalars():
        found.setdefault(row.staff_id, {"unit": row.unit_id})[row.aspect] = row.name
    return sorted(
        (
            RoleFact(who, said["unit"], said.get("form", ""), said.get("group", ""))
            for who, said in found.items()
            if not aspect or said.get(aspect) == name
        ),
        key=lambda one: (one.unit_id, one.staff_id),
    )


async def _record(
    session: AsyncSession,
    unit: str,
    about: str,
    viewer: Viewer,
    at: datetime,
    *,
    act: str,
    reason: str,
) -> None:
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act=act,
                actor=f"staff:{viewer.staff_id}",
                object=about,
                unit=unit,
                reason=reason,
            )
        ],
        at=at,
    )
