"""按层级与客群预览: what customers of a tier and persona would read of a version, in three forms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from compliance.objections import BY_CODE
from config import policy_catalogue
from config.library_policy import LibraryPolicy
from console import roles
from console.library import showing
from console.library.places import MATERIALS, SCRIPTS
from console.library.showing import chosen_version
from console.lists import choice, url, words
from console.shell import page, shell
from console.sight import sight_of
from console.state_words import SCRIPT_STATES
from content_library import repository as items_of
from content_library.facts import Library, State
from content_library.greeting import may_greet
from content_library.item_rules import PLAIN
from crm_sync.repository import listing
from delivery import previewing
from delivery.desk import Desk
from delivery.previewing import Ground, Model, Sight, Variant
from kit.web.formats import long_stamp
from kit.web.guard import Asking, Reading, allow
from kit.web.rich import pieces

router = APIRouter()
FORMS: Final = {"single": "一对一", "group": "客户群", "moment": "朋友圈"}
NO_RATING: Final = "none"
RISKS: Final = [*((str(level), f"C{level}") for level in range(1, 6)), (NO_RATING, "没有测评")]
AGES: Final = [
    ("16", "未成年"), ("30", "18–59 岁"), ("62", "60–64 岁"), ("67", "65–74 岁"), ("80", "75 岁以上"),
]  # fmt: skip
LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is asked for: the kind of customer, the version, a greeting to try before it."""

    model: Model
    version: int | None
    beginning: str

    def url(self, code: str, model: Model) -> str:
        """The same page for another kind of customer."""
        return url(
            f"{SCRIPTS}/{quote(code)}/preview",
            {
                "version": self.version, "tier": model.tier, "persona": model.persona,
                "age": model.age, "risk": model.risk or NO_RATING, "beginning": self.beginning,
            },
        )  # fmt: skip


@router.get(SCRIPTS + "/{code}/preview", response_class=HTMLResponse)
async def preview(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    code: str,
    version: int | None = None,
    tier: Annotated[str, Query(max_length=32)] = "",
    persona: Annotated[str, Query(max_length=20)] = "",
    age: str = "30",
    risk: str = "3",
    beginning: Annotated[str, Query(max_length=LONGEST)] = "",
) -> Response:
    """One version before one kind of customer; below it, every tier and every persona."""
    shown = chosen_version(await items_of.versions(session, code), version)
    parts = request.app.state.parts
    tiers = [one.name for one in parts.tiers.tiers]
    known = {one.name for one in parts.personas.persona}
    model = Model(
        tier if tier in tiers else tiers[0],
        persona if persona in known else "",
        int(age) if age in dict(AGES) else 30,
        int(risk) if risk in {"1", "2", "3", "4", "5"} else None,
    )
    asked = Asked(model, version, beginning.strip())
    desk: Desk = parts.desk
    on = await previewing.ground(session, shown.script, at=asking.at, calendar=desk.calendar)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    counted = await listing.by_tier(
        session, listing.Wanted(units=sight.units, persona=model.persona or None)
    )
    policy = parts.shelf.of(policy_catalogue.LIBRARY)
    text, kind = SCRIPT_STATES[State(shown.script.state).value]
    context = await shell(request, session, asking, "library")
    context |= {
        "title": shown.script.title,
        "code": code,
        "badges": [
            {"text": f"第 {shown.script.version} 版", "kind": "info"}, {"text": text, "kind": kind},
        ],
        "back_url": url(f"{SCRIPTS}/{quote(code)}", version=shown.script.version),
        "here_path": f"{SCRIPTS}/{quote(code)}/preview",
        "kept": [{"name": "version", "value": str(version)}] if version else [],
        "about": f"{showing.form_text(shown.script)} · 面向 {showing.audience(shown.script)}",
        "filters": [
            choice("tier", "层级", [(one, one) for one in tiers], model.tier),
            choice(
                "persona", "客群",
                [("", "不属于任何客群"), *((one.name, one.title) for one in parts.personas.persona)],
                model.persona,
            ),
            choice("age", "年龄", AGES, str(model.age)),
            choice("risk", "测评", RISKS, str(model.risk or NO_RATING)),
            words("beginning", "试一句问候", "试一句问候，看能不能加", asked.beginning),
        ],
        "forms": [_form(on, form, model, desk) for form in FORMS],
        "variants": list(_variants(on, asked, desk, policy)),
        "greet_note": _greet_note(on, policy),
        "tiers": [
            _kind(on, asked, replace(model, tier=one), one, one == model.tier, desk)
            | {
                "n": counted.get(one, 0),
                "n_url": url("/c/customers", tier=one, persona=model.persona),
            }
            for one in tiers
        ],
        "personas": [
            _kind(
                on, asked, replace(model, persona=one.name), one.title, one.name == model.persona,
                desk,
            )
            for one in parts.personas.persona
        ],
        "note": (
            f"按 {long_stamp(on.at)} 判断；假定客户都已授权、最近听过关怀、发送人有所需资质。"
            "单个客户的拒绝、投诉、频次和测评有效期，在真正发送时再判。"
        ),
    }  # fmt: skip
    return page(request, "library_preview", context)


