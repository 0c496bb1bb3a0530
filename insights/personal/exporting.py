"""A person's data as a file: a cover to read, everything as JSON in Chinese."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from config.retention_policy import RetentionPolicy
from insights.personal.cover import TREATMENT, cover
from insights.personal.gathering import Part, gather
from insights.personal.labels import labelled
from kit.clock import BANK_TIME
from kit.ledger import Entry, append
from kit.personal_data import Person

DATA: Final = "个人信息.json"
COVER: Final = "封面.html"


async def export(
    session: AsyncSession,
    person: Person,
    *,
    number: str,
    unit: str,
    bank: str,
    retention: RetentionPolicy,
    actor: str,
    at: datetime,
) -> bytes:
    """The zip of one person's data; each call is one ledger entry with its SHA-256 and counts."""
    parts = await gather(session, person)
    data = _zipped(
        {
            COVER: cover(parts, retention, bank=bank, number=number, at=at).encode(),
            DATA: _json(parts, number=number, at=at),
        },
        at,
    )
    entry = Entry(
        kind="access",
        act="personal.exported",
        actor=actor,
        object=f"customer:{person.customer_id}",
        unit=unit,
        reason=number,
        payload={
            "sha256": hashlib.sha256(data).hexdigest(),
            "rows": {part.holds.table: len(part.rows) for part in parts if part.rows},
        },
    )
    await append(session, [entry], at=at)
    return data


def _json(parts: Sequence[Part], *, number: str, at: datetime) -> bytes:
    held = {
        "编号": number,
        "生成时间": at.astimezone(BANK_TIME).isoformat(timespec="seconds"),
        "类别": [
            {
                "名称": part.holds.title,
                "要求删除时": TREATMENT[part.holds.fate],
                "条数": len(part.rows),
                "内容": [labelled(row) for row in part.rows],
            }
            for part in parts
        ],
    }
    return orjson.dumps(held, default=str, option=orjson.OPT_INDENT_2)


def _zipped(files: dict[str, bytes], at: datetime) -> bytes:
    stamp = at.astimezone(BANK_TIME)
    moment = (stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=moment), content)
    return held.getvalue()
