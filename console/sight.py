"""What the asking person may see at the desk: units by the roles a page is for, and their names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from archive.facts import SearchScope
from community import repository as groups_of
from community.facts import GroupScope
from crm_sync.access import OVER_UNITS
from crm_sync.facts import UnitFact, Viewer
from crm_sync.repository.rosters import userids_in
from crm_sync.repository.staff import units as every_unit


@dataclass(frozen=True)
class Sight:
    """``units`` None: the whole bank. ``tree`` holds the units in sight, parents first."""

    units: frozenset[str] | None
    tree: tuple[UnitFact, ...]
    names: Mapping[str, str]
    chosen: str = ""

    def unit_name(self, unit_id: str | None) -> str:
        """A unit's name; its id where it has none in the unit file."""
        return self.names.get(unit_id or "", unit_id or "")

    @property
    def options(self) -> list[tuple[str, str]]:
        """The units to choose from, the first meaning all that is in sight."""
        everything = "全行" if self.units is None and not self.chosen else "全部机构"
        return [("", everything), *((unit.unit_id, unit.name) for unit in self.tree)]


async def sight_of(
    session: AsyncSession, viewer: Viewer, roles: tuple[str, ...], unit: str = ""
) -> Sight:
    """What ``viewer`` sees by the roles of a page, narrowed to ``unit`` and below.

    A unit that is out of sight gives the same as one that does not exist: nothing.
    """
    tree = await every_unit(session)
    names = {one.unit_id: one.name for one in tree}
    paths = {
        scope.path
        for scope in viewer.scopes
        if scope.role in roles and (scope.role in OVER_UNITS or scope.role == "it")
    }
    roots = {one.path for one in tree if one.parent_id is None}
    seen = [one for one in tree if any(one.path.startswith(path) for path in paths)]
    everything = bool(roots) and roots <= paths
    units = None if everything else frozenset(one.unit_id for one in seen)
    sight = Sight(units, tuple(seen), names)
    return narrowed(sight, unit) if unit else sight


def narrowed(sight: Sight, unit: str) -> Sight:
    """``sight`` within one unit and what is below it."""
    root = next((one for one in sight.tree if one.unit_id == unit), None)
    below = (
        frozenset(one.unit_id for one in sight.tree if one.path.startswith(root.path))
        if root is not None
        else frozenset()
    )
    return replace(sight, units=below, chosen=unit)


async def talks_in(session: AsyncSession, sight: Sight) -> SearchScope:
    """The talks in sight: of the staff of these units, and in their groups."""
    if sight.units is None:
        return SearchScope()
    userids = await userids_in(session, sight.units)
    scope = GroupScope(userids=userids, unit_ids=sight.units)
    return SearchScope(userids=userids, chat_ids=await groups_of.chat_ids(session, scope))


async def groups_in(session: AsyncSession, sight: Sight) -> GroupScope:
    """The groups in sight: owned by the staff of these units, or registered to one of them."""
    if sight.units is None:
        return GroupScope()
    return GroupScope(userids=await userids_in(session, sight.units), unit_ids=sight.units)
