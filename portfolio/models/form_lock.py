"""The lock of an archived transfer form, in the database itself: whoever writes, it stays as sealed.

An erasure may still take the whole row away; a change of it is refused, by raw SQL too.
"""

from typing import Final

from sqlalchemy import Connection, inspect, text

TRIGGER: Final = "transfer_form_sealed"
SAYS: Final = "transfer_form: a confirmed form is archived and never changes"
_SQLITE: Final = f"""
CREATE TRIGGER IF NOT EXISTS {TRIGGER} BEFORE UPDATE ON transfer_form
WHEN OLD.sealed <> ''
BEGIN SELECT RAISE(ABORT, '{SAYS}'); END
"""
_REFUSE: Final = f"""
CREATE OR REPLACE FUNCTION gengyun_form_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'restrict_violation'; END $$
"""
_POSTGRESQL: Final = f"""
CREATE OR REPLACE TRIGGER {TRIGGER} BEFORE UPDATE ON transfer_form
FOR EACH ROW WHEN (OLD.sealed <> '') EXECUTE FUNCTION gengyun_form_sealed()
"""


def install(connection: Connection) -> None:
    """Lay the lock down; running it again changes nothing.

    Called after every migration, because SQLite drops a table's triggers when it is rebuilt.
    """
    if not inspect(connection).has_table("transfer_form"):
        return
    if connection.dialect.name == "sqlite":
        connection.execute(text(_SQLITE))
        return
    connection.execute(text(_REFUSE))
    connection.execute(text(_POSTGRESQL))
