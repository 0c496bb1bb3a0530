"""Landing an installation: what is not in order yet, by the five items of the seed (S4).

客户迁移, 客户认证, 业绩归属, 接口权限, 组织调整. Each check is one statement whose rows are what
somebody must do; its count and its list are the same statement.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.adds_policy import AddsPolicy
from crm_sync.models import Binding, Contact, Coverage, Customer, Relation, Staff, Unit
from crm_sync.repository.keys import among
from crm_sync.repository.mismatches import mismatched
from crm_sync.repository.people import OWNER, live
from crm_sync.rules.binding import Method

MIGRATION: Final = "migration"
IDENTITY: Final = "identity"
OWNERSHIP: Final = "ownership"
ACCESS: Final = "access"
ORGANISATION: Final = "organisation"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: whom it is about, in ids; ``key`` is where the next page begins."""

    key: str
    unit_id: str | None
    staff_id: str | None
    customer_id: int | None
    external_userid: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that must hold of everybody; ``rows`` selects those of whom it does not."""

    id: str
    item: str
    title: str
    do: str
    rows: Callable[[AddsPolicy], Any]


def _columns(
    key: Any,
    unit: Any,
    *,
    staff: Any = None,
    customer: Any = None,
    external: Any = None,
    note: Any = "",
) -> list[Any]:
    nothing = literal(None)
    return [
        key.label("key"),
        unit.label("unit_id"),
        (nothing if staff is None else staff).label("staff_id"),
        (nothing if customer is None else customer).label("customer_id"),
        (nothing if external is None else external).label("external_userid"),
        (literal(note) if isinstance(note, str) else note).label("note"),
    ]


def _works() -> ColumnElement[bool]:
    return and_(col(Staff.active).is_(True), col(Staff.removed_at).is_(None))


def _number(column: Any) -> Any:
    return cast(column, String)


def _friends_of_leavers(_: AddsPolicy) -> Any:
    """Friendships whose member does not work here any more, or is not in the staff file."""
    pair = col(Relation.external_userid) + "|" + col(Relation.userid)
    return (
        select(
            *_columns(
                pair,
                col(Staff.unit_id),
                staff=col(Staff.staff_id),
                customer=col(Contact.customer_id),
                external=col(Relation.external_userid),
                note=case(
                    (col(Staff.staff_id).is_(None), "员工名单里没有这个企业微信账号"),
                    else_="员工已不在岗",
                ),
            )
        )
        .select_from(Relation)
        .join(Contact, col(Contact.external_userid) == col(Relation.external_userid))
        .outerjoin(Staff, col(Staff.userid) == col(Relation.userid))
        .where(live(), or_(col(Staff.staff_id).is_(None), ~_works()))
    )


def _customers_of_leavers(_: AddsPolicy) -> Any:
    return (
        select(
            *_columns(
                _number(col(Customer.id)),
                col(Customer.unit_id),
                staff=col(Coverage.staff_id),
                customer=col(Customer.id),
                note="管户经理不在岗",
            )
        )
        .select_from(Customer)
        .join(
            Coverage,
            and_(col(Coverage.customer_id) == col(Customer.id), col(Coverage.kind) == OWNER),
        )
        .outerjoin(Staff, col(Staff.staff_id) == col(Coverage.staff_id))
        .where(col(Customer.removed_at).is_(None), or_(col(Staff.staff_id).is_(None), ~_works()))
    )


def _unbound(_: AddsPolicy) -> Any:
    return (
        select(
            *_columns(
                col(Contact.external_userid),
                func.min(col(Staff.unit_id)),
                staff=func.min(col(Staff.staff_id)),
                external=col(Contact.external_userid),
                note="还没有对应到客户",
            )
        )
        .select_from(Contact)
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .outerjoin(Staff, col(Staff.userid) == col(Relation.userid))
        .where(live(), col(Contact.customer_id).is_(None))
        .group_by(col(Contact.external_userid))
    )


def _conflicts(_: AddsPolicy) -> Any:
    return (
        select(
            *_columns(
                col(Binding.external_userid),
                func.min(col(Customer.unit_id)),
                customer=func.min(col(Contact.customer_id)),
                external=col(Binding.external_userid),
                note="证据不一致，等人核对",
            )
        )
        .select_from(Binding)
        .join(Contact, col(Contact.external_userid) == col(Binding.external_userid))
        .join(Customer, col(Customer.id) == col(Binding.customer_id))
        .where(col(Binding.state) == "conflict")
        .group_by(col(Binding.external_userid))
    )


def _not_real_name(policy: AddsPolicy) -> Any:
    proven = (
        exists()
        .where(col(Binding.external_userid) == col(Contact.external_userid))
        .where(col(Binding.customer_id) == col(Contact.customer_id))
        .where(col(Binding.state) == "confirmed")
        .where(col(Binding.method).in_(policy.real_name_methods))
    )
    return (
        select(
            *_columns(
                col(Contact.external_userid),
                col(Customer.unit_id),
                customer=col(Customer.id),
                external=col(Contact.external_userid),
                note="已对应，但不是实名方式",
            )
        )
        .select_from(Contact)
        .join(Customer, col(Customer.id) == col(Contact.customer_id))
        .where(col(Customer.removed_at).is_(None), col(Contact.merged_into).is_(None), ~proven)
    )


def _without_owner(_: AddsPolicy) -> Any:
    owned = (
        exists()
        .where(col(Coverage.customer_id) == col(Customer.id))
        .where(col(Coverage.kind) == OWNER)
    )
    return select(
        *_columns(
            _number(col(Customer.id)),
            col(Customer.unit_id),
            customer=col(Customer.id),
            note="还没有管户经理",
        )
    ).where(col(Customer.removed_at).is_(None), ~owned)


def _mismatches(_: AddsPolicy) -> Any:
    found = mismatched().subquery()
    return select(
        *_columns(
            found.c.external_userid,
            found.c.unit_id,
            staff=found.c.owner,
            customer=found.c.customer_id,
            external=found.c.external_userid,
            note="管户经理不是好友",
        )
    )


def _without_wecom(_: AddsPolicy) -> Any:
    covers = exists().where(col(Coverage.staff_id) == col(Staff.staff_id))
    return select(
        *_columns(
            col(Staff.staff_id),
            col(Staff.unit_id),
            staff=col(Staff.staff_id),
            note="管着客户，没有企业微信账号",
        )
    ).where(_works(), covers, col(Staff.userid).is_(None))


def _not_visible(_: AddsPolicy) -> Any:
    return select(
        *_columns(
            col(Staff.staff_id),
            col(Staff.unit_id),
            staff=col(Staff.staff_id),
            note="企业微信里看不到：不在应用可见范围，或账号写错",
        )
    ).where(_works(), col(Staff.userid).is_not(None), col(Staff.seen_in_wecom_at).is_(None))


def _units_apart(_: AddsPolicy) -> Any:
    return select(
        *_columns(col(Unit.unit_id), col(Unit.unit_id), note="没有对应到企业微信的部门")
    ).where(col(Unit.removed_at).is_(None), col(Unit.department_id).is_(None))


def _standing_unit(unit_id: Any) -> ColumnElement[bool]:
    return exists().where(col(Unit.unit_id) == unit_id).where(col(Unit.removed_at).is_(None))


def _staff_of_no_unit(_: AddsPolicy) -> Any:
    return select(
        *_columns(
            col(Staff.staff_id),
            col(Staff.unit_id),
            staff=col(Staff.staff_id),
            note="所属机构不存在或已撤并",
        )
    ).where(_works(), ~_standing_unit(col(Staff.unit_id)))


def _customers_of_no_unit(_: AddsPolicy) -> Any:
    return select(
        *_columns(
            _number(col(Customer.id)),
            col(Customer.unit_id),
            customer=col(Customer.id),
            note="管理机构不存在或已撤并",
        )
    ).where(col(Customer.removed_at).is_(None), ~_standing_unit(col(Customer.unit_id)))


CHECKS: Final[tuple[Check, ...]] = (
    Check("leavers", MIGRATION, "离职、调岗员工的好友还没有接替", "在企业微信里办接替；办不成的在工单里逐个处理", _friends_of_leavers),
    Check("orphans", MIGRATION, "管户经理不在岗的客户", "重新分配管户，由第二人复核", _customers_of_leavers),
    Check("unbound", IDENTITY, "好友还没有对应到客户", "请客户打开实名绑定页，或由客户经理在备注里写手机号", _unbound),
    Check("conflicts", IDENTITY, "证据不一致，等人核对", "在工单里选定或否定", _conflicts),
    Check("unproven", IDENTITY, "已对应但不是实名方式", "请客户打开实名绑定页，或到店核对", _not_real_name),
    Check("ownerless", OWNERSHIP, "客户没有管户经理", "分配管户，或交远程团队", _without_owner),
    Check("mismatched", OWNERSHIP, "管户经理不是好友", "请管户经理添加客户，或调整归属", _mismatches),
    Check("accountless", ACCESS, "管着客户的员工没有企业微信账号", "在员工文件的“企业微信账号”一列补上", _without_wecom),
    Check("invisible", ACCESS, "企业微信里看不到的员工", "加入应用可见范围与“客户联系”使用范围，核对账号", _not_visible),
    Check("unmapped", ORGANISATION, "机构没有对应企业微信部门", "在机构文件里写部门编号", _units_apart),
    Check("homeless_staff", ORGANISATION, "员工所属机构已不存在", "导入新的员工文件", _staff_of_no_unit),
    Check("homeless", ORGANISATION, "客户所属机构已不存在", "导入新的客户文件，或做机构撤并", _customers_of_no_unit),
)  # fmt: skip
BY_ID: Final[Mapping[str, Check]] = {one.id: one for one in CHECKS}


async def counts(
    session: AsyncSession, policy: AddsPolicy, units: Collection[str] | None
) -> dict[str, int]:
    """How much is to be done for each check; one statement each, over everybody in ``units``."""
    found: dict[str, int] = {}
    for one in CHECKS:
        listed = one.rows(policy).subquery()
        query = select(func.count()).select_from(listed).where(*_within(session, listed, units))
        found[one.id] = int((await session.execute(query)).scalar_one())
    return found


async def page(
    session: AsyncSession,
    policy: AddsPolicy,
    check: Check,
    units: Collection[str] | None,
    *,
    after: str = "",
    limit: int = 50,
) -> list[Task]:
    """The next tasks of one check, by key."""
    listed = check.rows(policy).subquery()
    query = (
        select(listed)
        .where(listed.c.key > after, *_within(session, listed, units))
        .order_by(listed.c.key)
        .limit(limit)
    )
    return [
        Task(row.key, row.unit_id, row.staff_id, row.customer_id, row.external_userid, row.note)
        for row in await session.execute(query)
    ]


async def newest_real_name(session: AsyncSession) -> datetime | None:
    """When a customer last proved by a one-time code who they are."""
    query = select(func.max(col(Binding.at))).where(col(Binding.method) == Method.REAL_NAME)
    return (await session.execute(query)).scalar_one()


def _within(
    session: AsyncSession, listed: Any, units: Collection[str] | None
) -> list[ColumnElement[bool]]:
    return [] if units is None else [among(session, listed.c.unit_id, sorted(units))]
