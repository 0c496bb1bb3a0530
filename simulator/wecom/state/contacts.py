"""External contacts and the relation of each pair (member, contact)."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Contact:
    """An external contact as WeCom shows it; type 1 is WeChat, 2 another corp's WeCom."""

    external_userid: str
    name: str
    type: int = 1
    gender: int = 0
    avatar: str = ""
    unionid: str = ""
    position: str = ""
    corp_name: str = ""
    corp_full_name: str = ""
    external_profile: dict[str, Any] | None = None


@dataclass(slots=True)
class Relation:
    """One member's tie to one contact. Times in seconds.

    ``half``: the member has not accepted yet (免验证). ``contact_left``: the contact deleted the
    member; the member still has the contact. ``gone``: the member deleted the contact.
    """

    userid: str
    external_userid: str
    createtime: int
    number: int
    remark: str = ""
    description: str = ""
    tags: list[str] = field(default_factory=list)
    own_tags: list[tuple[str, str]] = field(default_factory=list)
    remark_corp_name: str = ""
    remark_mobiles: list[str] = field(default_factory=list)
    oper_userid: str = ""
    add_way: int = 1
    state: str = ""
    wechat_channels: dict[str, Any] | None = None
    half: bool = False
    contact_left: bool = False
    gone: bool = False
    last_talk: float = 0.0
    agreed: bool = False
    agreed_at: int = 0
    handed_over: list[int] = field(default_factory=list)


class ContactBook:
    """Contacts and relations, indexed from both ends; a member's rows keep their numbers."""

    def __init__(self) -> None:
        self.contacts: dict[str, Contact] = {}
        self._pairs: dict[str, dict[str, Relation]] = {}
        self._followers: dict[str, dict[str, Relation]] = {}
        self._rows: dict[str, list[Relation]] = {}
        self._number = 0

    def relate(self, userid: str, external_userid: str, createtime: int) -> Relation:
        """A new relation; an older one of the same pair is gone."""
        self.drop(userid, external_userid)
        self._number += 1
        relation = Relation(userid, external_userid, createtime, self._number)
        self._pairs.setdefault(userid, {})[external_userid] = relation
        self._followers.setdefault(external_userid, {})[userid] = relation
        self._rows.setdefault(userid, []).append(relation)
        return relation

    def drop(self, userid: str, external_userid: str) -> Relation | None:
        """Take a relation away; returns it, None when there was none."""
        relation = self._pairs.get(userid, {}).pop(external_userid, None)
        if relation is not None:
            relation.gone = True
            self._followers[external_userid].pop(userid)
        return relation

    def rename(self, old: str, new: str) -> None:
        """A member's userid changed."""
        pairs = self._pairs.pop(old, {})
        for relation in pairs.values():
            relation.userid = new
            followers = self._followers[relation.external_userid]
            followers[new] = followers.pop(old)
        self._pairs[new] = pairs
        self._rows[new] = self._rows.pop(old, [])

    def pair(self, userid: str, external_userid: str) -> Relation | None:
        """The relation of a pair, half ones too."""
        return self._pairs.get(userid, {}).get(external_userid)

    def of_member(self, userid: str) -> list[Relation]:
        """A member's accepted relations in the order they began."""
        return [r for r in self._pairs.get(userid, {}).values() if not r.half]

    def of_contact(self, external_userid: str) -> list[Relation]:
        """A contact's accepted relations."""
        return [r for r in self._followers.get(external_userid, {}).values() if not r.half]

    def counted(self, userid: str) -> int:
        """How many relations a member has."""
        return len(self._pairs.get(userid, {}))

    def rows_after(self, userid: str, number: int, limit: int) -> list[Relation]:
        """A member's accepted relations numbered above ``number``, at most ``limit``."""
        rows = self._rows.get(userid, [])
        found: list[Relation] = []
        for index in range(bisect_right(rows, number, key=lambda r: r.number), len(rows)):
            relation = rows[index]
            if not relation.gone and not relation.half:
                found.append(relation)
                if len(found) == limit:
                    break
        return found

    def everything(self) -> Iterator[Relation]:
        """Every relation, half ones too."""
        for pairs in self._pairs.values():
            yield from pairs.values()

    def relations(self) -> int:
        """How many relations there are in all."""
        return sum(len(pairs) for pairs in self._pairs.values())
