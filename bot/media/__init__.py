"""Sound and pictures, decoded and encoded in a child process; this package's face never loads a decoder."""

from bot.media.studio import Studio
from bot.media.values import Fitted, Limits, Part, Picture, Sound, Spoken

__all__ = ["Fitted", "Limits", "Part", "Picture", "Sound", "Spoken", "Studio"]
