"""Staff: one WeCom identity each, and the roles that a file may give."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import Table, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports.errors import ImportCode
from crm_sync.imports.images import keep_images
from crm_sync.imports.job import Handle, Job, Objection, Seen
from crm_sync.imports.landing import FOUND
from crm_sync.imports.layouts import GRANTED_BY_FILE, STAFF
from crm_sync.imports.references import live_units, unknown_units
from crm_sync.imports.table_landing import TableLanding
from crm_sync.imports.undo import Load, TableUndo
from crm_sync.models import IMAGES, Grant, Staff
from crm_sync.models.images import IMAGE_RUN
from crm_sync.repository.keys import among
from kit.db import upsert
from kit.tabular.refusals import Reject
from kit.tabular.rows import Batch

BY_FILE = "import:"
"""Grants made by a file start so; a file ends only those."""


GRANT: Final[Table] = Grant.__table__  # type: ignore[attr-defined]


class StaffUndo(TableUndo):
    """Identities are freed before they move back; roles that the file gave or ended follow."""

    async def before(self, session: AsyncSession, load: Load) -> None:
        if "userid" in load.touched:
            await session.execute(update(self.table).where(self.written(load)).values(userid=None))

    async def after(self, session: AsyncSession, load: Load) -> int:
        own, image = GRANT.c, IMAGES[GRANT.name]
        by_file = own.granted_by.startswith(BY_FILE)
        same = [own[column.name] == image.c[column.name] for column in GRANT.primary_key]
        kept = image.c[IMAGE_RUN] == load.run_id
        given = [by_file, own.granted_at == load.at]
        had = select(literal(1)).where(kept, *same).exists()
        await session.execute(update(GRANT).where(*given, ~had).values(expires_at=load.now))
        changed = or_(own.granted_at == load.at, own.expires_at == load.at)
        await session.execute(
            update(GRANT)
            .where(by_file, changed, kept, *same)
            .values({name: image.c[name] for name in ("granted_by", "granted_at", "expires_at")})
        )
        return 0


class StaffLanding(TableLanding):
    """Lands staff; a WeCom identity may move from one person to another, never be shared."""

    layout = STAFF
    table: ClassVar[Table] = Staff.__table__  # type: ignore[attr-defined]
    undo = StaffUndo(table)
    key = "staff_id"
    plain = ("name", "userid", "unit_id", "position", "active", "licences", "personas")

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._units: frozenset[str] = frozenset()
        self._holders: dict[str, str] = {}
        self._claims: dict[str, tuple[str, Reject, bool]] = {}
        self._changed: dict[str, str | None] = {}
        self._roles: dict[str, tuple[str, tuple[str, ...]]] = {}

    async def begin(self, session: AsyncSession) -> None:
        await super().begin(session)
        self._units = await live_units(session)
        found = await session.execute(
            select(col(Staff.userid), col(Staff.staff_id)).where(
                col(Staff.userid).is_not(None), col(Staff.removed_at).is_(None)
            )
        )
        self._holders = {userid: staff_id for userid, staff_id in found if userid}

    def rekey(self, batch: Batch) -> None:
        if "userid" in batch.columns:
            batch.columns["userid"] = [
                userid.lower() if userid else None for userid in batch.columns["userid"]
            ]

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        found = unknown_units(batch.columns, ["unit_id"], self._units)
        for place, roles in enumerate(batch.columns.get("roles", ())):
            over = [role for role in roles or () if role not in GRANTED_BY_FILE]
            if over:
                found.setdefault(
                    place,
                    Objection(
                        ImportCode.ROLE,
                        "roles",
                        f"角色 {over[0][:20]} 不能由文件授予（只能是 rm、branch）；"
                        "请用 gengyun users grant",
                    ),
                )
        for place, userid in enumerate(batch.columns.get("userid", ())):
            if userid is None or place in found:
                continue
            holder = self._claims.get(userid)
            if holder is not None and holder[0] != batch.keys[place]:
                found[place] = Objection(
                    ImportCode.USERID_TAKEN,
                    "userid",
                    f"企业微信账号与第 {holder[1].line} 行（工号 {holder[0]}）相同",
                )
                continue
            reject = Reject(
                batch.lines[place],
                ImportCode.USERID_TAKEN,
                "userid",
                "",
                batch.cells(place),
                batch.keys[place],
            )
            self._claims.setdefault(userid, (batch.keys[place], reject, False))
        return found

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        roles = batch.columns.get("roles")
        userids = batch.columns.get("userid")
        for place, key in enumerate(batch.keys):
            if userids is not None:
                userid = userids[place]
                self._changed[key] = userid
                if userid is not None and userid in self._claims:
                    holder, reject, _ = self._claims[userid]
                    self._claims[userid] = (holder, reject, batch.columns[FOUND][place] is None)
            if roles is not None:
                self._roles[key] = (batch.columns["unit_id"][place], roles[place] or ())
        return super().values(batch)

    def settle(self, seen: Seen) -> list[tuple[Reject, bool]]:
        refused = []
        for userid, (key, reject, new) in self._claims.items():
            holder = self._holders.get(userid)
            if holder in (None, key) or holder not in seen or holder in self._changed:
                continue
            self.dropped.add(key)
            reason = f"企业微信账号已属于工号 {holder}"
            refused.append(
                (Reject(reject.line, reject.code, reject.column, reason, reject.cells, key), new)
            )
        return refused

    async def take(self, session: AsyncSession, stage: Table) -> None:
        if self.job.provides("userid"):
            await self._free_userids(session)
        await super().take(session, stage)
        if self._roles:
            await self._grant(session)

    async def _free_userids(self, session: AsyncSession) -> None:
        """Take every identity that moves from whoever holds it now, since it is unique."""
        moving = [
            userid
            for key, userid in self._changed.items()
            if userid is not None and key not in self.dropped and self._holders.get(userid) != key
        ]
        if moving:
            holding = among(session, self.table.c.userid, moving)
            await keep_images(session, self.table, self.job.run_id, holding)
            await session.execute(
                update(self.table).where(holding).values(userid=None, run_id=self.job.run_id)
            )

    async def _grant(self, session: AsyncSession) -> None:
        """Give the roles of the changed rows and end those that the file gave before."""
        at, by = self.job.at, f"{BY_FILE}{self.job.by}"[:120]
        staff = [key for key in self._roles if key not in self.dropped]
        await keep_images(session, GRANT, self.job.run_id, among(session, GRANT.c.staff_id, staff))
        wanted = {(key, role, self._roles[key][0]) for key in staff for role in self._roles[key][1]}
        held = await session.execute(
            select(col(Grant.staff_id), col(Grant.role), col(Grant.unit_id)).where(
                among(session, col(Grant.staff_id), staff),
                col(Grant.granted_by).startswith(BY_FILE),
                or_(col(Grant.expires_at).is_(None), col(Grant.expires_at) > at),
            )
        )
        present = {(staff_id, role, unit_id) for staff_id, role, unit_id in held}
        await upsert(
            session,
            Grant,
            [
                {
                    "staff_id": staff_id,
                    "role": role,
                    "unit_id": unit_id,
                    "granted_by": by,
                    "granted_at": at,
                    "expires_at": None,
                }
                for staff_id, role, unit_id in sorted(wanted - present)
            ],
            key=["staff_id", "role", "unit_id"],
            update=["granted_by", "granted_at", "expires_at"],
        )
        for staff_id, role, unit_id in sorted(present - wanted):
            await session.execute(
                update(Grant)
                .where(
                    col(Grant.staff_id) == staff_id,
                    col(Grant.role) == role,
                    col(Grant.unit_id) == unit_id,
                )
                .values(expires_at=at)
            )

    async def remove(self, session: AsyncSession, handles: Sequence[Handle]) -> None:
        await super().remove(session, handles)
        gone: Any = handles
        await keep_images(session, GRANT, self.job.run_id, among(session, GRANT.c.staff_id, gone))
        await session.execute(
            update(Grant)
            .where(
                among(session, col(Grant.staff_id), gone),
                col(Grant.granted_by).startswith(BY_FILE),
                or_(col(Grant.expires_at).is_(None), col(Grant.expires_at) > self.job.at),
            )
            .values(expires_at=self.job.at)
        )
