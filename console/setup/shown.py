"""接入与配置: the nine steps to WeCom and the keys of this installation, present or absent."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from config.settings import Settings
from console import roles
from console.installation import installation_of
from console.setup.steps import SET, UNSET, present, steps_of
from console.shell import page, shell
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
PATH: Final = "/c/setup"
ENVIRONMENTS: Final = {"demo": "演示", "test": "测试", "production": "生产"}


@router.get(PATH, response_class=HTMLResponse)
async def setup(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.IT)],
    session: Reading,
) -> Response:
    """What is set and what shows that it works; a secret is present or absent, never shown."""
    settings: Settings = request.app.state.parts.settings
    steps = await steps_of(request, session, asking.at, await installation_of(request).inbox())
    missing = sum(one["state"] == "bad" for one in steps)
    unseen = sum(one["state"] == "" for one in steps)
    if missing:
        summary = {"text": f"缺 {missing} 步", "kind": "danger"}
    elif unseen:
        summary = {"text": f"{unseen} 步还没见到效果", "kind": "warn"}
    else:
        summary = {"text": "九步都好了", "kind": "ok"}
    context = await shell(request, session, asking, "setup")
    context |= {
        "summary": summary,
        "environment": ENVIRONMENTS[settings.environment.value],
        "steps": steps,
        "keys": _keys(settings),
        "limits": [
            ("不动多久要重新登录", f"{settings.session.idle // 60} 分钟", "num"),
            ("登录最长", f"{settings.session.absolute // 3600} 小时", "num"),
            ("再次确认身份管多久", f"{settings.session.fresh // 60} 分钟", "num"),
        ],
    }
    return page(request, "setup", context)


def _keys(settings: Settings) -> list[tuple[str, str, str]]:
    """The keys by name. In demo and test those that are missing are made beside the database."""
    crypto = settings.crypto
    made = UNSET if settings.environment.value == "production" else "自动生成，放在数据目录"

    def told(found: bool) -> str:
        return SET if found else made

    versions = "、".join(str(one) for one in sorted(crypto.field_keys))
    oidc: Any = settings.oidc
    return [
        ("字段加密密钥", f"版本 {versions}" if versions else made, ""),
        ("检索密钥", told(present(crypto.index_key) == SET), ""),
        ("登录凭证密钥", told(present(crypto.cookie_key) == SET), ""),
        ("加密算法", crypto.algorithm.upper(), ""),
        ("行内统一登录", "已启用" if oidc.issuer else "没有启用", ""),
    ]
