"""Row-level security on PostgreSQL: what ``access`` decides holds even where a query forgets it.

Pages at a desk and beside the chat run their transaction as the role ``gengyun_desk``, which sees
the customers in the viewer's scope and what hangs on them, and nothing else. Jobs, handlers,
imports and commands keep the application's own role. On SQLite, a profile of one process, there
is no such thing. Why it is made and called where it is: decision 0013.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection, Text, func, inspect, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.access import unit_condition
from crm_sync.facts import Viewer
from crm_sync.models import IMAGES, Unit
from kit.db import is_postgresql
from kit.errors import ConfigurationRefused

ROLE: Final = "gengyun_desk"
_RESTRICTED: Final = "desk"
_AS_DESK: Final = text(f"SET LOCAL ROLE {ROLE}")
_AS_APPLICATION: Final = text("SET LOCAL ROLE NONE")
HANGING: Final = (
    "activation",
    "activation_step",
    "allocation_claim",
    "allocation_line",
    "allow_entry",
    "attendance",
    "behaviour_signal",
    "benefit_grant",
    "benefit_year",
    "channel_word",
    "contact_standing",
    "coverage",
    "coverage_end",
    "customer_event",
    "customer_flow",
    "customer_snapshot",
    "customer_standing",
    "daily_contact",
    "farm_record",
    "holding",
    "lead",
    "parking",
    "persona_membership",
    "persona_refusal",
    "reading",
    "recall",
    "scorecard_line",
    "transfer_form",
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
_COVERED: Final = """
CREATE OR REPLACE FUNCTION gengyun_covered() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public ROWS 300 AS $$
    SELECT c.customer_id FROM coverage c
    WHERE c.kind = ANY (string_to_array(current_setting('gengyun.book', true), ','))
      AND c.staff_id = current_setting('gengyun.staff', true)
$$
"""
_WHOLE: Final = "(SELECT current_setting('gengyun.whole', true)) = '1'"
# Every sub-select stands alone, so that it is evaluated once a query and hashed, not once a row.
_UNITS: Final = """(SELECT jsonb_array_elements_text(
        coalesce(nullif(current_setting('gengyun.units', true), ''), '[]')::jsonb))"""
_IN_SCOPE: Final = f"""
    {_WHOLE}
    OR unit_id IN {_UNITS}
    OR account_unit_id IN {_UNITS}
    OR id IN (SELECT gengyun_covered())
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


def lift(connection: Connection) -> None:
    """Take the policies away before a migration; without them the role for desks sees nobody.

    Because a table or column that a policy names can be neither dropped nor changed.
    """
    if connection.dialect.name != "postgresql":
        return
    standing = text("SELECT tablename FROM pg_policies WHERE policyname = 'desk'")
    for table in connection.execute(standing).scalars().all():
        connection.execute(text(f'DROP POLICY desk ON "{table}"'))


def install(connection: Connection) -> None:
    """Make the role, its rights and the policies; running it again changes nothing.

    Called after every migration. Nothing on SQLite, nor while there are no tables. Raises
    DeskRoleMissing where the role is missing and may not be made.
    """
    if connection.dialect.name != "postgresql":
        return
    there = set(inspect(connection).get_table_names())
    if not {"customer", "coverage"} <= there:
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
        _COVERED,
    ):
        connection.execute(text(statement))
    _policy(connection, "customer", _IN_SCOPE)
    for table in (one for one in HANGING if one in there):
        owner = f"customer.id = {table}.customer_id"
        visible = f"{_WHOLE} OR EXISTS (SELECT 1 FROM customer WHERE {owner})"  # noqa: S608
        _policy(connection, table, visible)
    for image in (one.name for one in IMAGES.values() if one.name in there):
        _policy(connection, image, "false")  # no page reads what rows were before an import


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
    """Let the rest of this transaction see what ``viewer`` may know of, and no more.

    One statement, because every page pays for it. Raises DeskRoleMissing where the database
    user may not become the role: a page that cannot be restricted is not answered.
    """
    if not is_postgresql(session):
        return
    units: Any = literal("[]")
    if not viewer.whole_bank:
        reached = select(func.jsonb_agg(col(Unit.unit_id)).cast(Text)).where(
            unit_condition(viewer, col(Unit.unit_id))
        )
        units = func.coalesce(reached.scalar_subquery(), "[]")
    settings: dict[str, Any] = {
        "gengyun.staff": viewer.staff_id,
        "gengyun.units": units,
        "gengyun.whole": "1" if viewer.whole_bank else "0",
        "gengyun.book": ",".join(sorted(viewer.opens)) if "rm" in viewer.roles else "",
        "role": ROLE,  # what SET LOCAL ROLE sets
    }
    try:
        await session.execute(
            select(*(func.set_config(name, value, True) for name, value in settings.items()))
        )
    except DBAPIError as error:
        raise DeskRoleMissing from error
    session.info[_RESTRICTED] = True


@asynccontextmanager
async def beyond_scope(session: AsyncSession) -> AsyncIterator[None]:
    """See every customer for the length of the block, then the viewer's scope again.

    For a judgement that must weigh people whom the viewer may not know of and that tells nothing
    of them: a group post is judged by the most protected person in the group, whoever that is.
    """
    if not session.info.get(_RESTRICTED):
        yield
        return
    await session.execute(_AS_APPLICATION)
    try:
        yield
    except BaseException:
        # A failed transaction refuses this too: then nothing can be read from it any more.
        with suppress(DBAPIError):
            await session.execute(_AS_DESK)
        raise
    await session.execute(_AS_DESK)
