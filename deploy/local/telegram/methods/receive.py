"""How the bot receives updates: by long poll or by webhook."""

import re
from urllib.parse import urlsplit

from deploy.local.telegram.errors import bad_request, conflict
from deploy.local.telegram.faults import BATCH, FaultKind
from deploy.local.telegram.hosts import is_loopback
from deploy.local.telegram.methods.types import Method
from deploy.local.telegram.model import Json, Webhook
from deploy.local.telegram.params import Params
from deploy.local.telegram.updates import Batch, update_json
from deploy.local.telegram.world import World

WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
SET_WEBHOOK = "terminated by setWebhook request"


async def get_updates(world: World, params: Params) -> list[Json]:
    """The updates from `offset` on; those below it are thereby confirmed."""
    if world.state.webhook:
        raise conflict(WEBHOOK_ACTIVE)
    world.updates.allow(params.strings("allowed_updates"))
    limit = params.integer("limit", 100)
    timeout = min(max(params.integer("timeout"), 0), 50)
    batch = Batch(params.integer("offset"), limit if 0 < limit <= 100 else 100, timeout)
    found = [update_json(update) for update in await world.updates.poll(batch)]
    return disturbed(world, "getUpdates", found)


def disturbed(world: World, method: str, found: list[Json]) -> list[Json]:
    """The batch after the planned disturbances of its order or number."""
    fault = world.faults.take(BATCH, method, None) if found else None
    if fault is None:
        return found
    if fault.kind is FaultKind.REORDER_UPDATES:
        return found[::-1]
    return [update for update in found for _ in range(2)]


async def set_webhook(world: World, params: Params) -> bool:
    """Starts posting updates to `url`, which must be on this machine; an empty one stops it."""
    url = params.text("url").strip()
    if not url:
        return await delete_webhook(world, params)
    _check_url(url)
    secret = params.text("secret_token") or None
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    world.updates.allow(params.strings("allowed_updates"))
    if params.flag("drop_pending_updates"):
        world.state.updates.clear()
    connections = min(max(params.integer("max_connections", 40), 1), 100)
    world.state.webhook = Webhook(url=url, secret_token=secret, max_connections=connections)
    world.updates.end_poll(SET_WEBHOOK)
    world.updates.nudge()
    return True


async def delete_webhook(world: World, params: Params) -> bool:
    """Stops posting; waiting updates stay for getUpdates unless they are to be dropped."""
    if params.flag("drop_pending_updates"):
        world.state.updates.clear()
    world.state.webhook = None
    return True


async def get_webhook_info(world: World, params: Params) -> Json:
    """A WebhookInfo."""
    hook = world.state.webhook
    info: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.pending()),
    }
    if hook:
        info |= {"max_connections": hook.max_connections, "ip_address": "127.0.0.1"}
    if hook and hook.last_error_date:
        info |= {"last_error_date": hook.last_error_date, "last_error_message": hook.last_error_message}
    if world.state.allowed_updates:
        info["allowed_updates"] = world.state.allowed_updates
    return info


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not is_loopback(parts.hostname):
        raise bad_request("bad webhook: Failed to resolve host: Name or service not known")


METHODS: dict[str, Method] = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
