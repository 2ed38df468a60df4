"""Files on their way into a turn and out of it."""

import re
from functools import partial
from pathlib import Path

from bot.contract import Attachment, File, Voice
from bot.errors import BadOption, ChannelBusy, FileError, FileLost
from bot.features.kit import Workshop
from bot.features.scene import Scene
from bot.files import Blob
from bot.kinds import extension_of
from bot.made import OWN
from bot.media.values import Fitted, Spoken
from bot.patience import patiently
from bot.reply.journal import FIRST_FILE, post_key

LOCATE_PATIENCE_S = 60.0
"""How long a file waits for a limited platform to say where it is."""

_WORDS_IN_NAME = 4
_GAPS = re.compile(r"\W+")


class FileBusy(FileError):
    """Its platform had no time to say where it is, and may have some later."""

    notice_id = "file-busy"


def workshop(scene: Scene) -> Workshop:
    """What works on files. Raises `BadOption` where there is nothing that does."""
    if scene.kit.workshop is None:
        raise BadOption("no-gateway")
    return scene.kit.workshop


async def fetched(scene: Scene, attachment: Attachment) -> Blob:
    """The bytes of a file of this conversation, our own ones too.

    Raises `FileError`, which is `FileBusy` where only time was missing, and `ChannelError`.
    """
    shop = workshop(scene)
    if attachment.ref.startswith(OWN):
        kept = await shop.blobs.find(attachment.ref.removeprefix(OWN))
        if kept is None:
            raise FileLost("it was tidied away", attachment.name)
        return kept
    try:
        download = await patiently(partial(scene.channel.locate, attachment), LOCATE_PATIENCE_S)
    except ChannelBusy as error:
        raise FileBusy(str(error), attachment.name) from error
    return await shop.door.fetch(download, attachment, most=scene.kit.defaults.most_file)


def picture_file(scene: Scene, number: int, shown: Fitted, words: str) -> File:
    """A picture as the post of that number shows it; `words` say what it shows."""
    return File(file_name(scene, number, words, shown.media_type), shown.media_type, shown.size, shown.path, alt=words)


def sound_file(scene: Scene, number: int, spoken: Spoken, words: str) -> File:
    """A sound as the post of that number plays it, as a voice message where there are such things."""
    message = scene.channel.capabilities.voice and spoken.media_type == "audio/ogg"
    voice = Voice(spoken.duration_s, spoken.waveform) if message else None
    name = file_name(scene, number, words, spoken.media_type)
    return File(name, spoken.media_type, spoken.size, spoken.path, voice=voice)


def text_file(scene: Scene, number: int, path: Path, size: int, media_type: str) -> File:
    """A text as a file in the post of that number."""
    return File(file_name(scene, number, path.stem, media_type), media_type, size, path)


def file_name(scene: Scene, number: int, words: str, media_type: str) -> str:
    """A few words and the key of the post, by which it is found again."""
    few = [word for word in _GAPS.split(words.lower()) if word][:_WORDS_IN_NAME]
    key = post_key(scene.turn.key, FIRST_FILE + number)
    return "-".join([*few, key])[-80:] + extension_of(media_type)
