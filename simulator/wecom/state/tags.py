"""Corp tags in groups, with who made them (api.md 4)."""

from dataclasses import dataclass, field

CONSOLE = 0


@dataclass(slots=True)
class Tag:
    """One corp tag; ``made_by`` is an agent id, CONSOLE for the console."""

    id: str
    name: str
    create_time: int
    order: int = 0
    made_by: int = CONSOLE
    deleted: bool = False


@dataclass(slots=True)
class TagGroup:
    """A group of tags; larger order stands first."""

    id: str
    name: str
    create_time: int
    order: int = 0
    made_by: int = CONSOLE
    deleted: bool = False
    tags: dict[str, Tag] = field(default_factory=dict)

    def living(self) -> list[Tag]:
        """Tags that were not deleted, in display order."""
        return sorted((t for t in self.tags.values() if not t.deleted), key=lambda t: -t.order)


class TagShelf:
    """All tag groups."""

    def __init__(self) -> None:
        self.groups: dict[str, TagGroup] = {}
        self._home: dict[str, TagGroup] = {}

    def add_group(self, group: TagGroup) -> None:
        """Put a new group on the shelf."""
        self.groups[group.id] = group

    def add(self, group: TagGroup, tag: Tag) -> None:
        """Put a tag into a group."""
        group.tags[tag.id] = tag
        self._home[tag.id] = group

    def living_groups(self) -> list[TagGroup]:
        """Groups that were not deleted, in display order."""
        return sorted((g for g in self.groups.values() if not g.deleted), key=lambda g: -g.order)

    def tag(self, tag_id: str) -> Tag | None:
        """A living tag by id."""
        group = self._home.get(tag_id)
        tag = group.tags[tag_id] if group else None
        return None if tag is None or tag.deleted else tag

    def home(self, tag_id: str) -> TagGroup | None:
        """The group of a tag, living or not."""
        return self._home.get(tag_id)

    def named(self, name: str) -> TagGroup | None:
        """A living group by name."""
        return next((g for g in self.living_groups() if g.name == name), None)

    def count(self) -> int:
        """Living tags in all."""
        return sum(len(group.living()) for group in self.living_groups())
