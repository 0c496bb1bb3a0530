"""The allocators: familiarity, balance, level, persona and direct team; pure, each with its words.

Whoever answers for a customer and fits keeps them. Where a method finds nobody for a customer
without an owner, balance takes its place, so that only a unit without people leaves somebody out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from config.ownership_policy import Level, OwnershipPolicy
from crm_sync.facts import Placing, Seat
from portfolio.allocation.bench import Bench
from portfolio.allocation.facts import Familiar, Given, Method

NOBODY: AbstractSet[str] = frozenset()


@dataclass(frozen=True)
class Task:
    """What an allocator works on.

    ``scopes``: for each unit the widening circles of units from which a receiver may come, the
    own unit first. ``bars``: who may not receive a customer (from whom they were recalled).
    """

    placings: Sequence[Placing]
    seats: Sequence[Seat]
    scopes: Mapping[str, Sequence[AbstractSet[str]]]
    policy: OwnershipPolicy
    names: Mapping[str, str] = field(default_factory=dict)
    relation: str = "owner"
    reallocate: bool = False
    familiar: Mapping[int, Mapping[str, Familiar]] = field(default_factory=dict)
    bars: Mapping[int, AbstractSet[str]] = field(default_factory=dict)

    def stays(self, one: Placing) -> bool:
        """Whoever answers for the customer now may go on, as far as this list is concerned."""
        barred = one.holder in self.bars.get(one.customer_id, NOBODY)
        return one.holder is not None and one.holder_serves and not barred

    def unit_name(self, unit_id: str) -> str:
        """A unit's name; its id where it has none."""
        return self.names.get(unit_id, unit_id)


def allocate(method: Method, task: Task) -> list[Given]:
    """What ``method`` says of every customer of the task, the largest assets first."""
    bench = Bench(task.seats, cap=task.policy.balance.most_customers)
    if task.reallocate:
        for one in task.placings:
            bench.free(one.holder)
    one_of = _METHODS[method]
    ranked = sorted(task.placings, key=lambda one: (-(one.aum_fen or 0), one.customer_id))
    return [_taken(task, bench, one, one_of(task, bench, one)) for one in ranked]


def _taken(task: Task, bench: Bench, one: Placing, given: Given) -> Given:
    if given.staff_id is None:
        return given
    if given.kept:
        if task.reallocate:
            bench.give(given.staff_id, one.aum_fen)  # who was freed for the making of the plan
        return given
    bench.give(given.staff_id, one.aum_fen)
    if given.staff_id == one.holder and one.holder_serves:
        return Given(one.customer_id, one.holder, given.reason, kept=True)
    return given


def _kept(one: Placing, reason: str) -> Given:
    return Given(one.customer_id, one.holder, reason, kept=True)


def _least(
    task: Task,
    bench: Bench,
    one: Placing,
    name: str,
    fits: Callable[[Seat], bool],
) -> tuple[Seat, str] | None:
    """The least loaded person who fits, from the nearest circle that has one; and the circle."""
    bars = task.bars.get(one.customer_id, NOBODY)
    for place, circle in enumerate(task.scopes.get(one.unit_id, ())):

        def members(circle: AbstractSet[str] = circle) -> Iterable[Seat]:
            return (seat for seat in task.seats if seat.unit_id in circle and fits(seat))

        seat = bench.least((name, one.unit_id if place == 0 else circle), members, bars)
        if seat is not None:
            where = f"{task.unit_name(one.unit_id)}内" if place == 0 else "上级机构范围内"
            return seat, where
    return None


def _balanced(task: Task, bench: Bench, one: Placing, because: str = "") -> Given:
    found = _least(task, bench, one, "anybody", lambda seat: True)
    if found is None:
        return Given(one.customer_id, None, _why_nobody(task, one))
    seat, where = found
    load = bench.load(seat.staff_id)
    reason = f"{because}均衡分配：{seat.name}现管 {load} 户，{where}最少"
    return Given(one.customer_id, seat.staff_id, reason)


def _why_nobody(task: Task, one: Placing) -> str:
    circles = task.scopes.get(one.unit_id, ())
    if not circles:
        return "客户不归本方案的机构管理"
    if not any(seat.unit_id in circles[-1] for seat in task.seats):
        return f"{task.unit_name(one.unit_id)}和上级机构都没有可接收客户的岗位"
    most = task.policy.balance.most_customers
    return f"可接收的人都到了每人 {most} 户的上限，或是刚收回这位客户的原管户人"


def _balance(task: Task, bench: Bench, one: Placing) -> Given:
    if task.stays(one) and not task.reallocate:
        return _kept(one, "已有管户人")
    return _balanced(task, bench, one)


