"""Databases for one measurement, made and dropped on a server that runs."""

import secrets

import asyncpg
from sqlalchemy.engine import URL, make_url


async def fresh(server: URL) -> str:
    """The URL of a new, empty database on ``server``."""
    name = f"gengyun_bench_{secrets.token_hex(4)}"
    plain = server.set(drivername="postgresql")
    connection = await asyncpg.connect(plain.render_as_string(hide_password=False))
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    return plain.set(database=name).render_as_string(hide_password=False)


async def drop(server: URL, url: str) -> None:
    """Drop the database at ``url``, whoever still speaks to it."""
    plain = server.set(drivername="postgresql")
    connection = await asyncpg.connect(plain.render_as_string(hide_password=False))
    await connection.execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')
    await connection.close()
