"""POST /_sim/generate: a corp of a given size, the same for the same seed."""

from random import Random

from simulator.wecom.control import people
from simulator.wecom.control.kit import Order
from simulator.wecom.errors import Json
from simulator.wecom.world import World

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志远文博思雨子涵"
TIERS = ("普通", "金卡", "白金", "钻石", "私行")
YEAR_S = 365 * 86_400


class GenerateOrder(Order):
    """How many of each; members spread over branches of about ten."""

    seed: int = 1
    members: int = 10
    customers: int = 200
    groups: int = 2
    group_size: int = 20
    agreed_share: float = 0.8


def generate(world: World, order: GenerateOrder) -> Json:
    """Branches, members rm0001…, customers with tags and one follower each, groups."""
    random = Random(order.seed)
    branches = max(1, order.members // 10)
    people.make_departments(
        world,
        [
            people.DepartmentOrder(id=1, name="总行"),
            *(people.DepartmentOrder(id=n + 1, name=f"第{n}支行") for n in range(1, branches + 1)),
        ],
    )
    members = [
        people.MemberOrder(
            userid=f"rm{n:04d}",
            name=_name(random),
            departments=[2 + n % branches],
            position="客户经理",
        )
        for n in range(1, order.members + 1)
    ]
    people.make_members(world, members)
    tags = people.make_tags(
        world,
        [
            people.TagGroupOrder(
                name="客户等级", tags=[people.TagOrder(name=tier) for tier in TIERS]
            )
        ],
    )
    tag_ids = [tag["id"] for tag in tags["tag_groups"][0]["tags"]]
    now = int(world.now())
    customers = [
        people.CustomerOrder(
            name=_name(random),
            gender=random.choice((0, 1, 2)),
            followers=[
                people.FollowerOrder(
                    userid=random.choice(members).userid,
                    createtime=now - random.randrange(YEAR_S),
                    tags=[random.choice(tag_ids)],
                    agreed=random.random() < order.agreed_share,
                )
            ],
        )
        for _ in range(order.customers)
    ]
    made = people.make_customers(world, customers)["external_userids"]
    rooms = people.make_groups(world, _groups(order, random, members, made))["chat_ids"]
    return {"members": len(members), "customers": len(made), "groups": len(rooms)}


def _groups(
    order: GenerateOrder, random: Random, members: list[people.MemberOrder], customers: list[str]
) -> list[people.GroupOrder]:
    size = min(order.group_size, len(customers))
    return [
        people.GroupOrder(
            name=f"理财交流{n}群",
            owner=random.choice(members).userid,
            members=[
                people.SeatOrder(userid=external_userid, agreed=True)
                for external_userid in random.sample(customers, size)
            ],
        )
        for n in range(1, order.groups + 1)
    ]


def _name(random: Random) -> str:
    return random.choice(SURNAMES) + "".join(random.sample(GIVEN, random.choice((1, 2))))
