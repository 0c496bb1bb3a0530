"""What a bank's published data lacks: staff, ownership, contacts, consents, ratings, by a seed.

Everything made here is marked synthetic: each file travels with a mapping that says so, and
goes through the same import as a bank's own files. Nothing real is changed by it.
"""

import base64
import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any, Final

from simulator.bank.names import invented

SOURCE: Final = "synthetic-adoption"
SHANGHAI: Final = timezone(timedelta(hours=8))
CONTACT_SHARE: Final = 0.64
REAL_CLIENTS: Final = "fin_client.tsv"
CORP: Final[dict[str, Any]] = {
    "corp_id": "wwrealbanksample01",
    "name": "真实银行样例",
    "callback": None,
    "apps": [
        {
            "agent_id": 1_000_002,
            "secret": "sample-app-not-a-secret",
            "kind": "app",
            "customer_api": True,
        }
    ],
}
"""The simulated corp of a file ``wecom.json``; made up, like everybody in it."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A customer who is there already: number, unit, birth date."""

    customer_no: str
    unit_id: str
    born_on: date | None = None


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was written: the files with their kinds in the order of import, and the WeCom side."""

    files: tuple[tuple[str, Path, Path], ...]  # kind, file, mapping
    grants: tuple[dict[str, str], ...]
    wecom: tuple[dict[str, Any], ...] = field(repr=False)  # bodies of POST /_sim/load
    contacts: int = 0


def clients_of_real_bank(folder: Path) -> Iterator[Adopted]:
    """The customers of the PKDD'99 bank, as ``samples/real-bank/customers.toml`` names them."""
    with (folder / REAL_CLIENTS).open(encoding="utf-8", newline="") as file:
        for client_id, born, _gender, district in csv.reader(file, delimiter="\t", strict=True):
            yield Adopted(client_id, f"D{district:0>2}", date.fromisoformat(born))


def adopt(
    directory: Path,
    customers: Iterable[Adopted],
    *,
    seed: int,
    today: date,
    head_office: str = "hq",
) -> Adoption:
    """Write synthetic staff, ratings, ownership and consents for ``customers`` into ``directory``.

    ``today`` is the day on which the bank is looked at: ratings and consents lie before it, one
    rating in six has expired. The result also says who holds which role at head office and how
    the bank looks to WeCom (members, contacts with unionids that the ratings file knows too).
    """
    people = list(customers)
    units = sorted({one.unit_id for one in people})
    directory.mkdir(parents=True, exist_ok=True)
    staff = list(_staff(units, people, seed, head_office))
    managers = _managers(staff)
    owners = {
        one.customer_no: Random(f"{seed}/owner/{one.customer_no}").choice(managers[one.unit_id])
        for one in people
    }
    files = (
        _file(
            directory, "staff", "staff", _STAFF, (_staff_row(one) for one in staff), today=today
        ),
        _file(
            directory, "customers", "ratings", _RATINGS,
            (_rating(one, seed, today) for one in people), supplement=True, today=today,
        ),
        _file(
            directory, "assignments", "assignments", _ASSIGNMENTS,
            ((one.customer_no, owners[one.customer_no]["staff_id"], "owner") for one in people),
            today=today,
        ),
        _file(
            directory, "consents", "consents", _CONSENTS,
            (row for one in people for row in _consents(one, seed, today)),
            today=today,
        ),
    )  # fmt: skip
    contacts = [
        _contact(one, owners[one.customer_no]["userid"], seed, today)
        for one in people
        if Random(f"{seed}/contact/{one.customer_no}").random() < CONTACT_SHARE
    ]
    adoption = Adoption(
        files=files,
        grants=tuple(
            {"staff_id": one["staff_id"], "role": one["grant"], "unit_id": one["unit_id"]}
            for one in staff
            if one["grant"]
        ),
        wecom=tuple(_world(staff, contacts)),
        contacts=len(contacts),
    )
    (directory / "wecom.json").write_text(
        json.dumps([{"corp": CORP}, *adoption.wecom], ensure_ascii=False), encoding="utf-8"
    )
    return adoption


_STAFF: Final = ("staff_id", "name", "userid", "unit_id", "position", "licences", "roles")
_RATINGS: Final = ("customer_no", "risk_level", "risk_assessed_on", "phone", "unionid")
_ASSIGNMENTS: Final = ("customer_no", "staff_id", "kind")
_CONSENTS: Final = ("customer_no", "purpose", "given", "source", "at")


def _file(
    directory: Path,
    kind: str,
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    today: date,
    supplement: bool = False,
) -> tuple[str, Path, Path]:
    """One CSV with the mapping that marks it synthetic."""
    path, mapping = directory / f"{name}.csv", directory / f"{name}.toml"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    lines = [
        "# 合成数据：由种子生成，不是真实银行的数据。",
        f'kind = "{kind}"',
        f'source = "{SOURCE}"',
        f'source_date = "{today}"',
        "synthetic = true",
        *(['mode = "supplement"'] if supplement else []),
        "",
        "[columns]",
        *(f'{column} = {{ from = "{column}" }}' for column in header),
    ]
    mapping.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return kind, path, mapping


