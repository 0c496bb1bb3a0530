"""The nine steps to WeCom (docs/wecom-setup.md): what is set, and what shows that it works."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from archive import activity
from config.settings import PRODUCTION_API, Settings
from console.installation import InboxFact
from crm_sync.repository import rosters, sync_lists
from kit.clock import bank_date
from kit.web import sessions
from kit.web.formats import count, moment

STATES: Final = {"done": ("好了", "ok"), "bad": ("缺", "danger"), "": ("还没见到效果", "warn")}
SET, UNSET = "已设置", "没有设置"


def setting(name: str, setting: str, value: str, where: str, copy_text: str = "") -> dict[str, str]:
    """One value of a step: its name for people, its setting, what is there, where it is found."""
    return {
        "name": name,
        "setting": setting,
        "value": value,
        "where": where,
        "copy_text": copy_text,
    }


def present(secret: SecretStr) -> str:
    """Whether a secret is set; never what it is."""
    return SET if secret.get_secret_value() else UNSET


def step(
    name: str,
    note: str,
    settings: Sequence[dict[str, str]],
    *,
    complete: bool,
    works: bool,
    seen_at: datetime | None = None,
    missing: str = "",
) -> dict[str, Any]:
    """A step: ``complete`` where its settings are there, ``works`` where something proves it."""
    state = "done" if complete and works else "" if complete else "bad"
    text, kind = STATES[state]
    return {
        "name": name,
        "note": note,
        "state": state,
        "state_text": text,
        "state_kind": kind,
        "seen_at": seen_at,
        "missing": "" if complete else missing,
        "settings": list(settings),
    }


async def steps_of(
    request: Request, session: AsyncSession, at: datetime, inbox: InboxFact
) -> list[dict[str, Any]]:
    """Every step in the order of docs/wecom-setup.md."""
    settings: Settings = request.app.state.parts.settings
    readings = await sync_lists.readings(session)
    contacts = readings.get("contacts")
    synced = contacts.finished_at if contacts else None
    asked = synced is not None
    return [
        _corp(settings, asked),
        _application(settings, asked),
        _trusted_address(settings, synced, at),
        _callback(settings, inbox, at),
        await _contacts(session, synced),
        await _domain(session, settings, at),
        await _sidebar(session, settings, at),
        await _archive(request, session, settings, at),
        await _first_sync(session, synced, at),
    ]


def _when(told: str, moment_: datetime | None, at: datetime, otherwise: str) -> str:
    return f"{told} {moment(moment_, bank_date(at))}" if moment_ else otherwise


def _corp(settings: Settings, asked: bool) -> dict[str, Any]:
    corp = settings.wecom.corp_id
    return step(
        "企业 ID",
        corp or "还没有填",
        [
            setting(
                "企业 ID", "GENGYUN_WECOM__CORP_ID", corp or UNSET,
                "管理后台 → 我的企业 → 企业信息 → 最下方",
            )
        ],
        complete=bool(corp),
        works=asked,
        missing="没有企业 ID，任何调用都发不出去。",
    )  # fmt: skip


def _application(settings: Settings, asked: bool) -> dict[str, Any]:
    wecom = settings.wecom
    complete = bool(wecom.agent_id and wecom.secret.get_secret_value())
    return step(
        "自建应用",
        f"AgentId {wecom.agent_id}" if complete else "AgentId 或 Secret 还没有填",
        [
            setting(
                "AgentId", "GENGYUN_WECOM__AGENT_ID", str(wecom.agent_id or UNSET),
                "应用管理 → 自建应用 → 第一行",
            ),
            setting(
                "Secret", "GENGYUN_WECOM__SECRET", present(wecom.secret),
                "应用管理 → 自建应用 → Secret → 查看",
            ),
        ],
        complete=complete,
        works=asked,
        missing="缺 AgentId 或 Secret。",
    )  # fmt: skip


def _trusted_address(settings: Settings, synced: datetime | None, at: datetime) -> dict[str, Any]:
    base = settings.wecom.api_base
    return step(
        "企业可信 IP",
        _when("最近一次读通", synced, at, "还没有读通过"),
        [
            setting(
                "接口地址", "GENGYUN_WECOM__API_BASE",
                "企业微信官方" if base == PRODUCTION_API else base,
                "本应用 → 开发者接口 → 企业可信 IP：填服务器的出口 IP",
            )
        ],
        complete=True,
        works=synced is not None,
        seen_at=synced,
    )  # fmt: skip


def _callback(settings: Settings, inbox: InboxFact, at: datetime) -> dict[str, Any]:
    wecom = settings.wecom
    address = f"{settings.public_url.rstrip('/')}/wecom/callback"
    where = "本应用 → 接收消息 → 设置 API 接收"
    complete = bool(
        wecom.callback_token.get_secret_value() and wecom.callback_aes_key.get_secret_value()
    )
    return step(
        "接收消息",
        _when("最近收到", inbox.newest, at, "还没有收到过事件"),
        [
            setting("回调地址", "填到企业微信", address, where, address),
            setting("Token", "GENGYUN_WECOM__CALLBACK_TOKEN", present(wecom.callback_token), where),
            setting(
                "EncodingAESKey", "GENGYUN_WECOM__CALLBACK_AES_KEY",
                present(wecom.callback_aes_key), where,
            ),
        ],
        complete=complete,
        works=inbox.newest is not None,
        seen_at=inbox.newest,
        missing="先把 Token 和 EncodingAESKey 写进设置并重启，再到企业微信点保存。",
    )  # fmt: skip


async def _contacts(session: AsyncSession, synced: datetime | None) -> dict[str, Any]:
    seen, active = await sync_lists.members_seen(session)
    return step(
        "客户联系",
        f"在岗 {count(active)} 人，企业微信里见到 {count(seen)} 人",
        [
            setting(
                "见到的员工", "通讯录", f"{count(seen)} / {count(active)} 人",
                "客户与上下游 → 客户联系 → 权限配置：勾选本应用和三类变更回调",
            )
        ],
        complete=True,
        works=seen > 0 and synced is not None,
        seen_at=synced,
    )  # fmt: skip


async def _domain(session: AsyncSession, settings: Settings, at: datetime) -> dict[str, Any]:
    signed_in = await sessions.newest_on(session, "console")
    host = settings.public_url.partition("://")[2]
    secure = settings.public_url.startswith("https://") or settings.environment != "production"
    return step(
        "可信域名",
        _when("最近登录工作台", signed_in, at, "还没有人登录过工作台"),
        [
            setting(
                "对外地址", "GENGYUN_PUBLIC_URL", settings.public_url,
                "本应用 → 网页授权及 JS-SDK、企业微信授权登录", host,
            )
        ],
        complete=secure,
        works=signed_in is not None,
        seen_at=signed_in,
        missing="企业微信只认 https 的地址。",
    )  # fmt: skip


async def _sidebar(session: AsyncSession, settings: Settings, at: datetime) -> dict[str, Any]:
    signed_in = await sessions.newest_on(session, "h5")
    address = f"{settings.public_url.rstrip('/')}/h5/"
    return step(
        "侧边栏",
        _when("最近有人打开", signed_in, at, "还没有人打开过"),
        [
            setting(
                "页面地址", "填到企业微信", address,
                "客户与上下游 → 聊天工具 → 聊天工具栏管理：单聊和群聊都勾上", address,
            )
        ],
        complete=True,
        works=signed_in is not None,
        seen_at=signed_in,
    )  # fmt: skip


async def _archive(
    request: Request, session: AsyncSession, settings: Settings, at: datetime
) -> dict[str, Any]:
    versions = sorted(request.app.state.parts.archive_keys)
    sheet = await activity.sheet(session)
    keys = "版本 " + "、".join(str(one) for one in versions) if versions else UNSET
    where = "管理工具 → 会话内容存档"
    return step(
        "会话内容存档",
        _when("最近问过", sheet.checked_at, at, "还没有拉取过"),
        [
            setting("Secret", "GENGYUN_ARCHIVE__SECRET", present(settings.archive.secret), where),
            setting(
                "私钥", "GENGYUN_ARCHIVE__PRIVATE_KEYS_DIR", keys,
                f"{where}：贴公钥时给的版本号；旧私钥一把都不能丢",
            ),
        ],
        complete=bool(settings.archive.secret.get_secret_value() and versions),
        works=sheet.checked_at is not None,
        seen_at=sheet.checked_at,
        missing="没有 Secret 或私钥，会话进不来。",
    )  # fmt: skip


async def _first_sync(
    session: AsyncSession, synced: datetime | None, at: datetime
) -> dict[str, Any]:
    people = await rosters.count(session, units=None)
    return step(
        "第一次同步",
        _when("最近对账", synced, at, "还没有对过账"),
        [
            setting("员工", "gengyun import staff", f"{count(people)} 人", "数据导入；角色与机构"),
            setting(
                "对账", "gengyun sync",
                moment(synced, bank_date(at)) if synced else "还没有做过",
                "每晚自动再做一次，差异应为 0",
            ),
        ],
        complete=people > 0,
        works=synced is not None,
        seen_at=synced,
        missing="先导入机构与人员。",
    )  # fmt: skip
