"""Nobody on an order is left without it because a group cannot be reached."""

from deploy.local.telegram.model import Member, Status
from shared.events import MissionIssuedData
from tests.integration.notifier.scene import PEOPLE, Scene, until
from tests.unit.notifier.samples import GDCS, LEADER, LEADERSHIP, MEMBER, POLICY, group, unit

PRIVATE = "Sent to you privately"


async def thrown_out(scene: Scene) -> MissionIssuedData:
    """An order whose leader's group has thrown the bot out."""
    actors, bot = scene.sandbox.actors, scene.sandbox.world.state.bot.id
    actors.set_member(POLICY, bot, Member(status=Status.KICKED))
    data = await scene.issue()
    await scene.settled(data.mission_id, POLICY, "failed")
    for chat in (LEADERSHIP, GDCS):
        await scene.settled(data.mission_id, chat, "sent")
    return data


async def test_whoever_is_linked_gets_the_letter_and_whoever_links_later(scene: Scene) -> None:
    async with scene.running():
        first = await thrown_out(scene)
        assert scene.bots(PEOPLE["leader"], PRIVATE) == []
        await scene.link(MEMBER, "member")
        await scene.link(LEADER, "leader")
        letter = await scene.said(PEOPLE["leader"], PRIVATE)
        assert first.number in letter["caption"]
        second = await thrown_out(scene)
        await scene.settled(second.mission_id, PEOPLE["leader"], "sent")
        answer = await scene.press(PEOPLE["leader"], letter["message_id"], "leader")
        assert not answer.get("show_alert")
        scene.sandbox.actors.set_member(POLICY, scene.sandbox.world.state.bot.id, Member(status=Status.ADMINISTRATOR))
        for data in (first, second):
            await scene.settled(data.mission_id, POLICY, "sent")
    assert len(scene.bots(PEOPLE["leader"], PRIVATE)) == 2
    assert scene.bots(PEOPLE["member"], PRIVATE) == []
    told = await scene.events("AnnouncementDelivered")
    assert {event.data.chat for event in told} == {LEADERSHIP, GDCS, POLICY}


async def test_a_unit_without_a_group_is_announced_to_when_the_directory_gives_it_one(scene: Scene) -> None:
    scene.sandbox.world.state.chats.pop(LEADERSHIP)
    bare = [unit("mcs.gdcs", None, revision=9), unit("mcs.gdcs-policy", "mcs.gdcs", revision=9)]
    async with scene.running():
        await scene.publish(*bare)
        known = "SELECT count(*) = 2 FROM unit WHERE revision = 9"
        await until(lambda: scene.database.fetchval(known))
        data = await scene.issue()
        await until(lambda: scene.database.fetchval("SELECT 1 FROM delivery WHERE error = 'no group'"))
        await scene.publish(unit("mcs.gdcs", None, group(GDCS), revision=10))
        await scene.settled(data.mission_id, GDCS, "sent")
    assert len(scene.bots(GDCS)) == 1
    lacking = "SELECT count(*) FROM delivery WHERE chat IS NULL AND state = 'failed'"
    assert await scene.database.fetchval(lacking) == 0