def _staff(
    units: Sequence[str], people: Sequence[Adopted], seed: int, head_office: str
) -> Iterator[dict[str, str]]:
    """Head office (operations, compliance, IT), then a manager for every 200 customers."""
    random = Random(f"{seed}/staff")
    counts = dict.fromkeys(units, 0)
    for one in people:
        counts[one.unit_id] += 1
    desks = [(head_office, "ops"), (head_office, "compliance"), (head_office, "it")]
    seats = [(unit, "") for unit in units for _ in range(1 + counts[unit] // 200)]
    for number, (unit_id, grant) in enumerate([*desks, *seats], start=1):
        name, spelling = invented(random, random.choice("FM"), random.randint(1972, 1998))
        yield {
            "staff_id": f"S{number:05d}",
            "name": name,
            "userid": f"{spelling}{number}",
            "unit_id": unit_id,
            "position": "客户经理" if not grant else "总行",
            "licences": "" if grant else "基金;理财",
            "roles": "" if grant else "rm",
            "grant": grant,
        }


def _staff_row(one: dict[str, str]) -> list[str]:
    return [one[name] for name in _STAFF]


def _managers(staff: Iterable[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for one in staff:
        if one["roles"]:
            found.setdefault(one["unit_id"], []).append(one)
    return found


def _rating(one: Adopted, seed: int, today: date) -> Sequence[object]:
    """A risk level, and the phone and WeChat identity under which WeCom will know the customer."""
    random = Random(f"{seed}/rating/{one.customer_no}")
    dice = random.random()
    phone, unionid = _phone(one), _identity("o", "unionid", one, seed, 27)
    if dice < 0.08:
        return one.customer_no, "", "", phone, unionid
    days = random.randint(366, 800) if dice < 0.24 else random.randint(3, 364)
    old = one.born_on is not None and today.year - one.born_on.year >= 65
    level = random.randint(1, 3 if old else 5)
    return one.customer_no, f"C{level}", today - timedelta(days=days), phone, unionid


def _consents(one: Adopted, seed: int, today: date) -> Iterator[Sequence[object]]:
    random = Random(f"{seed}/consent/{one.customer_no}")
    day = today - timedelta(days=random.randint(10, 400))
    for purpose, asked, agreed in (
        ("service", 1.0, 0.96),
        ("care", 0.9, 0.9),
        ("marketing", 0.8, 0.7),
    ):
        if random.random() < asked:
            given = int(random.random() < agreed)
            yield one.customer_no, purpose, given, "合成：按种子生成的授权", f"{day} 10:00:00"


def _contact(one: Adopted, userid: str, seed: int, today: date) -> dict[str, Any]:
    random = Random(f"{seed}/face/{one.customer_no}")
    since = datetime.combine(today - timedelta(days=random.randint(5, 700)), time(10), SHANGHAI)
    return {
        "external_userid": _identity("wm", "external", one, seed, 30),
        "name": f"客户{one.customer_no}",
        "unionid": _identity("o", "unionid", one, seed, 27),
        "followers": [
            {
                "userid": userid,
                "createtime": int(since.timestamp()),
                "remark": f"客户{one.customer_no}" if random.random() < 0.5 else "",
                "agreed": random.random() < 0.85,
            }
        ],
    }


def _world(
    staff: Sequence[dict[str, str]], contacts: Sequence[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    units = dict.fromkeys(one["unit_id"] for one in staff)
    departments = {unit_id: number for number, unit_id in enumerate(units, start=2)}
    yield {
        "departments": [
            {"id": 1, "name": "真实银行样例"},
            *({"id": number, "name": unit_id} for unit_id, number in departments.items()),
        ],
        "members": [
            {
                "userid": one["userid"],
                "name": one["name"],
                "departments": [departments[one["unit_id"]]],
                "position": one["position"],
            }
            for one in staff
        ],
    }
    for start in range(0, len(contacts), 1_000):
        yield {"customers": contacts[start : start + 1_000]}


def _phone(one: Adopted) -> str:
    """An invented number of 154, a prefix that is given to nobody."""
    digest = hashlib.blake2b(one.customer_no.encode(), digest_size=8).digest()
    return f"154{int.from_bytes(digest) % 100_000_000:08d}"


def _identity(prefix: str, kind: str, one: Adopted, seed: int, count: int) -> str:
    text = f"{seed}/{kind}/{one.customer_no}".encode()
    digest = hashlib.blake2b(text, digest_size=24).digest()
    return prefix + base64.b32encode(digest).decode().lower()[:count]
