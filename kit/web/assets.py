"""What pages load beside our own files: fetched by a lock, checked by hash, copied, no CDN.

``python -m kit.web.assets`` runs ``npm ci`` in ``assets/`` (hashes of whole packages are in
package-lock.json), copies the few files that pages need into ``kit/web/static/vendor/`` and
checks each against ``assets/vendor.lock.json``. Nothing third-party is committed.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.errors import AppError, IntegrityBroken, Unavailable

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
VENDOR = Path(__file__).parent / "static" / "vendor"


class AssetsUnavailable(Unavailable):
    """The packages could not be fetched: no npm, or the registry does not answer."""

    code = "E-1041"
    exit_code = 2


class AssetChanged(IntegrityBroken):
    """A file is not the one that was looked at when the lock was written."""

    code = "E-6090"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to copy: where it lies in node_modules, its name with us, its hash."""

    name: str
    source: str
    sha256: str


def read_lock(path: Path) -> list[Wanted]:
    """The files of vendor.lock.json: ``{name: {"from": path, "sha256": hash}}``."""
    entries: Mapping[str, Mapping[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return [Wanted(name, entry["from"], entry["sha256"]) for name, entry in entries.items()]


def sha256_of(path: Path) -> str:
    """The hash of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def find_npm() -> Sequence[str]:
    """The system's npm, else the one that make put beside our Python. Raises AssetsUnavailable."""
    beside = Path(sys.executable).parent / "npm"
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return (found,)
    if beside.is_file():
        return (str(beside),)
    raise AssetsUnavailable(
        "没有 npm，取不到页面要用的脚本",
        do="运行 make setup（它会从 wheel 装一个 npm），或安装 Node.js 18 以上再试",
    )


def install(assets: Path) -> None:
    """Run ``npm ci``: exactly the locked packages. Raises AssetsUnavailable."""
    npm = find_npm()
    path = os.pathsep.join((str(Path(npm[0]).parent), os.environ.get("PATH", "")))
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(  # noqa: S603 -- a fixed command in our own directory
        command,
        cwd=assets,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise AssetsUnavailable(
            "页面要用的脚本没有装上，可能连不上 npm 包仓库",
            saw=lines[0][:160] if lines else f"退出码 {done.returncode}",
            where="npm config get registry 与网络代理",
            do="网络恢复后再运行同一条命令；内网请先把 npm 的 registry 指到本行镜像",
        )


def copy(assets: Path, vendor: Path) -> list[Wanted]:
    """Copy each locked file after its hash is checked; other files there are removed.

    Raises AssetChanged before anything of ours is touched.
    """
    wanted = read_lock(assets / "vendor.lock.json")
    for one in wanted:
        source = assets / "node_modules" / one.source
        seen = sha256_of(source) if source.is_file() else "没有这个文件"
        if seen != one.sha256:
            raise AssetChanged(
                f"第三方文件 {one.name} 与锁定的不一致",
                saw=seen[:16],
                where="assets/vendor.lock.json",
                do="删除 assets/node_modules 后重装；若是有意升级，先审阅新文件再改锁",
            )
    vendor.mkdir(parents=True, exist_ok=True)
    for stale in vendor.iterdir():
        if stale.name not in {one.name for one in wanted}:
            stale.unlink()
    for one in wanted:
        shutil.copyfile(assets / "node_modules" / one.source, vendor / one.name)
    return wanted


def main() -> int:
    """Fetch, check, copy; returns the exit code."""
    try:
        install(ASSETS)
        wanted = copy(ASSETS, VENDOR)
    except AppError as refusal:
        sys.stderr.write(f"{refusal.sentence()}\n")
        return refusal.exit_code
    sys.stdout.write(f"页面脚本就绪：{len(wanted)} 个文件，均与锁定的摘要一致\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
