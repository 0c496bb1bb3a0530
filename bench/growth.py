"""How the import grows with the bank: sizes one after the other, each in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from bench.servers import ROOT, python


def grown(sizes: Sequence[int], database: str, server: str | None) -> list[dict[str, Any]]:
    """One import of each size on each database, each size in a process of its own."""
    found = []
    for size in sizes:
        command = python("-m", "bench.imports", "--customers", str(size), "--json", "--only-import")
        command += ["--database", database, *(("--server", server) if server else ())]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found.append({"customers": size} | json.loads(done.stdout))
    return found


def say_growth(found: Sequence[dict[str, Any]]) -> None:
    """A line a size: seconds, rate, memory, and how much more time than rows since the first."""
    for name in ("sqlite", "postgresql"):
        if name not in found[0]:
            continue
        first = found[0]
        for one in found:
            rows, took = sum(one["rows"].values()), one[name]["seconds"]["import"]
            times = took / first[name]["seconds"]["import"]
            sizes = rows / sum(first["rows"].values())
            sys.stdout.write(
                f"{name}: {one['customers']:>10,} customers, {rows:>10,} rows in {took} s,"
                f" {rows / took:,.0f} rows/s, at most {one['most_memory_mb']} MB;"
                f" time × {times:.2f} for rows × {sizes:.2f}: {times / sizes:.2f}\n"
            )
