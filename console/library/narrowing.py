"""What a list of the content library is narrowed to: the same filters over all its libraries."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request

from console.library import showing
from console.library.wording import SPREAD
from console.lists import choice, words
from console.state_words import FORMS, PRODUCT_KINDS, PURPOSES
from content_library.facts import Library, VersionFact
from content_library.item_rules import PLAIN, forms_of
from content_library.timing import WHEN

SOON: Final = 30
OPEN: Final = "open"
PAST: Final = "past"
ALL: Final = [("", "全部")]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The filters as they stand in the address; empty ones do not bind."""

    q: str = ""
    scene: str = ""
    purpose: str = ""
    persona: str = ""
    tier: str = ""
    form: str = ""
    timing: str = ""
    licence: str = ""
    product: str = ""
    ends: str = ""
    state: str = ""

    @property
    def kept(self) -> dict[str, str]:
        """The filters for the next address."""
        return asdict(self)

    def fits(self, one: VersionFact, today: date) -> bool:
        """Whether an item is among what was asked for."""
        script = one.script
        asked = self.q.strip().casefold()
        text = f"{script.code} {script.title} {script.template}".casefold()
        return (
            (not asked or asked in text)
            and self.scene in ("", script.scene)
            and self.purpose in ("", script.purpose)
            and self.product in ("", script.product_kind)
            and self.licence in ("", script.licence or "")
            and (not self.persona or self.persona in {*script.personas, script.persona})
            and (not self.tier or not script.tiers or self.tier in script.tiers)
            and (not self.timing or not script.timing or self.timing in script.timing)
            and (not self.form or self.form in forms(one))
            and self._ends(one, today)
        )

    def _ends(self, one: VersionFact, today: date) -> bool:
        until = one.script.valid_until
        if self.ends == OPEN:
            return until is None
        if self.ends == PAST:
            return until is not None and until < today
        if self.ends.isdecimal():
            return until is not None and today <= until <= today + timedelta(days=int(self.ends))
        return True


def forms(one: VersionFact) -> frozenset[str]:
    """The forms an item may take."""
    if one.script.library in PLAIN:
        return forms_of(one.script.detail)
    return frozenset({one.script.form})


def narrowed(
    q: str = "",
    scene: str = "",
    purpose: str = "",
    persona: str = "",
    tier: str = "",
    form: str = "",
    timing: str = "",
    licence: str = "",
    product: str = "",
    ends: Annotated[str, Query(pattern=r"^(|open|past|\d{1,3})$")] = "",
    state: str = "",
) -> Narrowing:
    """The filters of an address."""
    return Narrowing(q, scene, purpose, persona, tier, form, timing, licence, product, ends, state)


Narrowed = Annotated[Narrowing, Depends(narrowed)]


def filters(
    request: Request, asked: Narrowing, every: Sequence[VersionFact], library: Library
) -> list[dict[str, Any]]:
    """The filters of a list; of scenes, products and licences those that there are."""
    parts = request.app.state.parts
    names = showing.scene_names(request)
    scenes = {one.script.scene: showing.scene_text(one.script.scene, names) for one in every}
    shown = [words("q", "找内容", "编号、标题、正文", asked.q)]
    if library == Library.SCRIPT:
        shown.append(choice("scene", "场景", _named(scenes.items()), asked.scene))
    shown.append(
        choice(
            "purpose", "用途", [*ALL, *((k, t) for k, (t, _) in PURPOSES.items())], asked.purpose
        )
    )
    spread = SPREAD if library in PLAIN else {k: v for k, v in FORMS.items() if k in _WRITTEN}
    shown += [
        choice("form", "形式", [*ALL, *spread.items()], asked.form),
        choice(
            "persona", "客群", [*ALL, *((one.name, one.title) for one in parts.personas.persona)],
            asked.persona,
        ),
        choice("tier", "层级", [*ALL, *((one.name, one.name) for one in parts.tiers.tiers)], asked.tier),
        choice("timing", "时机", [*ALL, *WHEN.items()], asked.timing),
        choice("ends", "有效期", _ends(asked.ends), asked.ends),
    ]  # fmt: skip
    kinds = {one.script.product_kind for one in every if one.script.product_kind}
    if kinds or asked.product:
        known = [
            (kind, PRODUCT_KINDS.get(kind, kind)) for kind in sorted({*kinds, asked.product} - {""})
        ]
        shown.append(choice("product", "产品", [*ALL, *known], asked.product))
    held = {one.script.licence for one in every if one.script.licence}
    if held or asked.licence:
        wanted = sorted({*held, asked.licence} - {""})
        shown.append(
            choice("licence", "资质", [*ALL, *((one, one) for one in wanted)], asked.licence)
        )
    return shown


_WRITTEN: Final = frozenset({"single", "broadcast", "group", "moment", "welcome"})


def _named(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [*ALL, *sorted(found, key=lambda one: one[1])]


def _ends(asked: str) -> list[tuple[str, str]]:
    options = [("", "不限"), (str(SOON), f"{SOON} 天内失效"), (OPEN, "长期有效"), (PAST, "已过期")]
    if asked and asked not in dict(options):
        options.append((asked, f"{asked} 天内失效"))
    return options


__all__ = ("SOON", "Narrowed", "Narrowing", "filters", "forms")
