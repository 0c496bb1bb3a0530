"""Every value read from the environment, typed, checked once at start.

Values come from the environment, then from ``.env``; ``GENGYUN_X_FILE`` reads ``GENGYUN_X``
from a file, so that secrets need not stand in the environment. Only the composition (``app``,
``cli``) calls ``load``; everything else receives the part it needs.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "GENGYUN_"
PRODUCTION_API = "https://qyapi.weixin.qq.com"
MINUTE = 60


BroadcastCap = Literal["month_days", "week7", "day1", "legacy_month4"]
"""How often WeCom lets broadcasts reach one customer, as the corp's administrator chose."""


SourceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,30}$")]
"""A bank system as it is named in the environment, in small letters."""


class Environment(StrEnum):
    """Where this process runs; real customers exist in production alone."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WecomSettings(_Part):
    """How to reach WeCom, and how WeCom reaches us."""

    corp_id: str = Field(default="", pattern=r"^(|w[wx][0-9A-Za-z]{16})$")
    agent_id: int = Field(default=0, ge=0)
    secret: SecretStr = SecretStr("")
    callback_token: SecretStr = SecretStr("")
    callback_aes_key: SecretStr = SecretStr("")
    api_base: str = PRODUCTION_API
    sso_base: str = "https://login.work.weixin.qq.com"
    oauth_base: str = "https://open.weixin.qq.com"
    broadcast_cap: BroadcastCap = "day1"
    tag_cap: int = Field(default=3_000, ge=1, le=10_000)

    @field_validator("callback_token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[0-9A-Za-z]{0,32}", value.get_secret_value()):
            raise ValueError("应为不超过 32 位的字母或数字")
        return value

    @field_validator("callback_aes_key")
    @classmethod
    def _aes_key(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"([0-9A-Za-z]{43})?", value.get_secret_value()):
            raise ValueError("应为 43 位的字母或数字")
        return value

    @field_validator("api_base", "sso_base", "oauth_base")
    @classmethod
    def _url(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", value):
            raise ValueError("应为 http:// 或 https:// 开头的地址")
        return value.rstrip("/")


class ArchiveSettings(_Part):
    """会话内容存档: its own secret, and every private key that was ever in use."""

    secret: SecretStr = SecretStr("")
    private_keys: Annotated[dict[int, SecretStr], NoDecode] = Field(default_factory=dict)
    private_keys_dir: Path | None = None

    @field_validator("private_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _versions(value)


class CryptoSettings(_Part):
    """Field keys by version (base64 of 32 bytes), the look-up key, the key of page tokens."""

    field_keys: Annotated[dict[int, SecretStr], NoDecode] = Field(default_factory=dict)
    index_key: SecretStr = SecretStr("")
    cookie_key: SecretStr = SecretStr("")
    algorithm: Literal["aes-256-gcm", "sm4-gcm"] = "aes-256-gcm"

    @field_validator("field_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _versions(value)

    @field_validator("index_key", "cookie_key")
    @classmethod
    def _thirty_two(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            key_bytes(value)
        return value


class OidcSettings(_Part):
    """Optional bank sign-in by OpenID Connect; empty means off."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    staff_claim: str = "sub"


def _gateway_is_whole(url: str, secret: SecretStr, called: str) -> None:
    """Both or neither are given, and the address is one. Raises ValueError."""
    if bool(url) != bool(secret.get_secret_value()):
        raise ValueError(f"网关地址与{called}要么都写，要么都不写")
    if url and not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", url):
        raise ValueError("应为 http(s):// 开头、不带查询串的网址")


class CodesSettings(_Part):
    """The bank's gateway for one-time codes (实名绑定); empty: customers cannot link themselves."""

    url: str = ""
    secret: SecretStr = SecretStr("")
    timeout: int = Field(default=5, ge=1, le=60)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _gateway_is_whole(self.url, self.secret, "签名密钥")
        return self


class SmsSettings(CodesSettings):
    """The bank's gateway for text messages (短信); empty: that channel is never chosen."""


