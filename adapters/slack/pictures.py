"""Pictures that an earlier process has put into a post: an update that does not repeat them would take them away."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.slack.api import Api
from adapters.slack.blocks import Picture
from bot.contract import Address, PostId
from bot.errors import ChannelBusy, ChannelError

log = logging.getLogger("parley.slack")

_FEW = 10
"""A thread's first message is told with every page."""


async def standing(api: Api, address: Address, post_id: PostId) -> tuple[Picture, ...]:
    """The pictures of a post of ours; none where it cannot be read. Raises `ChannelBusy`."""
    method = "conversations.history" if address.thread is None else "conversations.replies"
    where = {"channel": address.channel, "ts": address.thread, "oldest": post_id, "latest": post_id}
    try:
        told = await api.call(method, address, **where, inclusive="true", limit=_FEW, include_all_metadata="true")
    except ChannelBusy:
        raise
    except ChannelError as error:
        log.info("slack_post_not_read channel=%s reason=%s", address.channel, error)
        return ()
    found = [message for message in told.get("messages") or () if message.get("ts") == post_id]
    return _pictures(found[0]) if found else ()


def _pictures(message: Mapping[str, Any]) -> tuple[Picture, ...]:
    """The ids are read from our own metadata first: what Slack makes of a block is Slack's to change."""
    images = [block for block in message.get("blocks") or () if block.get("type") == "image"]
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    ids = str(payload.get("pictures") or "").split() or _ids(images)
    alts = [str(image.get("alt_text") or "") for image in images]
    return tuple(Picture(id, alt or id) for id, alt in zip(ids, alts, strict=False))


def _ids(images: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str((image.get("slack_file") or {}).get("id")) for image in images if image.get("slack_file")]
