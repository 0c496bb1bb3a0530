"""Materials are in WeCom before anybody needs them, and are renewed before their three days end."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from config import policy_catalogue
from content_library import uploads
from content_library.uploads import Failed
from delivery.worklist import Work, open_work
from wiring.parts import Parts

USES = {uploads.MESSAGE: "消息", uploads.MOMENT: "朋友圈"}


async def renew(parts: Parts, at: datetime, *, codes: Collection[str] = ()) -> Mapping[str, Any]:
    """Upload what is missing or ends soon; what keeps failing becomes work for a person."""
    policy = parts.shelf.of(policy_catalogue.LIBRARY)
    done = await uploads.renew(parts.databases.bank, parts.wecom, at, policy, codes=codes)
    async with parts.databases.bank.transaction() as session:
        await open_work(session, [_work(one, at) for one in done.failed], at=at)
    return {"uploaded": done.uploaded, "failing": len(done.failed), "waiting": done.waiting}


def _work(one: Failed, at: datetime) -> Work:
    return Work(
        key=f"material_upload:{one.digest[:16]}:{one.use}",
        kind="material_upload",
        title="素材传不到企业微信",
        why=f"素材 {one.code}（用于{USES[one.use]}）连续 {one.failures} 次上传失败：{one.problem}；"
        "在用的编号失效后，带它的消息会停下来等",
        facts={"failures": one.failures},
        reopens=True,
    )