class DiallerSettings(_Part):
    """The bank's telephone exchange (外呼); empty: managers dial by hand."""

    url: str = ""
    token: SecretStr = SecretStr("")
    timeout: int = Field(default=5, ge=1, le=30)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _gateway_is_whole(self.url, self.token, "访问令牌")
        return self


class SessionSettings(_Part):
    """How long a sign-in lasts, in seconds."""

    idle: int = Field(default=30 * MINUTE, ge=MINUTE, le=24 * 60 * MINUTE)
    absolute: int = Field(default=12 * 60 * MINUTE, ge=MINUTE, le=7 * 24 * 60 * MINUTE)
    fresh: int = Field(default=5 * MINUTE, ge=MINUTE, le=60 * MINUTE)


class MonitorSettings(_Part):
    """Where a worker or scheduler process answers about its health; port 0 is off."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535)


class ImportSettings(_Part):
    """Limits on files that come in."""

    max_bytes: int = Field(default=8 * 1024**3, ge=1)
    max_drop_percent: int = Field(default=20, ge=0, le=100)
    batch_rows: int = Field(default=10_000, ge=1, le=100_000)


class SourceSettings(_Part):
    """A database of the bank that is only read, and the folder of its mappings (kind.toml)."""

    url: SecretStr
    mappings: Path


class FeedSettings(_Part):
    """A bank system that pushes rows: its keys by version, and the kinds that it may push."""

    keys: Annotated[dict[int, SecretStr], NoDecode] = Field(min_length=1)
    kinds: Annotated[tuple[str, ...], NoDecode] = ()

    @field_validator("keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _versions(value)

    @field_validator("keys")
    @classmethod
    def _thirty_two(cls, value: dict[int, SecretStr]) -> dict[int, SecretStr]:
        for secret in value.values():
            key_bytes(secret)
        return value

    @field_validator("kinds", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(filter(None, (part.strip() for part in value.split(","))))


class FeedLimits(_Part):
    """How much one batch may bring, and how far its clock may be off, in seconds."""

    max_bytes: int = Field(default=8 * 1024**2, ge=1_024, le=64 * 1024**2)
    max_rows: int = Field(default=10_000, ge=1, le=100_000)
    clock: int = Field(default=300, ge=10, le=3_600)


class Settings(BaseSettings):
    """All settings of one process. Frozen: what was read at start stays."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore"
    )
    secret_files: ClassVar[Mapping[str, str]] = {}

    environment: Environment = Environment.PRODUCTION
    database_url: SecretStr = SecretStr("sqlite:///./var/gengyun.db")
    inbox_url: SecretStr = SecretStr("")
    data_dir: Path = Path("var")
    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: str = "127.0.0.1"
    bank_name: str = "青禾银行"
    hotline: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    database_pool: int = Field(default=8, ge=1, le=100)
    wecom: WecomSettings = WecomSettings()
    archive: ArchiveSettings = ArchiveSettings()
    crypto: CryptoSettings = CryptoSettings()
    oidc: OidcSettings = OidcSettings()
    codes: CodesSettings = CodesSettings()
    sms: SmsSettings = SmsSettings()
    dialler: DiallerSettings = DiallerSettings()
    session: SessionSettings = SessionSettings()
    monitor: MonitorSettings = MonitorSettings()
    imports: ImportSettings = ImportSettings()
    sources: dict[SourceName, SourceSettings] = Field(default_factory=dict)
    feeds: dict[SourceName, FeedSettings] = Field(default_factory=dict)
    feed: FeedLimits = FeedLimits()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing is read behind the caller's back: ``load`` gives the values."""
        return (init_settings,)

    @model_validator(mode="after")
    def _keep_real_customers_out_of_rehearsals(self) -> Self:
        if self.environment is Environment.PRODUCTION:
            missing = [name for name, value in self._secrets_of_production().items() if not value]
            if missing:
                raise ValueError("生产环境缺少：" + "、".join(missing))
        elif self.wecom.api_base == PRODUCTION_API and self.wecom.secret.get_secret_value():
            raise ValueError(
                "演示和测试环境不能使用真实企业微信的密钥；GENGYUN_WECOM__API_BASE 应指向模拟器"
            )
        return self

    def _secrets_of_production(self) -> dict[str, object]:
        return {
            "GENGYUN_WECOM__CORP_ID": self.wecom.corp_id,
            "GENGYUN_WECOM__AGENT_ID": self.wecom.agent_id,
            "GENGYUN_WECOM__SECRET": self.wecom.secret.get_secret_value(),
            "GENGYUN_WECOM__CALLBACK_TOKEN": self.wecom.callback_token.get_secret_value(),
            "GENGYUN_WECOM__CALLBACK_AES_KEY": self.wecom.callback_aes_key.get_secret_value(),
            "GENGYUN_CRYPTO__FIELD_KEYS": self.crypto.field_keys,
            "GENGYUN_CRYPTO__INDEX_KEY": self.crypto.index_key.get_secret_value(),
            "GENGYUN_CRYPTO__COOKIE_KEY": self.crypto.cookie_key.get_secret_value(),
        }

    @property
    def is_demo(self) -> bool:
        """Whether the demo's conveniences exist at all in this process."""
        return self.environment is Environment.DEMO


