"""The demo's settings: everything made up, everything under one directory."""

from datetime import date
from pathlib import Path
from typing import Final

from config.settings import PREFIX, Settings, load
from kit.errors import ConfigurationRefused
from simulator.wecom.control import exchange, gateway, texts
from simulator.wecom.state import phones

CORP: Final = "wwdemo00000000qinghe"[:18]
AGENT: Final = 1_000_002
SECRET: Final = "demo-app-not-a-secret"  # noqa: S105 — the simulated corp's, made up
ARCHIVE_SECRET: Final = "demo-archive-not-a-secret"  # noqa: S105 — likewise
TOKEN: Final = "demoCallbackToken"  # noqa: S105 — likewise
AES_KEY: Final = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
SEED: Final = 20_261_122
SIZES: Final = {"small": (2_000, 27), "bank": (20_000, 27)}


class RealSecretsPresent(ConfigurationRefused):
    """The demo refuses to start where settings of a real WeCom are present."""

    code = "E-1060"


def refuse_real_secrets(raw: dict[str, str]) -> None:
    """Raise RealSecretsPresent if this environment names a real WeCom."""
    present = sorted(
        name
        for name in raw
        if name.startswith((f"{PREFIX}WECOM__", f"{PREFIX}ARCHIVE__", f"{PREFIX}DATABASE_URL"))
    )
    if present:
        raise RealSecretsPresent(
            "演示不能在配置了真实企业微信的环境里运行",
            saw="、".join(present[:4]),
            do="换一个空目录，或去掉这些设置后再运行 gengyun demo",
        )


def demo_settings(directory: Path, api_base: str, port: int) -> Settings:
    """Settings of the demo on ``directory``, speaking to the simulated WeCom at ``api_base``."""
    return load(
        {
            "GENGYUN_ENVIRONMENT": "demo",
            "GENGYUN_DATABASE_URL": f"sqlite:///{directory}/gengyun.db",
            "GENGYUN_DATA_DIR": str(directory),
            "GENGYUN_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "GENGYUN_HOTLINE": "400-800-1234",
            "GENGYUN_WECOM__CORP_ID": CORP,
            "GENGYUN_WECOM__AGENT_ID": str(AGENT),
            "GENGYUN_WECOM__SECRET": SECRET,
            "GENGYUN_WECOM__API_BASE": api_base,
            "GENGYUN_WECOM__OAUTH_BASE": api_base,
            "GENGYUN_WECOM__SSO_BASE": api_base,
            "GENGYUN_WECOM__CALLBACK_TOKEN": TOKEN,
            "GENGYUN_WECOM__CALLBACK_AES_KEY": AES_KEY,
            "GENGYUN_ARCHIVE__SECRET": ARCHIVE_SECRET,
            "GENGYUN_ARCHIVE__PRIVATE_KEYS_DIR": str(directory / "archive-keys"),
            "GENGYUN_CODES__URL": f"{api_base}{gateway.PATH}",
            "GENGYUN_CODES__SECRET": phones.SECRET,
            "GENGYUN_SMS__URL": f"{api_base}{texts.PATH}",
            "GENGYUN_SMS__SECRET": phones.SECRET,
            "GENGYUN_DIALLER__URL": f"{api_base}{exchange.PATH}",
            "GENGYUN_DIALLER__TOKEN": phones.TOKEN,
            "GENGYUN_LOG_LEVEL": "WARNING",
        }
    )


def bank_of(size: str, today: date) -> tuple[int, int]:
    """(customers, branches) of a demo of that size. Raises ConfigurationRefused."""
    if size not in SIZES:
        raise ConfigurationRefused("没有这种规模", saw=size[:20], do="、".join(SIZES))
    return SIZES[size]
