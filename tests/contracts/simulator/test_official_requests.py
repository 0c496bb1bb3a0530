"""Every documented request field is known: a strict simulator refuses none of them."""

import json
import re
from pathlib import Path

import pytest

from simulator.wecom.catalogue import ENDPOINTS
from simulator.wecom.strictness import read, unknown_fields
from tests.contracts.simulator.shapes import SAMPLES

NAME = re.compile(r"\d+_(?P<call>[\w.]+?)\.request(\.[\w]+)*\.json")
NOT_SERVED = (
    "tag.", "agent.", "appchat.", "batch.sync", "batch.replace", "kf.", "user.getuserid",
    "externalcontact.customer_acquisition", "externalcontact.customer_strategy",
    "externalcontact.moment_strategy", "product_album", "strategy_tag", "media.upload_by_url",
    "media.get_upload_by_url",
)  # fmt: skip


def _requests() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(SAMPLES.glob("*.request*.json")):
        match = NAME.fullmatch(path.name)
        if match and not any(part in path.name for part in NOT_SERVED):
            found.append((_path_of(match["call"]), path))
    return found


def _path_of(call: str) -> str:
    return next((path for path in ENDPOINTS if path.replace("/", ".") == call), call)


@pytest.mark.parametrize(("path", "file"), _requests(), ids=lambda part: getattr(part, "name", ""))
def test_the_official_request_is_understood_whole(path: str, file: Path) -> None:
    body = json.loads(file.read_text(encoding="utf-8"))
    asked = read(ENDPOINTS[path].model, body, strict=True)
    assert unknown_fields(asked) == set()


def test_there_are_official_requests_for_most_endpoints_that_take_a_body() -> None:
    served = {path for path, _ in _requests()}
    posts = {path for path, endpoint in ENDPOINTS.items() if endpoint.method == "POST"}
    assert len(served) > 50
    assert served <= posts
