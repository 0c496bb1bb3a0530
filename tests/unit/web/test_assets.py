"""Third-party files come by a lock with hashes, and nothing else is served."""

import json
import sys
from pathlib import Path

import pytest

from kit.web import assets
from kit.web.assets import (
    ASSETS,
    AssetChanged,
    AssetsUnavailable,
    copy,
    find_npm,
    install,
    read_lock,
    sha256_of,
)


@pytest.fixture
def bench(tmp_path: Path) -> tuple[Path, Path]:
    """A lock of one file, its node_modules, and an empty place to copy to."""
    source = tmp_path / "assets" / "node_modules" / "pkg" / "a.js"
    source.parent.mkdir(parents=True)
    source.write_text("one()")
    lock = {"a.js": {"from": "pkg/a.js", "sha256": sha256_of(source)}}
    (tmp_path / "assets" / "vendor.lock.json").write_text(json.dumps(lock))
    return tmp_path / "assets", tmp_path / "vendor"


def test_a_locked_file_is_copied_and_a_stale_one_removed(bench: tuple[Path, Path]) -> None:
    folder, vendor = bench
    vendor.mkdir()
    (vendor / "old.js").write_text("old()")
    assert [one.name for one in copy(folder, vendor)] == ["a.js"]
    assert [path.name for path in vendor.iterdir()] == ["a.js"]
    assert (vendor / "a.js").read_text() == "one()"


@pytest.mark.parametrize("change", ["other()", None])
def test_a_changed_or_missing_file_is_refused_before_anything_is_touched(
    bench: tuple[Path, Path], change: str | None
) -> None:
    folder, vendor = bench
    source = folder / "node_modules" / "pkg" / "a.js"
    if change is None:
        source.unlink()
    else:
        source.write_text(change)
    with pytest.raises(AssetChanged, match=r"a\.js"):
        copy(folder, vendor)
    assert not vendor.exists()


def test_without_npm_the_person_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(AssetsUnavailable, match="没有 npm") as refusal:
        find_npm()
    assert "make setup" in refusal.value.do


def test_npm_beside_our_python_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "npm-of-elsewhere").touch()
    beside = tmp_path / "npm"
    beside.touch()
    assert find_npm() == (str(beside),)


def test_a_registry_out_of_reach_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr(assets, "find_npm", lambda: (str(npm),))
    with pytest.raises(AssetsUnavailable, match="连不上") as refusal:
        install(tmp_path)
    assert refusal.value.saw == "npm error code ENOTFOUND"
    assert refusal.value.exit_code == 2


def test_the_committed_locks_pin_versions_and_name_no_host() -> None:
    package = json.loads((ASSETS / "package.json").read_text())
    assert package["dependencies"] == {"@wecom/jssdk": "2.4.4", "htmx.org": "2.0.11"}
    lock = json.loads((ASSETS / "package-lock.json").read_text())
    inside = {path: one for path, one in lock["packages"].items() if path}
    assert all(
        "resolved" not in one and one["integrity"].startswith("sha512-") for one in inside.values()
    )
    assert "//" not in (ASSETS / "package-lock.json").read_text().replace("/npm//", "")
    assert {one.name for one in read_lock(ASSETS / "vendor.lock.json")} == {
        "htmx.min.js",
        "wecom.global.prod.js",
    }
    assert all(len(one.sha256) == 64 for one in read_lock(ASSETS / "vendor.lock.json"))
