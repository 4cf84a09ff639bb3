"""Posting updates to the bot's webhook, one at a time and in order, again and again until it takes them."""

import asyncio

from aiohttp import ClientError, ClientSession, ClientTimeout

from deploy.local.telegram.dispatch import execute
from deploy.local.telegram.errors import ApiError
from deploy.local.telegram.methods.receive import disturbed
from deploy.local.telegram.model import Json, Webhook
from deploy.local.telegram.multipart import read_body
from deploy.local.telegram.params import Params
from deploy.local.telegram.updates import update_json
from deploy.local.telegram.world import World

SIGNED_BY = "X-Telegram-Bot-Api-Secret-Token"
LONGEST_PAUSE = 60.0
BATCH_SIZE = 10


class WebhookSender:
    """Delivers while a webhook is set; `first_pause` seconds after a failure, doubled up to a minute."""

    def __init__(self, world: World, first_pause: float = 1.0) -> None:
        self._world = world
        self._first_pause = first_pause

    async def run(self) -> None:
        """Delivers until cancelled."""
        pause = self._first_pause
        async with ClientSession(timeout=ClientTimeout(total=60)) as session:
            while True:
                hook = self._world.state.webhook
                waiting = self._world.updates.pending()
                if hook is None or not waiting:
                    await self._world.updates.arrival()
                    continue
                if await self._deliver(session, hook):
                    pause = self._first_pause
                    continue
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _deliver(self, session: ClientSession, hook: Webhook) -> bool:
        state = self._world.state
        waiting = self._world.updates.pending()[:BATCH_SIZE]
        for update in disturbed(self._world, "webhook", [update_json(update) for update in waiting]):
            if state.webhook is not hook:
                return True
            if not await self._post(session, hook, update):
                return False
            state.updates[:] = [kept for kept in state.updates if kept.id != update["update_id"]]
            self._world.changes.note()
        return True

    async def _post(self, session: ClientSession, hook: Webhook, update: Json) -> bool:
        headers = {SIGNED_BY: hook.secret_token} if hook.secret_token else {}
        try:
            async with session.post(hook.url, json=update, headers=headers) as response:
                body = await response.read()
                if response.ok:
                    await self._reply(response.headers.get("Content-Type", ""), body)
                    return True
                problem = f"Wrong response from the webhook: {response.status} {response.reason}"
        except TimeoutError:
            problem = "Read timeout expired"
        except ClientError:
            problem = "Connection refused"
        hook.last_error_date, hook.last_error_message = self._world.now(), problem
        return False

    async def _reply(self, content_type: str, body: bytes) -> None:
        params = Params()
        try:
            read_body(content_type, body, params)
        except ApiError:
            return
        method = params.values.pop("method", "")
        if method:
            await execute(self._world, method, params)
