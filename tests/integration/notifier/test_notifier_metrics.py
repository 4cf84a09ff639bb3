"""What the notifier tells of its deliveries and of units that nobody can reach."""

from services.notifier.store.figures import STATES, figures
from shared.metrics import REGISTRY
from shared.postgres import open_pool
from tests.integration.notifier.scene import Scene, until
from tests.unit.notifier.samples import GDCS, LEADERSHIP, POLICY, unit


async def told(scene: Scene) -> dict[str, float]:
    async with open_pool(scene.settings.database_url.get_secret_value(), "notifier", 2) as pool:
        return {f"{each.name} {each.label[1]}" if each.label else each.name: each.value for each in await figures(pool)}


def resends() -> float:
    return REGISTRY.get_sample_value("besakakam_resends_total") or 0


async def test_nothing_is_told_as_nothing(scene: Scene) -> None:
    found = await told(scene)
    assert found["deliveries uncertain"] == found["deliveries pending"] == found["units_without_group"] == 0
    assert found["deliveries resend"] == 0


async def test_deliveries_by_state_and_units_without_a_group(scene: Scene) -> None:
    scene.fault("drop_after", "sendDocument", chat_id=GDCS)
    async with scene.running(resend_seconds=0):
        await scene.publish(unit("mcs.nobody", None))
        data = await scene.issue()
        await scene.settled(data.mission_id, GDCS, "uncertain")
        for chat in (LEADERSHIP, POLICY):
            await scene.settled(data.mission_id, chat, "sent")
    found = await told(scene)
    assert (found["deliveries uncertain"], found["deliveries resend"]) == (1, 0)
    assert "deliveries sent" not in found
    assert found["deliveries_late_seconds"] == 0
    assert found["units_without_group"] >= 1


async def test_what_waits_to_be_sent_again_is_told_apart_from_what_stays_uncertain(scene: Scene) -> None:
    scene.fault("drop_before", "sendDocument", chat_id=GDCS, count=2)
    before = resends()
    async with scene.running(resend_seconds=3600):
        data = await scene.issue()
        await scene.settled(data.mission_id, GDCS, "uncertain")
        waiting = await told(scene)
        await scene.grace_over()

        async def for_good() -> bool:
            return (await told(scene))["deliveries uncertain"] == 1

        await until(for_good)
    assert (waiting["deliveries resend"], waiting["deliveries uncertain"]) == (1, 0)
    assert (await told(scene))["deliveries resend"] == 0
    assert resends() == before + 1


async def test_an_old_replicas_mark_on_a_sent_message_counts_for_nothing(scene: Scene) -> None:
    """It records that the message stands, and knows of no copy."""
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, GDCS, "sent")
    for state, resend in (("sent", 0), ("failed", 0), ("uncertain", 1)):
        await scene.database.execute("UPDATE delivery SET state = $2, resend_at = now() WHERE chat = $1", GDCS, state)
        assert (await told(scene))["deliveries resend"] == resend


async def test_counting_reads_its_index_alone(scene: Scene) -> None:
    async with scene.database.transaction():
        await scene.database.execute("SET LOCAL enable_seqscan = off")
        plan = await scene.database.fetch(f"EXPLAIN {STATES}")
    assert any("delivery_watched" in row[0] for row in plan)
