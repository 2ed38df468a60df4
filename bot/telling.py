"""How people are told what is no answer: notices, results of commands, failures; patiently, and never in vain."""

import hashlib
import logging
import secrets
from collections.abc import Mapping

from bot.contract import Channel, CommandInvoked, Origin, Platform, Post
from bot.errors import BotError, ChannelError, ModelUnavailable, Notice
from bot.patience import patiently
from bot.words import Words

log = logging.getLogger("parley.telling")

NOTICE_PATIENCE_S = 20.0
"""How long a notice waits for a limited platform: longer, and nobody looks for it any more."""


class Teller:
    """Says notices in the reader's language. `fallback` is the model to suggest where one is unavailable."""

    def __init__(self, platforms: Mapping[str, Platform], words: Words, fallback: str | None) -> None:
        self._platforms = platforms
        self._words = words
        self._fallback = fallback

    def open(self, origin: Origin) -> Channel:
        """A channel on this origin."""
        return self._platforms[origin.address.platform].open(origin)

    def say(self, notice: Notice, origin: Origin) -> str:
        """The notice in the asker's language."""
        return self._words.say(notice, origin.locale)

    async def notify(self, origin: Origin, notice: Notice) -> None:
        """Tell the asker alone; where even that fails, the log has it."""
        text, channel = self.say(notice, origin), self.open(origin)
        try:
            await patiently(lambda: channel.notify(text), NOTICE_PATIENCE_S)
        except ChannelError as error:
            log.warning("notice_untold notice=%s reason=%s", notice.id, error)

    async def post(self, event: CommandInvoked, notice: Notice) -> bool:
        """Answer a command for everybody to see; False where that is not possible."""
        key = "c" + hashlib.sha256(event.keys.event.encode()).hexdigest()[:16]
        post, channel = Post(self.say(notice, event.origin), final=True, key=key), self.open(event.origin)
        try:
            await patiently(lambda: channel.send(post), NOTICE_PATIENCE_S)
        except ChannelError as error:
            log.warning("command_not_posted command=%s reason=%s", event.name, error)
            return False
        return True

    def explain(self, error: BotError) -> Notice:
        """The error's own notice; one about a model also names the model to turn to."""
        if isinstance(error, ModelUnavailable) and self._fallback and self._fallback != error.model:
            return Notice("model-unavailable-fallback", {"model": error.model, "fallback": self._fallback})
        return error.notice


def incident(what: str) -> Notice:
    """A number under which the log has the trace of the exception at hand and by which the asker can name it."""
    number = secrets.token_hex(4)
    log.exception("incident id=%s %s", number, what)
    return Notice("incident", {"id": number})