def key_bytes(secret: SecretStr) -> bytes:
    """The 32 bytes behind a base64 secret; ValueError says what it was instead."""
    try:
        key = base64.b64decode(secret.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("应为 32 字节密钥的 base64（44 个字符）") from None
    if len(key) != 32:
        raise ValueError(f"应为 32 字节，现在是 {len(key)} 字节")
    return key


def _versions(value: object) -> object:
    """``1:BASE64,2:BASE64`` as a mapping from version to secret."""
    if not isinstance(value, str):
        return value
    found: dict[int, str] = {}
    for part in filter(None, (part.strip() for part in value.split(","))):
        version, colon, secret = part.partition(":")
        if not colon or not version.isdecimal():
            raise ValueError("写法是 版本号:密钥，多把用逗号隔开，例如 1:BASE64,2:BASE64")
        found[int(version)] = secret
    return found


def gather(environ: Mapping[str, str], env_file: Path | None = None) -> dict[str, str]:
    """The settings' raw values: ``.env`` first, the environment over it, files for secrets.

    Raises ValueError when a ``…_FILE`` cannot be read or a line of ``.env`` is not NAME=VALUE.
    """
    raw: dict[str, str] = {}
    if env_file is not None and env_file.is_file():
        for number, line in enumerate(env_file.read_text(encoding="utf-8").splitlines(), 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            name, equals, value = text.partition("=")
            if not equals:
                raise ValueError(f"{env_file.name} 第 {number} 行应为 NAME=VALUE")
            raw[name.strip()] = value.strip().strip("\"'")
    raw.update({name: value for name, value in environ.items() if name.startswith(PREFIX)})
    for name in [name for name in raw if name.startswith(PREFIX) and name.endswith("_FILE")]:
        try:
            raw[name.removesuffix("_FILE")] = Path(raw[name]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{name} 指向的文件读不了：{type(error).__name__}") from None
    return {
        name: value
        for name, value in raw.items()
        if name.startswith(PREFIX) and not name.endswith("_FILE")
    }


def nest(raw: Mapping[str, str]) -> dict[str, Any]:
    """``GENGYUN_WECOM__SECRET`` → ``{"wecom": {"secret": …}}``."""
    nested: dict[str, Any] = {}
    for name, value in raw.items():
        keys = name.removeprefix(PREFIX).lower().split("__")
        at = nested
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        at[keys[-1]] = value
    return nested


def load(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Read and check the settings. ValueError (a ValidationError or ours) says what is wrong."""
    raw = gather(os.environ if environ is None else environ, env_file)
    return Settings(**nest(raw))


def setting_names() -> list[str]:
    """Every setting's environment name, for the documentation test."""

    def walk(model: type[BaseModel], prefix: str) -> list[str]:
        names: list[str] = []
        for name, field in model.model_fields.items():
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, _Part):
                names += walk(kind, f"{prefix}{name.upper()}__")
            else:
                names.append(f"{prefix}{name.upper()}")
        return names

    return walk(Settings, PREFIX)


__all__ = ["Environment", "Settings", "ValidationError", "gather", "key_bytes", "load"]
