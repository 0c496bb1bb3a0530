"""Row-level security on PostgreSQL: what ``access`` decides holds even where a query forgets it.

Pages at a desk run their transaction as the role ``gengyun_desk``, which sees the customers in
the viewer's scope and what hangs on them, and nothing else. Jobs, handlers and imports keep the
application's own role. On SQLite, a profile of one process, there is no such thing.
"""

from typing import Any, Final

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.access import unit_condition
from crm_sync.facts import Viewer
from crm_sync.models import Unit
from kit.db import is_postgresql
from kit.errors import ConfigurationRefused

ROLE: Final = "gengyun_desk"
HANGING: Final = (
    "coverage",
    "coverage_end",
    "customer_event",
    "customer_snapshot",
    "holding",
    "persona_membership",
    "persona_refusal",
)
"""Tables whose rows are visible with the customer in their ``customer_id``."""

_MAKE_ROLE: Final = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
_COVERS: Final = """
CREATE OR REPLACE FUNCTION gengyun_covers(customer bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT 1 FROM coverage c WHERE c.customer_id = customer
                   AND c.staff_id = current_setting('gengyun.staff', true))
$$
"""
# The settings are read in sub-selects so that they are evaluated once a query, not once a row.
_IN_SCOPE: Final = """
    (SELECT current_setting('gengyun.whole', true)) = '1'
    OR unit_id = ANY ((SELECT string_to_array(current_setting('gengyun.units', true), ','))::text[])
    OR account_unit_id
       = ANY ((SELECT string_to_array(current_setting('gengyun.units', true), ','))::text[])
    OR ((SELECT current_setting('gengyun.book', true)) = '1' AND gengyun_covers(id))
"""


class DeskRoleMissing(ConfigurationRefused):
    """The role for desks does not exist and this database user may not make it."""

    code = "E-1032"

    def __init__(self) -> None:
        super().__init__(
            f"数据库里没有角色 {ROLE}，当前用户也无权建立",
            where="PostgreSQL",
            do=f"请数据库管理员执行：CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO 本系统的数据库用户;",
        )


def install(connection: Connection) -> None:
    """Make the role, its rights and the policies; running it again changes nothing.

    To be called after the tables exist, by the migration. Nothing on SQLite. Raises
    DeskRoleMissing where the role is missing and may not be made.
    """
    if connection.dialect.name != "postgresql":
        return
    try:
        with connection.begin_nested():
            connection.execute(text(_MAKE_ROLE))
            connection.execute(text(f"GRANT {ROLE} TO CURRENT_USER"))
    except DBAPIError:
        if not _belongs(connection):
            raise DeskRoleMissing from None
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {ROLE}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ROLE}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
        f" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {ROLE}",
        _COVERS,
    ):
        connection.execute(text(statement))
    _policy(connection, "customer", _IN_SCOPE)
    for table in HANGING:
        owner = f"customer.id = {table}.customer_id"
        _policy(connection, table, f"EXISTS (SELECT 1 FROM customer WHERE {owner})")  # noqa: S608


def _belongs(connection: Connection) -> bool:
    member = text(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)"
        " AND pg_has_role(CURRENT_USER, :role, 'MEMBER')"
    )
    return bool(connection.execute(member, {"role": ROLE}).scalar_one())


def _policy(connection: Connection, table: str, visible: str) -> None:
    for statement in (
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'DROP POLICY IF EXISTS desk ON "{table}"',
        f'CREATE POLICY desk ON "{table}" TO {ROLE} USING ({visible})',
    ):
        connection.execute(text(statement))


async def restrict(session: AsyncSession, viewer: Viewer) -> None:
    """Let the rest of this transaction see what ``viewer`` may know of, and no more."""
    if not is_postgresql(session):
        return
    units: list[str] = []
    if not viewer.whole_bank:
        reached = select(col(Unit.unit_id)).where(unit_condition(viewer, col(Unit.unit_id)))
        units = list((await session.execute(reached)).scalars())
    settings: dict[str, Any] = {
        "staff": viewer.staff_id,
        "units": ",".join(units),
        "whole": "1" if viewer.whole_bank else "0",
        "book": "1" if "rm" in viewer.roles else "0",
    }
    await session.execute(
        text(
            "SELECT set_config('gengyun.staff', :staff, true),"
            " set_config('gengyun.units', :units, true),"
            " set_config('gengyun.whole', :whole, true),"
            " set_config('gengyun.book', :book, true)"
        ),
        settings,
    )
    await session.execute(text(f"SET LOCAL ROLE {ROLE}"))
