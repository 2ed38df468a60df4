"""Why something came to nothing, as people are told it."""

from collections.abc import Sequence

from bot.errors import Notice, Refused
from bot.features.kit import Kit
from bot.model import Claim


class Unusable(Refused):
    """Nothing could be made of what was sent."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice.id)
        self._notice = notice

    @property
    def notice(self) -> Notice:
        return self._notice


def unusable(kit: Kit, claim: Claim, notes: Sequence[Notice]) -> Unusable:
    """One refusal that tells all these reasons."""
    if len(notes) == 1:
        return Unusable(notes[0])
    said = dict.fromkeys(kit.words.say(note, claim.origin.locale) for note in notes)
    return Unusable(Notice("several-notices", {"notices": "\n".join(f"- {each}" for each in said)}))


def named(kit: Kit, claim: Claim, notice: Notice, name: str) -> Notice:
    """The reason with the name of the file that it is about, unless it has that already."""
    if notice.params.get("name"):
        return notice
    return Notice("reason-for-file", {"name": name, "why": kit.words.say(notice, claim.origin.locale)})