def _form(on: Ground, form: str, model: Model, desk: Desk) -> dict[str, Any]:
    """One of the three panels."""
    seen = previewing.see(on, form, model, desk=desk)
    stranger = previewing.see(on, form, model, desk=desk, stranger=True)
    extra = [one for one in _reasons(stranger) if one not in _reasons(seen)]
    return {
        "name": FORMS[form],
        **_verdict(seen, FORMS[form]),
        "to": {"single": model.tier + "客户", "group": "客户群", "moment": "朋友圈"}[form],
        "parts": pieces(seen.pieces) if seen.pieces and seen.written else [],
        "picture": _picture(on) if seen.written else None,
        "without": "可用形式里没有这一种；要用，请出新的一版。"
        if on.script.library in PLAIN
        else "没有为这种形式写的文字；要用，请另写一条。",
        "reasons": _reasons(seen),
        "stranger": extra if form == "group" and seen.written else [],
    }


def _picture(on: Ground) -> str | None:
    """The picture of a material that is one, or the one on its card."""
    detail = on.script.detail
    if on.script.library != Library.MEDIA or detail.get("kind") in ("video", "file"):
        return None
    return f"{MATERIALS}/files/{detail['file']}" if detail.get("file") else None


def _verdict(seen: Sight, name: str) -> dict[str, str]:
    if not seen.written:
        return {"verdict_text": f"不是为{name}写的", "verdict_kind": ""}
    if seen.goes:
        return {"verdict_text": "可以发", "verdict_kind": "ok"}
    return {"verdict_text": "不可以发", "verdict_kind": "danger"}


def _reasons(seen: Sight) -> list[dict[str, str]]:
    found = [
        {"code": code, "saying": BY_CODE[code].saying, "detail": seen.details.get(code, "")}
        for code in seen.objections
    ]
    if seen.missing:
        found.append({"code": "E-4202", "saying": seen.missing, "detail": ""})
    return found


def _variants(
    on: Ground, asked: Asked, desk: Desk, policy: LibraryPolicy
) -> Iterator[dict[str, Any]]:
    """How the words may begin, and which beginnings are refused."""
    model = asked.model
    for one in previewing.titled(on, model, desk=desk):
        yield _variant(one)
    if not may_greet(on.script, policy):
        return
    personas = {model.persona} if model.persona else set()
    ready = [
        ("现成的问候", said) for said in policy.greeting.choices(tier=model.tier, personas=personas)
    ]
    tried = [("试的问候", asked.beginning)] if asked.beginning else []
    for one in previewing.greeted(on, model, [*tried, *ready], desk=desk, policy=policy):
        yield _variant(one)


def _variant(one: Variant) -> dict[str, Any]:
    if one.sight is None:
        return {
            "label": one.label, "said": one.said, "verdict_text": "不能加", "verdict_kind": "danger",
            "reasons": [{"code": one.code, "saying": one.refused, "detail": ""}],
        }  # fmt: skip
    return {
        "label": one.label, "said": one.said, **_verdict(one.sight, "一对一"),
        "reasons": _reasons(one.sight),
    }  # fmt: skip


def _greet_note(on: Ground, policy: LibraryPolicy) -> str:
    most = may_greet(on.script, policy)
    if most:
        return f"发送人可以在前面加一句问候，最多 {most} 个字；其余一个字也不能改。"
    if on.script.library in PLAIN:
        return "资讯和素材原样发送，没有称呼，也不能加问候。"
    return "这类话术不许加问候，一个字也不能改（策略“内容库”的 greeting）。"


def _kind(
    on: Ground, asked: Asked, model: Model, name: str, current: bool, desk: Desk
) -> dict[str, Any]:
    """A row: one kind of customer, and what each form says to it."""
    seen: Sequence[Sight] = [previewing.see(on, form, model, desk=desk) for form in FORMS]
    return {
        "name": name,
        "href": asked.url(on.script.code, model),
        "current": current,
        "cells": [
            {
                **_verdict(one, FORMS[one.form]),
                "why": "；".join(reason["saying"].split("。")[0] for reason in _reasons(one)),
            }
            for one in seen
        ],
    }
