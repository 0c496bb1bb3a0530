"""The bank as a whole: its units, its staff, its day, drawn once from a seed."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from random import Random
from typing import Final

from simulator.bank.names import invented

NAMED_BRANCHES: Final = (
    "翠湖", "滨江", "高新", "城南", "柳林", "东坝", "西园", "北苑", "南桥", "青石", "枫桥", "梅岭",
    "云台", "古城", "大学城", "火车站", "建设路", "人民路", "解放路", "中山路", "学府", "科技园",
    "开发区", "新港", "临溪", "石桥镇", "白沙镇",
)  # fmt: skip
COUNTY: Final = frozenset({"石桥镇", "白沙镇"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as the file has it."""

    unit_id: str
    name: str
    parent_id: str
    kind: str
    department_id: int
    county: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff as the file has it; ``grants`` are given by a person, not by the file."""

    staff_id: str
    name: str
    userid: str
    unit_id: str
    position: str
    licences: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    active: bool = True


HEAD_OFFICE: Final = (
    Member("000101", "王珊", "wangshan", "hq", "总行零售运营", grants=("ops",)),
    Member("000102", "张帆", "zhangfan", "hq", "总行零售内容", grants=("ops",)),
    Member("000103", "刘洋", "liuyang", "hq", "总行零售业务复核", grants=("ops",)),
    Member("000104", "何静", "hejing", "hq", "总行合规审计", grants=("compliance",)),
    Member("000105", "罗敏", "luomin", "hq", "总行内审", grants=("compliance",)),
    Member("000106", "周晨", "zhouchen", "hq", "总行消费者权益保护", grants=("compliance",)),
    Member("000107", "高远", "gaoyuan", "hq", "科技部管理员", grants=("it",)),
)
LEAD_BRANCH: Final = (
    ("003101", "孙涛", "suntao", "支行行长", ()),
    ("003127", "李敏", "limin", "贵宾理财经理", ("基金", "保险", "理财")),
    ("003128", "郑凯", "zhengkai", "低柜理财经理", ("基金", "理财")),
    ("003129", "吴丹", "wudan", "贵宾理财经理", ("基金", "理财")),
    ("003130", "马超", "machao", "低柜理财经理", ("理财",)),
    ("003131", "何磊", "helei", "客户经理", ("基金", "理财")),
)
POSITIONS: Final = ("低柜理财经理", "客户经理", "贵宾理财经理", "低柜理财经理")
"""The positions of relationship managers, in turn."""
PERSONAS: Final = ("老年", "宝妈", "90后", "健身", "长跑", "读书", "股市", "商贸", "县域")


@dataclass(frozen=True)
class Bank:
    """A synthetic bank: everything about it follows from these values."""

    seed: int
    customers: int
    branches: int
    staff: int
    today: date
    managed: bool = False  # as rich as those whom managers look after

    def random(self, *about: int | str) -> Random:
        """The dice of one part of the bank, the same for the same seed."""
        return Random(f"{self.seed}/{'/'.join(map(str, about))}")

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Head office, the branches, and an outlet of every third branch."""
        units = [Unit("hq", "青禾银行总行", "", "hq", 1)]
        outlets = []
        for number in range(1, self.branches + 1):
            name = NAMED_BRANCHES[number - 1] if number <= len(NAMED_BRANCHES) else f"第{number}"
            code, county = f"{number:02d}", name in COUNTY or number % 13 == 0
            units.append(Unit(code, f"{name}支行", "hq", "branch", number + 1, county))
            if number % 3 == 1:
                outlets.append(
                    Unit(
                        f"{code}01",
                        f"{name}社区网点",
                        code,
                        "outlet",
                        self.branches + number + 1,
                        county,
                    )
                )
        return (*units, *outlets)

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Head office, a head for every branch, relationship managers for the rest."""
        random = self.random("staff")
        members = list(HEAD_OFFICE)
        members += [
            Member(
                staff_id, name, userid, "01", position, licences,
                PERSONAS[:2] if userid == "limin" else (),
                ("branch",) if position == "支行行长" else ("rm",),
            )
            for staff_id, name, userid, position, licences in LEAD_BRANCH
        ]  # fmt: skip
        taken = {member.userid for member in members}
        places = [unit for unit in self.units if unit.kind != "hq"]
        heads = [unit for unit in self.units if unit.kind == "branch" and unit.unit_id != "01"]
        number = 0
        while len(members) < self.staff:
            head = number < len(heads)
            unit = heads[number] if head else places[(number - len(heads)) % len(places)]
            number += 1
            members.append(self._member(random, 3200 + number, unit, head, taken))
        return tuple(members)

    def _member(
        self, random: Random, number: int, unit: Unit, head: bool, taken: set[str]
    ) -> Member:
        name, spelling = invented(
            random, random.choice("FFM"), random.randint(1972 if head else 1984, 1998)
        )
        userid, copy = spelling, 1
        while userid in taken:
            copy += 1
            userid = f"{spelling}{copy}"
        taken.add(userid)
        licences = ("基金", "理财", "保险")[: random.choice((1, 2, 2, 3))]
        return Member(
            staff_id=f"{number:06d}",
            name=name,
            userid=userid,
            unit_id=unit.unit_id,
            position="支行行长" if head else POSITIONS[number % len(POSITIONS)],
            licences=() if head else licences,
            personas=()
            if head
            else tuple(sorted(random.sample(PERSONAS, random.choice((0, 1, 2))))),
            roles=("branch",) if head else ("rm",),
        )

    @cached_property
    def managers(self) -> dict[str, tuple[Member, ...]]:
        """The relationship managers of every unit that has some."""
        found: dict[str, list[Member]] = {}
        for member in self.members:
            if "rm" in member.roles:
                found.setdefault(member.unit_id, []).append(member)
        return {unit_id: tuple(members) for unit_id, members in found.items()}

    @cached_property
    def places(self) -> tuple[Unit, ...]:
        """The units that hold customers."""
        return tuple(unit for unit in self.units if unit.unit_id in self.managers)


def found(
    *,
    seed: int,
    customers: int,
    branches: int = 27,
    staff: int | None = None,
    today: date,
    managed: bool = False,
) -> Bank:
    """A bank of that size. Without ``staff``, a manager for every 400 customers and no fewer
    than eleven people a branch (316 in all for 27 branches)."""
    if customers < 1 or branches < 1:
        raise ValueError("a bank has at least one branch and one customer")
    enough = max(branches * 11 + 19, customers // 400 + branches + len(HEAD_OFFICE))
    least = len(HEAD_OFFICE) + len(LEAD_BRANCH) + branches - 1
    people = max(enough if staff is None else staff, least)
    return Bank(seed, customers, branches, people, today, managed)
