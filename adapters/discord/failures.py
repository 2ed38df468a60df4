"""Discord's refusals and discord.py's exceptions, as the house's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from bot.errors import ChannelBusy, ChannelError, ChannelGone, PostGone, PostRejected

UNKNOWN_WEBHOOK = 10015
CANNOT_READ_HISTORY = 160002

_UNKNOWN_MESSAGE = 10008
_VOICE_EDITED = 50162
_NO_VOICE = frozenset({50159, 50160, 50161, 50173})
_NO_RIGHT = frozenset({50001, 50013})
_REJECTED = frozenset({40005, 50006, 50024, 50035, 50083, 200000, 240000})
_AWAY_S = 5.0
_BANNED_S = 60.0


class VoiceRefused(PostRejected):
    """It is not taken as a voice message: no right to send one, or not what Discord calls one."""


class VoiceStays(PostRejected):
    """A voice message cannot be edited."""


class Banned(ChannelBusy):
    """Discord takes nothing from this token or address for a while: nobody should call."""


@contextmanager
def translated() -> Iterator[None]:
    """Raises `ChannelError` for everything that a call of discord.py can end in."""
    try:
        yield
    except discord.RateLimited as error:
        raise ChannelBusy("limited", error.retry_after) from error
    except discord.HTTPException as error:
        raise refusal(error) from error
    except TimeoutError as error:
        raise ChannelBusy("no answer in time", _AWAY_S) from error
    except (aiohttp.ClientError, OSError) as error:
        raise ChannelBusy(f"no connection: {type(error).__name__}", _AWAY_S) from error


def refusal(error: discord.HTTPException) -> ChannelError:
    """One refusal by its code (https://discord.com/developers/docs/topics/opcodes-and-status-codes).

    A post that was deleted under us (10008) is `PostGone`: a person took the answer away.
    """
    reason = brief(error)
    if error.status == 401 and error.code in (0, 40001):
        return Banned(reason, _BANNED_S)
    if error.status == 429:
        return Banned(reason, _BANNED_S) if not error.code else ChannelBusy(reason, _AWAY_S)
    if error.status >= 500:
        return ChannelBusy(reason, _AWAY_S)
    if error.code in _NO_VOICE:
        return VoiceRefused(reason)
    if error.code == _VOICE_EDITED:
        return VoiceStays(reason)
    if error.code in _REJECTED or error.status in (400, 413):
        return PostRejected(reason)
    return PostGone(reason) if error.code == _UNKNOWN_MESSAGE else ChannelGone(reason)


def lacks_a_right(error: ChannelError) -> bool:
    """Whether it was refused for a right that the bot does not have there."""
    cause = error.__cause__
    return isinstance(cause, discord.HTTPException) and cause.code in _NO_RIGHT


def brief(error: discord.HTTPException) -> str:
    """One line for the log: status, code and Discord's own words, which never repeat what was sent."""
    words = "; ".join(line for line in error.text.splitlines() if line) if error.code else ""
    return f"{error.status} {error.code} {words[:300]}".strip()