def _familiarity(task: Task, bench: Bench, one: Placing) -> Given:
    policy = task.policy.familiarity
    bars = task.bars.get(one.customer_id, NOBODY)
    known = [
        (familiar.points, staff_id == one.holder, -bench.load(staff_id), staff_id, familiar)
        for staff_id, familiar in task.familiar.get(one.customer_id, {}).items()
        if staff_id in bench.seats
        and staff_id not in bars
        and familiar.points >= policy.least
        and (staff_id == one.holder or not bench.full(staff_id))
    ]
    if not known:
        if task.stays(one):
            return _kept(one, "没有更熟悉的人")
        return _balanced(task, bench, one, "没有人熟悉这位客户，改按")
    points, _, _, staff_id, familiar = max(known, key=lambda each: (each[:3], each[3]))
    if staff_id == one.holder and task.stays(one):
        return _kept(one, "现管户人最熟悉")
    reason = f"熟悉度 {points} 分：{'、'.join(familiar.why)}"
    return Given(one.customer_id, staff_id, reason[:200])


def _level(task: Task, bench: Bench, one: Placing) -> Given:
    levels = task.policy.levels
    fen = one.aum_fen if levels.measure == "point" else one.average_fen
    level = levels.of(fen)
    if level is None:
        if task.stays(one):
            return _kept(one, "没有对应的层级")
        return _balanced(task, bench, one, "资产没有对应的层级，")
    holder = bench.seats.get(one.holder or "")
    if task.stays(one) and holder is not None and holder.position in level.positions:
        return _kept(one, f"已由{level.name}管户")
    found = _least(task, bench, one, level.name, lambda seat: seat.position in level.positions)
    if found is None:
        missing = f"范围内没有能接收的{level.name}，"
        if task.stays(one):
            return Given(one.customer_id, None, f"{missing}暂由原管户人继续管")
        return _balanced(task, bench, one, missing)
    seat, where = found
    reason = f"层级对应：{_span(level)} → {level.name}；{seat.name}现管 {bench.load(seat.staff_id)} 户，{where}最少"
    return Given(one.customer_id, seat.staff_id, reason)


def _span(level: Level) -> str:
    low = f"{level.from_yuan / 10_000:g}"
    if level.below_yuan is None:
        return f"{low} 万以上"
    return f"{low}–{level.below_yuan / 10_000:g} 万"


def match_points(seat: Seat, persona: str, policy: OwnershipPolicy) -> int:
    """How well a person's interest and skill fit a persona, in points."""
    match = policy.persona_match
    needs = set(match.skills.get(persona, ()))
    points = match.skill * len(needs & set(seat.licences))
    return points + (match.interest if persona in seat.personas else 0)


def _persona(task: Task, bench: Bench, one: Placing) -> Given:
    policy = task.policy
    if not one.persona:
        if task.stays(one):
            return _kept(one, "没有主客群")
        return _unmatched(task, bench, one, "客户还没有主客群")
    bars = task.bars.get(one.customer_id, NOBODY)
    for points in _ranks(task, one.persona):

        def members(points: int = points) -> Iterable[Seat]:
            return (
                seat for seat in task.seats if match_points(seat, one.persona, policy) == points
            )

        holder = bench.seats.get(one.holder or "")
        if (
            holder
            and task.stays(one)
            and match_points(holder, one.persona, policy) == points
            and not task.reallocate
        ):
            return _kept(one, "现在的人最合适")
        seat = bench.least(("persona", one.persona, points), members, bars)
        if seat is not None:
            return Given(one.customer_id, seat.staff_id, _fit(seat, one.persona, policy, points))
    if task.stays(one):
        return _kept(one, "没有更合适的人")
    return _unmatched(task, bench, one, f"没有人擅长“{one.persona}”客群，或都到了户数上限")


def _unmatched(task: Task, bench: Bench, one: Placing, why: str) -> Given:
    if task.relation == "owner":
        return _balanced(task, bench, one, f"{why}，改按")
    return Given(one.customer_id, None, why)


def _ranks(task: Task, persona: str) -> list[int]:
    least = task.policy.persona_match.least
    points = {match_points(seat, persona, task.policy) for seat in task.seats}
    return sorted((one for one in points if one >= least), reverse=True)


def _fit(seat: Seat, persona: str, policy: OwnershipPolicy, points: int) -> str:
    why = [f"擅长“{persona}”"] if persona in seat.personas else []
    skills = sorted(set(policy.persona_match.skills.get(persona, ())) & set(seat.licences))
    if skills:
        why.append(f"有{'、'.join(skills)}资质")
    return f"客群匹配 {points} 分：{seat.name}{'，'.join(why)}"


def _direct(task: Task, bench: Bench, one: Placing) -> Given:
    if task.stays(one) and one.holder in bench.seats:
        return _kept(one, "已由直营团队管户")
    bars = task.bars.get(one.customer_id, NOBODY)
    seat = bench.least("direct", lambda: task.seats, bars)
    if seat is None:
        return Given(one.customer_id, None, "远程直营团队没有人，或都到了户数上限")
    load = bench.load(seat.staff_id)
    return Given(one.customer_id, seat.staff_id, f"远程直营：{seat.name}现管 {load} 户，团队里最少")


_METHODS: Mapping[Method, Callable[[Task, Bench, Placing], Given]] = {
    Method.FAMILIARITY: _familiarity,
    Method.BALANCE: _balance,
    Method.LEVEL: _level,
    Method.PERSONA: _persona,
    Method.DIRECT: _direct,
}
