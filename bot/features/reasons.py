"""Why something came to nothing, as people are told it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.errors import Notice, Refused
from bot.features.kit import Kit
from bot.gateway.values import ModelSpec
from bot.model import Claim


@dataclass(frozen=True, slots=True)
class _Craft:
    """What chooses the model for a craft: the command that has an option for it, and the setting."""

    command: str
    setting: str


_CRAFTS: Mapping[str, _Craft] = MappingProxyType(
    {
        "image": _Craft("/imagine", "BOT_PICTURE_MODEL"),
        "image-edit": _Craft("/edit", "BOT_EDIT_MODEL"),
        "tts": _Craft("/say", "BOT_SPEECH_MODEL"),
        "stt": _Craft("", "BOT_TRANSCRIPT_MODEL"),
    }
)
_ALTERING = ("edit", "vary")
_WITHOUT_MODEL = {
    "gateway-failed": "craft-failed",
    "gateway-busy": "craft-busy",
    "gateway-busy-until": "craft-busy-until",
    "gateway-rejected": "craft-rejected",
    "model-unavailable": "craft-unavailable",
}
"""What a notice says that sends people to `/model`, without that: only chat models are chosen there."""


class Unusable(Refused):
    """Nothing could be made of what was sent."""

    def __init__(self, notice: Notice, reason: str = "") -> None:
        super().__init__(reason or notice.id)
        self._notice = notice

    @property
    def notice(self) -> Notice:
        return self._notice


def unusable(kit: Kit, claim: Claim, notes: Sequence[Notice], reason: str = "") -> Unusable:
    """One refusal that tells all these reasons; `reason` is for the log."""
    if len(notes) == 1:
        return Unusable(notes[0], reason)
    said = dict.fromkeys(kit.words.say(note, claim.origin.locale) for note in notes)
    return Unusable(Notice("several-notices", {"notices": "\n".join(f"- {each}" for each in said)}), reason)


def named(kit: Kit, claim: Claim, notice: Notice, name: str) -> Notice:
    """The reason with the name of the file that it is about, unless it has that already."""
    if notice.params.get("name"):
        return notice
    return Notice("reason-for-file", {"name": name, "why": kit.words.say(notice, claim.origin.locale)})


def advised(kit: Kit, claim: Claim, notice: Notice, craft: str = "") -> Notice:
    """The reason; where a model for a craft has failed, with what chooses another one.

    `craft` is the one that it was asked for, where that is not plain from the model or from the task of the turn.
    """
    spec = kit.catalogue.get(str(notice.params.get("model", "")))
    said = _WITHOUT_MODEL.get(notice.id)
    if said is None or spec is None or "chat" in spec.capabilities:
        return notice
    wanted = craft or ("image-edit" if claim.task is not None and claim.task.name in _ALTERING else "")
    able = [each for each in (wanted, *_CRAFTS) if each in spec.capabilities]
    return _advice(kit, claim, Notice(said, notice.params), spec, able[0]) if able else notice


def _advice(kit: Kit, claim: Claim, notice: Notice, spec: ModelSpec, craft: str) -> Notice:
    others = (
        each.id for each in kit.catalogue.having(craft) if each.id != spec.id and kit.catalogue.available(each.id)
    )
    way, other, said = _CRAFTS[craft], next(others, ""), kit.words.say(notice, claim.origin.locale)
    if not way.command or not other:
        return Notice("setting-for-craft", {"said": said, "setting": way.setting})
    params = {"said": said, "command": way.command, "other": other, "setting": way.setting}
    return Notice("another-for-craft", params)
