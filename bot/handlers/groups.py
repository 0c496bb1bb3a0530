"""Customer groups: the present state is read and landed; WeCom's data may lag two seconds."""

from datetime import datetime

from bot.handlers.office import Office
from community import landing
from crm_sync.repository.staff import unit_of_userids
from wecom import groups
from wecom.errors import RelationGone
from wecom.events import GroupCreated, GroupDismissed, GroupUpdated


async def changed(
    event: GroupCreated | GroupUpdated, digest: str, at: datetime, office: Office
) -> None:
    """A group was made or changed: read it whole."""
    try:
        detail = await groups.get(office.wecom, event.chat_id)
    except RelationGone:  # 49008: dismissed meanwhile
        async with office.database.transaction() as session:
            await landing.dismiss(session, event.chat_id, at)
        return
    quit_scenes: dict[str, int] = {}
    if isinstance(event, GroupUpdated) and event.quit_scene is not None:
        quit_scenes = dict.fromkeys(event.member_ids, event.quit_scene)
    async with office.database.transaction() as session:
        owner = detail.owner.lower()
        units = await unit_of_userids(session, [owner])
        await landing.land_group(
            session, detail, at, unit_id=units.get(owner), quit_scenes=quit_scenes
        )


async def dismissed(event: GroupDismissed, digest: str, at: datetime, office: Office) -> None:
    """The owner dissolved the group."""
    async with office.database.transaction() as session:
        await landing.dismiss(session, event.chat_id, event.at or at)
