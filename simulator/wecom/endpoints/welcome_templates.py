"""入群欢迎语: templates that group owners pick in their client (api.md 3.9)."""

from typing import Annotated, Any

from pydantic import Field

from simulator.wecom.endpoints.attachments import (
    Image,
    Link,
    Media,
    MiniProgram,
    Text,
    check_link,
    check_media,
    checked_text,
)
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.strictness import Ask

TEXT_BYTES = 3_000


class TemplateFields(Ask):
    """Text and one other part: image > link > miniprogram > file > video."""

    text: Text | None = None
    image: Image | None = None
    link: Link | None = None
    miniprogram: MiniProgram | None = None
    file: Media | None = None
    video: Media | None = None
    agentid: int | None = None


class AddTemplate(TemplateFields):
    """group_welcome_template/add [92366]."""

    notify: Annotated[int, Field(ge=0, le=1)] = 1


class EditTemplate(TemplateFields):
    """group_welcome_template/edit."""

    template_id: str


class DeleteTemplate(Ask):
    """group_welcome_template/del."""

    template_id: str
    agentid: int | None = None


class GetTemplate(Ask):
    """group_welcome_template/get."""

    template_id: str


def add_template(call: Call, ask: AddTemplate) -> Json:
    """A new template; 100 per corp."""
    templates = call.world.templates
    if len(templates) >= call.world.modes.welcome_template_cap:
        raise Refused(41055, "group welcome template out of limit")
    face = _face(call, ask)
    template_id = call.world.ids.text("msg")
    templates[template_id] = (call.app.agent_id, face)
    return {"template_id": template_id}


def edit_template(call: Call, ask: EditTemplate) -> Json:
    """Overwrite a template of this app."""
    _found(call, ask.template_id, own=True)
    call.world.templates[ask.template_id] = (call.app.agent_id, _face(call, ask))
    return {}


def get_template(call: Call, ask: GetTemplate) -> Json:
    """A template as it is stored."""
    return dict(_found(call, ask.template_id, own=False))


def delete_template(call: Call, ask: DeleteTemplate) -> Json:
    """Delete a template of this app."""
    _found(call, ask.template_id, own=True)
    del call.world.templates[ask.template_id]
    return {}


def _found(call: Call, template_id: str, *, own: bool) -> dict[str, Any]:
    known = call.world.templates.get(template_id)
    if known is None:
        raise Refused(40058, "invalid template_id")
    maker, face = known
    if own and maker != call.app.agent_id:
        raise Refused(41058, "no right to edit this template")
    return face


def _face(call: Call, ask: TemplateFields) -> dict[str, Any]:
    face: dict[str, Any] = {}
    text = checked_text(ask.text, TEXT_BYTES)
    if text:
        face["text"] = {"content": text}
    if ask.image is not None:
        check_media(call, ask.image.media_id)
        url = ask.image.pic_url or f"https://wework.example/pic/{ask.image.media_id}"
        face["image"] = {"pic_url": url}
    elif ask.link is not None:
        check_link(ask.link)
        face["link"] = ask.link.model_dump(exclude_unset=True)
    elif ask.miniprogram is not None:
        check_media(call, ask.miniprogram.pic_media_id)
        face["miniprogram"] = ask.miniprogram.model_dump(exclude_unset=True)
    elif ask.file is not None:
        check_media(call, ask.file.media_id)
        face["file"] = {"media_id": ask.file.media_id}
    elif ask.video is not None:
        check_media(call, ask.video.media_id)
        face["video"] = {"media_id": ask.video.media_id}
    if not face:
        raise Refused(40063, "text and attachment both empty")
    return face


ENDPOINTS = (
    post("externalcontact/group_welcome_template/add", AddTemplate, add_template, "customer"),
    post("externalcontact/group_welcome_template/edit", EditTemplate, edit_template, "customer"),
    post("externalcontact/group_welcome_template/get", GetTemplate, get_template, "customer"),
    post("externalcontact/group_welcome_template/del", DeleteTemplate, delete_template, "customer"),
)
