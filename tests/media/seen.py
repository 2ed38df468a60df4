"""What is expected on the screens of all cases, in the house's own words and in pictures and sounds."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from bot.words import Words
from tests.fakes.gateway.painting import colour
from tests.media.places import MediaPlace, Shown

_WORDS = Words.load()
_NEAR = 6
SEND = "POST /channels/{channel_id}/messages"
"""Discord's address for new messages."""


def told(message_id: str, **params: object) -> str:
    """The house's own words, in English."""
    return _WORDS.text(message_id, "en", **params)


@dataclass(frozen=True, slots=True)
class Advice:
    """What chooses another model in place of one that has failed."""

    setting: str
    command: str = ""
    other: str = ""

    def told(self, message_id: str, **params: object) -> str:
        """The house's words for a failure, with this behind those that are about the model."""
        said = told(message_id, **params)
        if not message_id.startswith("craft-"):
            return said
        words = "another-for-craft" if self.command else "setting-for-craft"
        return told(words, said=said, setting=self.setting, command=self.command, other=self.other)


def refuse_upload(place: MediaPlace) -> None:
    """The platform of this place does not take the next file."""
    if place.platform == "Slack":
        place.far.slack.fail("files.getUploadURLExternal", "file_uploads_disabled")
    else:
        place.far.discord.fail(SEND, 400, json={"code": 40005, "message": "Request entity too large"})


async def reads(place: MediaPlace, words: str) -> str:
    """Somebody reads this there; gives it."""
    await place.until(lambda: words in place.words())
    return words


async def shows(place: MediaPlace, count: int = 1) -> list[Shown]:
    """So many files stand there and nothing more is to come."""
    await place.until(lambda: len(place.files()) >= count)
    await place.rested()
    found = place.files()
    assert len(found) == count, f"{[file.name for file in found]} instead of {count}"
    return found


def painted(shown: Shown, *layers: str | tuple[int, int, int]) -> Image.Image:
    """The picture has the colour of these prompts and pictures, each laid half over those before it."""
    wanted: Sequence[float] = (0, 0, 0)
    for number, layer in enumerate(layers):
        below = colour(layer) if isinstance(layer, str) else layer
        wanted = below if number == 0 else [(one + other) / 2 for one, other in zip(wanted, below, strict=True)]
    picture = shown.picture
    found = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(found, tuple)
    assert all(abs(one - other) <= _NEAR for one, other in zip(found, wanted, strict=True)), f"{found}: not {wanted}"
    return picture


def sized(picture: Image.Image) -> str:
    """What it is, in a few words."""
    return f"a {picture.format} of {picture.width}×{picture.height}"
