"""What becomes of voice notes in a channel, and whether they are answered aloud."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.contract import Origin
from bot.errors import BadOption, Notice
from bot.features.conversation import DEFAULT_WORDS, scope
from bot.features.hearing import ANSWER, OFF, TRANSCRIPT
from bot.features.kit import Kit
from bot.model import Choice

NOTES = (ANSWER, TRANSCRIPT, OFF)
ALOUD = {"on": True, "off": False, "yes": True, "no": False}
SWITCH = ("on", "off")


async def voice(kit: Kit, origin: Origin, options: Mapping[str, str]) -> Notice:
    """Show what becomes of voice notes here, or choose otherwise."""
    address = scope(origin)
    asked = _asked(options)
    if asked:
        own = await kit.store.own_choice(address)
        await kit.store.choose(address, _chosen(own, asked))
    choice = await kit.store.choice(address)
    aloud = Notice("voice-aloud-on" if choice.aloud else "voice-aloud-off")
    said = (kit.words.say(each, origin.locale) for each in (Notice(f"voice-{choice.voice or ANSWER}"), aloud))
    return Notice("voice-shown", {"setting": " ".join(said)})


def suggest_notes(prefix: str) -> Sequence[str]:
    """What may be chosen for voice notes."""
    return [word for word in NOTES if word.startswith(prefix.lower())]


def suggest_aloud(prefix: str) -> Sequence[str]:
    """What may be chosen for answering aloud."""
    return [word for word in SWITCH if word.startswith(prefix.lower())]


def _asked(options: Mapping[str, str]) -> dict[str, str]:
    """What is to be chosen, by option; "aloud on" may stand among the words of the first one."""
    notes, aloud = options.get("notes", ""), options.get("aloud", "")
    words = notes.lower().split()
    if "aloud" in words:
        at = words.index("aloud")
        aloud = " ".join(words[at + 1 : at + 2]) or "on"
        del words[at : at + 2]
    return {name: value for name, value in (("notes", " ".join(words)), ("aloud", aloud.strip().lower())) if value}


def _chosen(own: Choice, asked: Mapping[str, str]) -> Choice:
    notes, aloud = asked.get("notes"), asked.get("aloud")
    if notes in DEFAULT_WORDS:
        return replace(own, voice=None, aloud=None)
    if (notes is not None and notes not in NOTES) or (aloud is not None and aloud not in ALOUD):
        raise BadOption("voice-choice-unknown")
    return replace(own, voice=own.voice if notes is None else notes, aloud=own.aloud if aloud is None else ALOUD[aloud])
