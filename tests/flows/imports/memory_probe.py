"""Imports a customer file in a process of its own and prints the most memory it took, in MB.

``python -m tests.flows.imports.memory_probe DATABASE_URL FOLDER ROWS``
"""

import asyncio
import sys
from pathlib import Path

from bench.memory import most_memory_mb
from crm_sync.imports import import_file
from kit.crypto import FieldCipher
from kit.db import Database
from tests.flows.imports.given import AT, BY, UNITS, written
from tests.schema import import_every_model

CIPHER = FieldCipher(keys={1: b"k" * 32}, current=1, index_key=b"i" * 32)


def customers(path: Path, count: int) -> Path:
    """A customer file of that many rows."""
    with path.open("w", encoding="utf-8") as file:
        file.write("customer_no,name,phone,gender,born_on,unit_id,aum_yuan\n")
        for number in range(count):
            file.write(
                f"62{number:08d},客户{number},154{number:08d},F,19{number % 60 + 40}-03-0"
                f"{number % 9 + 1},01,{number}.50\n"
            )
    return path


async def main(url: str, folder: Path, count: int) -> int:
    """Import units and ``count`` customers, twice; the peak of memory in MB."""
    import_every_model()
    database = Database(url, CIPHER)
    await import_file(database, "units", written(folder / "units.csv", UNITS), by=BY, at=AT)
    path = customers(folder / "customers.csv", count)
    report = await import_file(database, "customers", path, by=BY, at=AT)
    again = await import_file(database, "customers", path, by=BY, at=AT)
    await database.close()
    if (report.counts.added, again.counts.unchanged) != (count, count):
        raise SystemExit(f"{report.counts} {again.counts}")
    return most_memory_mb()


if __name__ == "__main__":
    most = asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
    sys.stdout.write(f"{most}\n")
