"""Dimensions that are worked out from more than a column: age, unit, persona, tags, friends."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, false, func, literal, not_, or_, select, true
from sqlmodel import col

from config.conditions import Ask
from config.dimensions import STAGE_FROM
from crm_sync.models import (
    Contact,
    ContactWay,
    Coverage,
    Customer,
    Lead,
    PersonaMembership,
    Relation,
    Unit,
    WecomTag,
)
from crm_sync.repository.keys import unnested
from crm_sync.repository.people import OWNER, live
from crm_sync.rules.ages import earliest_birth, latest_birth
from crm_sync.rules.leads import STANDS
from crm_sync.segments.asking import Asking, Own, compared
from crm_sync.tiers import band_condition

_BORN: Final = col(Customer.born_on)


def age(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """Years of age, as birth dates: so the index on them serves."""
    if ask.op in ("known", "unknown"):
        return _BORN.is_(None) if ask.op == "unknown" else _BORN.is_not(None)
    low, high = _bounds(ask)
    parts = [latest_birth(low, asking.on) >= _BORN] if low is not None else []
    parts += [earliest_birth(high, asking.on) <= _BORN] if high is not None else []
    return and_(*parts)


def birth_year(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """The year of birth, as birth dates."""
    if ask.op in ("known", "unknown"):
        return _BORN.is_(None) if ask.op == "unknown" else _BORN.is_not(None)
    low, high = _bounds(ask)
    parts = [date(low, 1, 1) <= _BORN] if low is not None else []
    parts += [date(high, 12, 31) >= _BORN] if high is not None else []
    return and_(*parts)


def _bounds(ask: Ask) -> tuple[int | None, int | None]:
    """The lowest and the highest whole number that fit."""
    match ask.op:
        case "between":
            return ask.value[0], ask.value[1]
        case "eq":
            return ask.value, ask.value
        case "ge" | "gt":
            return ask.value + (ask.op == "gt"), None
        case _:
            return None, ask.value - (ask.op == "lt")


def stage_of(asking: Asking) -> Any:
    """The life stage as SQL: what the file says, else what the age gives; NULL where neither."""
    told = col(Customer.attributes)["life_stage"].as_string()
    rising = list(STAGE_FROM.items())
    by_age = case(
        *(
            (latest_birth(since, asking.on) >= _BORN, literal(stage))
            for stage, since in rising[::-1]
        )
    )
    return case((told.in_(STAGE_FROM), told), else_=by_age)


def life_stage(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """The life stage."""
    return compared(ask, stage_of(asking), asking)


def band(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """Named bands of assets; a band that the policy does not know holds nobody."""
    every = {one.name: one for one in asking.frame.tiers.band}
    if ask.op in ("known", "unknown"):
        inside = or_(false(), *(band_condition(one, asking.frame.tiers) for one in every.values()))
    else:
        inside = or_(
            false(),
            *(
                band_condition(every[name], asking.frame.tiers)
                for name in ask.value
                if name in every
            ),
        )
    return inside if ask.op in ("any", "known") else not_(func.coalesce(inside, false()))


def unit(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """The unit that manages the customer, or one above it."""
    known = select(col(Unit.unit_id))
    if ask.op not in ("known", "unknown"):
        known = known.where(
            or_(*(col(Unit.path).contains(f"/{one}/", autoescape=True) for one in ask.value))
        )
    inside = col(Customer.unit_id).in_(known)
    return inside if ask.op in ("any", "known") else not_(inside)


def _set(
    ask: Ask, asking: Asking, found: Any, key: Any, value: Any, *, wanted: Any = None
) -> ColumnElement[bool]:
    """Somebody for whom ``found`` has a row whose ``value`` is one of those asked for."""
    if ask.op not in ("known", "unknown"):
        found = found.where(value.in_(ask.value) if wanted is None else wanted)
    inside = asking.among(found, key)
    return inside if ask.op in ("any", "known") else not_(inside)


def owner(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """Who answers for the customer, by staff id."""
    found = select().select_from(Coverage).where(col(Coverage.kind) == OWNER)
    return _set(ask, asking, found, col(Coverage.customer_id), col(Coverage.staff_id))


def persona(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """The personas a customer is in at the last evaluation."""
    found = select().select_from(PersonaMembership)
    return _set(
        ask, asking, found, col(PersonaMembership.customer_id), col(PersonaMembership.persona)
    )


def lead(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """The finders that found the customer, as leads that stand."""
    found = select().select_from(Lead).where(col(Lead.state).in_(STANDS))
    return _set(ask, asking, found, col(Lead.customer_id), col(Lead.finder))


def _contacts() -> Any:
    """The living relations of bound contacts."""
    return (
        select()
        .select_from(Contact)
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .where(col(Contact.customer_id).is_not(None), live())
    )


def tag(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """Tags of others than us, by name, on any living relation."""
    marked = unnested(asking.session, col(Relation.tag_ids))
    theirs = select(col(WecomTag.tag_id)).where(
        col(WecomTag.ours).is_(False), col(WecomTag.removed_at).is_(None)
    )
    if ask.op in ("any", "none"):
        theirs = theirs.where(col(WecomTag.name).in_(ask.value))
    found = (
        select()
        .select_from(Contact)
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .join(marked, true())
        .where(col(Contact.customer_id).is_not(None), live(), marked.c.value.in_(theirs))
    )
    inside = asking.among(found, col(Contact.customer_id))
    return inside if ask.op in ("any", "known") else not_(inside)


def add_way(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """How the contact was added (获客来源)."""
    if ask.op in ("any", "none"):
        wanted = col(Relation.add_way).in_([int(one) for one in ask.value])
        return _set(ask, asking, _contacts(), col(Contact.customer_id), None, wanted=wanted)
    return _set(ask, asking, _contacts(), col(Contact.customer_id), None)


def channel(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """What the code was made for by which the contact was added."""
    found = (
        _contacts()
        .join(ContactWay, col(ContactWay.state) == col(Relation.state))
        .where(col(ContactWay.purpose) != "")
    )
    return _set(ask, asking, found, col(Contact.customer_id), col(ContactWay.purpose))


def friend(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """A member of staff follows a bound contact of the customer now."""
    inside = asking.among(_contacts(), col(Contact.customer_id))
    return inside if ask.value else not_(inside)


def outside_set(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """Values that another package knows (客户群)."""
    known = asking.outside.sets.get(ask.dim)
    if known is None:
        return false() if ask.op in ("any", "known") else true()
    rows = known.subquery()
    return _set(ask, asking, select().select_from(rows), rows.c.customer_id, rows.c.value)


COMPUTED: Final[Mapping[str, Own]] = {
    "add_way": add_way,
    "age": age,
    "band": band,
    "birth_year": birth_year,
    "channel": channel,
    "friend": friend,
    "group": outside_set,
    "lead": lead,
    "life_stage": life_stage,
    "owner": owner,
    "persona": persona,
    "tag": tag,
    "unit": unit,
}
