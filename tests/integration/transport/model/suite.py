"""What each transport has to do, the real one and the fake."""

from uuid import UUID

import pytest

from tests.integration.transport.model.interface import SERVICES, Loss, Transport

ALL = 100


class TransportSuite:
    """Inherited by one class for each transport, which gives the fixture `transport`."""

    async def test_what_is_committed_goes_out_in_its_order_and_what_is_rolled_back_never(
        self, transport: Transport
    ) -> None:
        first = await transport.write("issuer", 2)
        await transport.write("issuer", 2, commits=False)
        second = await transport.write("issuer", 1)
        assert await transport.streamed() == []
        await transport.publish("issuer")
        assert await transport.streamed() == [*first, *second]
        await transport.publish("issuer")
        assert await transport.streamed() == [*first, *second]

    async def test_each_service_does_the_events_of_all_once(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 2) + await self.published(transport, "notifier", 2)
        for service in SERVICES:
            await transport.consume(service, 3)
            assert await transport.effects(service) == events[:3]
            await transport.consume(service, 3)
            await transport.consume_again(service)
            assert await transport.effects(service) == events

    async def test_what_failed_leaves_nothing_and_comes_again(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 3)
        await transport.consume("issuer", 2, "failed")
        await transport.consume_again("issuer", "failed")
        assert await transport.effects("issuer") == []
        await transport.consume("issuer", ALL)
        assert await transport.effects("issuer") == events[2:], "what failed does not hold up what follows"
        await transport.consume_again("issuer")
        assert await transport.effects("issuer") == [*events[2:], *events[:2]]

    async def test_what_was_done_and_not_heard_of_comes_again_and_is_known(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 2)
        await transport.consume("notifier", ALL)
        await transport.consume("issuer", ALL, "unheard")
        await transport.confirm("issuer")
        assert await transport.unconfirmed("issuer") == set(events)
        await transport.consume_again("issuer")
        await transport.confirm("issuer")
        assert await transport.unconfirmed("issuer") == set()
        assert await transport.effects("issuer") == events

    async def test_a_crash_between_stream_and_record_publishes_twice_and_is_done_once(
        self, transport: Transport
    ) -> None:
        events = await transport.write("issuer", 2)
        await transport.crash_in_publishing("issuer")
        assert await transport.streamed() == events
        await transport.publish("issuer")
        assert await transport.streamed() == [*events, *events]
        await transport.consume("issuer", ALL)
        assert await transport.effects("issuer") == events

    @pytest.mark.parametrize("loss", ["stream", "everything"])
    async def test_what_was_lost_goes_out_again_in_its_order_but_not_what_all_have_done(
        self, transport: Transport, loss: Loss
    ) -> None:
        await self.published(transport, "issuer", 2)
        await self.done_by_all(transport)
        events = await self.published(transport, "issuer", 3)
        await transport.lose(loss)
        await transport.publish("issuer")
        assert await transport.streamed() == events

    async def test_what_an_older_copy_lacks_goes_out_again(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 2)
        await transport.keep_copy()
        later = await self.published(transport, "issuer", 2)
        await transport.consume("issuer", ALL)
        await transport.put_copy_back()
        assert await transport.streamed() == events
        await transport.publish("issuer")
        assert await transport.streamed() == [*events, *later]
        await self.done_by_all(transport)
        assert await transport.effects("issuer") == [*events, *later]

    async def test_a_copy_from_before_an_earlier_loss_is_not_taken_for_the_present(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 1)
        await transport.keep_copy()
        await transport.lose("everything")
        await transport.publish("issuer")
        later = await self.published(transport, "issuer", 1)
        await transport.put_copy_back()
        await transport.publish("issuer")
        assert set(await transport.streamed()) == {*events, *later}

    async def test_a_loss_is_noticed_by_the_one_although_another_has_written_since(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 2)
        await transport.lose("stream")
        others = await self.published(transport, "notifier", 1)
        await transport.publish("issuer")
        assert await transport.streamed() == [*others, *events]

    async def test_a_group_that_was_lost_is_given_all_again_and_knows_it(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 2)
        await self.done_by_all(transport)
        await transport.lose("groups")
        later = await self.published(transport, "issuer", 1)
        await transport.confirm("issuer")
        assert await transport.unconfirmed("issuer") == set(later)
        await self.done_by_all(transport)
        assert [await transport.effects(service) for service in SERVICES] == [[*events, *later]] * 2

    async def test_only_what_all_have_done_is_confirmed(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 1)
        await transport.consume("issuer", ALL)
        await transport.consume("notifier", ALL, "failed")
        await transport.confirm("issuer")
        assert await transport.unconfirmed("issuer") == set(events)
        await transport.consume_again("notifier")
        assert await transport.unconfirmed("issuer") == set(events)
        await transport.confirm("issuer")
        assert await transport.unconfirmed("issuer") == set()

    @pytest.mark.parametrize("loss", ["entries", "unread", "positions", "groups for new ones"])
    async def test_what_one_service_will_not_be_given_goes_out_again(self, transport: Transport, loss: Loss) -> None:
        events = await self.published(transport, "issuer", 3)
        await transport.consume("issuer", ALL)
        await transport.consume("notifier", 1)
        later = await self.published(transport, "issuer", 2)
        await transport.lose(loss)
        await transport.confirm("issuer")
        assert await transport.unconfirmed("issuer") >= {*events[1:], *later}
        await transport.publish("issuer")
        await self.done_by_all(transport)
        assert [await transport.effects(service) for service in SERVICES] == [[*events, *later]] * 2
        assert await transport.unconfirmed("issuer") == set()

    async def test_what_waits_for_a_service_that_is_away_does_not_go_out_again(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 2)
        await transport.consume("issuer", ALL)
        await transport.consume("notifier", 1, "unheard")
        for _ in range(3):
            await transport.confirm("issuer")
            await transport.publish("issuer")
        assert await transport.streamed() == events
        assert await transport.unconfirmed("issuer") == set(events)

    async def test_a_lost_receipt_is_asked_for_again_and_nothing_happens_twice(self, transport: Transport) -> None:
        events = await self.published(transport, "issuer", 2)
        for service in SERVICES:
            await transport.consume(service, ALL)
        await transport.lose("receipts")
        await transport.confirm("issuer")
        await transport.publish("issuer")
        assert await transport.streamed() == [*events, *events]
        await self.done_by_all(transport)
        assert await transport.unconfirmed("issuer") == set()
        assert [await transport.effects(service) for service in SERVICES] == [events] * 2

    async def test_positions_in_a_stream_made_anew_confirm_nothing_of_the_one_before(
        self, transport: Transport
    ) -> None:
        events = await self.published(transport, "issuer", 1)
        await transport.lose("stream")
        await self.published(transport, "notifier", 1)
        await self.done_by_all(transport)
        assert await transport.unconfirmed("issuer") == set(events)
        await transport.publish("issuer")
        assert events[0] in await transport.streamed()

    async def published(self, transport: Transport, service: str, count: int) -> list[UUID]:
        events = await transport.write(service, count)
        await transport.publish(service)
        return events

    async def done_by_all(self, transport: Transport) -> None:
        """Every service does what is on the stream, and is known to have done it."""
        for service in SERVICES:
            await transport.consume(service, ALL)
        for service in SERVICES:
            await transport.confirm(service)
