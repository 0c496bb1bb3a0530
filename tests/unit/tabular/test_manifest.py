"""The manifest promises rows and a digest; a file that is another one is refused."""

import json
from pathlib import Path

import pytest

from kit.errors import InputRefused
from kit.tabular import Manifest, read_manifest

SHA = "a" * 64


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"rows": 3, "sha256": SHA}, Manifest(3, SHA, "")),
        ({"rows": 0}, Manifest(0, None, "")),
        ({"sha256": SHA.upper(), "source_date": "2026-11-20"}, Manifest(None, SHA.upper(), "2026-11-20")),
        ({"files": {"a.csv": {"rows": 3}}, "seed": 7}, Manifest(3, None, "")),
    ],
)  # fmt: skip
def test_a_manifest_is_read(tmp_path: Path, document: object, expected: Manifest) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read_manifest(path, "a.csv") == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "E-2111"),
        ("[]", "E-2111"),
        ("{}", "E-2111"),
        ('{"rows": -1}', "E-2111"),
        ('{"rows": "3"}', "E-2111"),
        ('{"rows": true}', "E-2111"),
        ('{"sha256": "abc"}', "E-2111"),
        ('{"sha256": 5}', "E-2111"),
        ('{"rows": 3, "source_date": "昨天"}', "E-2111"),
        ('{"files": {"b.csv": {"rows": 3}}}', "E-2111"),
        ('{"files": {"a.csv": 3}}', "E-2111"),
        ("[" * 100_000, "E-2111"),
        (None, "E-2101"),
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path: Path, text: str | None, code: str) -> None:
    path = tmp_path / "manifest.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        read_manifest(path, "a.csv")
    assert refused.value.code == code


def test_rows_and_digest_are_compared() -> None:
    Manifest(3, SHA.upper()).check(rows=3, sha256=SHA, file="a.csv")
    for manifest in (Manifest(4, SHA), Manifest(3, "b" * 64)):
        with pytest.raises(InputRefused) as refused:
            manifest.check(rows=3, sha256=SHA, file="a.csv")
        assert refused.value.code == "E-2112"
