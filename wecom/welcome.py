"""Welcome messages to new contacts (92137) and the templates for new group members (92366)."""

from dataclasses import dataclass, field
from typing import Any, Final

from wecom import limits
from wecom.answers import Answer
from wecom.attachments import Attachment, Content
from wecom.client import Caller
from wecom.errors import Rejected

SEND: Final = "externalcontact/send_welcome_msg"


async def send(client: Caller, welcome_code: str, content: Content) -> None:
    """Send the welcome (欢迎语): within 20 s of the event, once; the first app that calls wins.

    Safe to repeat while the code lives, because WeCom takes only one: AlreadyDone (41051) says that
    it arrived or that the chat began, Busy (41096) that another app is sending, Refused (41050)
    that the code is dead.
    """
    limits.not_empty("欢迎语凭证", welcome_code)
    body = {"welcome_code": welcome_code, **content.as_json()}
    await client.call(SEND, body, idempotent=True)


@dataclass(frozen=True, slots=True)
class GroupWelcome:
    """What a customer group says to newcomers; ``%NICKNAME%`` becomes the name.

    At most 3000 bytes of text and one attachment. The owner picks the template in the client.
    """

    text: str = field(default="", repr=False)
    attachment: Attachment | None = None

    def __post_init__(self) -> None:
        limits.at_most_bytes("入群欢迎语", self.text, 3000)
        if not self.text and self.attachment is None:
            raise Rejected("入群欢迎语", "text and attachment must not both be empty")

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"text": {"content": self.text}} if self.text else {}
        if self.attachment is not None:
            shown = self.attachment.as_json()
            body[shown["msgtype"]] = shown[shown["msgtype"]]
        return body


async def add_group_template(
    client: Caller, welcome: GroupWelcome, *, notify: bool = True, agent_id: int | None = None
) -> str:
    """Make a template and return its id; at most 100 in a corp. Not repeatable."""
    path = "externalcontact/group_welcome_template/add"
    body = {**welcome.as_json(), "notify": int(notify), **_agent(agent_id)}
    return Answer(path, await client.call(path, body, idempotent=False)).need("template_id")


async def edit_group_template(
    client: Caller, template_id: str, welcome: GroupWelcome, *, agent_id: int | None = None
) -> None:
    body = {"template_id": template_id, **welcome.as_json(), **_agent(agent_id)}
    await client.call("externalcontact/group_welcome_template/edit", body, idempotent=True)


async def delete_group_template(
    client: Caller, template_id: str, *, agent_id: int | None = None
) -> None:
    body = {"template_id": template_id, **_agent(agent_id)}
    await client.call("externalcontact/group_welcome_template/del", body, idempotent=True)


def _agent(agent_id: int | None) -> dict[str, int]:
    return {} if agent_id is None else {"agentid": agent_id}
