"""The keys of one installation: from the settings; in demo and test made once and kept.

In production every key must be given. In demo and test a missing key is made and kept beside
the database (``keys.json``, readable by its owner alone), so that a restart still opens what
was sealed before.
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from config.settings import Environment, Settings, key_bytes
from kit.crypto import AES_256_GCM, SM4_GCM, FieldCipher
from kit.errors import ConfigurationRefused

KEYS_FILE: Final = "keys.json"
ALGORITHMS: Final = {"aes-256-gcm": AES_256_GCM, "sm4-gcm": SM4_GCM}


@dataclass(frozen=True)
class Keys:
    """Everything secret that this installation itself owns."""

    cipher: FieldCipher
    cookie: bytes = field(repr=False)


def new_key() -> str:
    """32 random bytes as base64, the form every key setting takes."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def load_keys(settings: Settings) -> Keys:
    """The keys of this installation. Raises ConfigurationRefused for one that is missing."""
    given = settings.crypto
    kept = {} if settings.environment is Environment.PRODUCTION else _kept(settings.data_dir)

    def key(name: str, setting: SecretStr) -> bytes:
        if setting.get_secret_value():
            return key_bytes(setting)
        if name in kept:
            return base64.b64decode(kept[name])
        raise ConfigurationRefused(
            f"缺少 GENGYUN_CRYPTO__{name.upper()}",
            where="保管密钥的保险箱或密钥文件",
            do="用 gengyun keys new 生成一把，写进环境变量或 …_FILE 指向的文件",
        )

    field_keys = {version: key_bytes(secret) for version, secret in given.field_keys.items()}
    if not field_keys:
        field_keys = {1: key("field_key", SecretStr(""))}
    cipher = FieldCipher(
        keys=field_keys,
        current=max(field_keys),
        index_key=key("index_key", given.index_key),
        algorithm=ALGORITHMS[given.algorithm],
    )
    return Keys(cipher, key("cookie_key", given.cookie_key))


def _kept(directory: Path) -> dict[str, str]:
    """The keys kept for demo and test; made at the first start."""
    path = directory / KEYS_FILE
    if path.is_file():
        loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return loaded
    directory.mkdir(parents=True, exist_ok=True)
    made = {name: new_key() for name in ("field_key", "index_key", "cookie_key")}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(made, file)
    return made
