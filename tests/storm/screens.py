"""What stands on the screens at the end, and what the bot did for which question, read from the fakes' own records."""

from collections.abc import Iterable, Iterator

from tests.fakes.discord import Message as DiscordMessage
from tests.fakes.discord.people import shown
from tests.fakes.slack.screen import shown as shown_on_slack
from tests.storm import files, marks
from tests.storm.plan import DRAWN
from tests.storm.values import REQUEST, Paid, Served, Shown, Sign
from tests.storm.world import World

_FAILED = 400


def on_screens(world: World) -> list[Shown]:
    """All messages of all places, those of one place in the order in which they came."""
    return [*_slack(world), *_discord(world)]


def signs(world: World, shown: list[Shown], served: list[Served], paid: list[Paid]) -> list[Sign]:
    """Every request, post and edit that was made for a question, oldest first."""
    posts = {each.id: marks.answered(each.text) for each in shown}
    found = [Sign(each.at, frozenset(each.numbers), REQUEST, each.early) for each in served]
    found += [Sign(each.at, frozenset({each.number}), each.told) for each in paid]
    for said in world.slack.calls:
        if said.method.startswith("chat."):
            known = posts.get(str(said.args.get("ts")), frozenset())
            found.append(Sign(said.at, marks.answered(str(said.args)) | known, f"{said.method} {said.error or 'ok'}"))
    for call in world.discord.calls:
        if call.method in ("POST", "PATCH"):
            known = posts.get(call.ids.get("message_id", ""), frozenset())
            found.append(Sign(call.at, marks.answered(str(call.body)) | known, f"{call.method} {call.status}"))
    return sorted((sign for sign in found if sign.numbers), key=lambda sign: sign.at)


def failures(world: World) -> list[Sign]:
    """Every call to a platform that was answered with a failure."""
    slack = [Sign(each.at, frozenset(), f"{each.method} {each.error}") for each in world.slack.calls if each.error]
    discord = [each for each in world.discord.calls if each.status is None or each.status >= _FAILED]
    return slack + [Sign(each.at, frozenset(), f"{each.route} {each.status}") for each in discord]


def _slack(world: World) -> Iterator[Shown]:
    workspace, drawn = world.slack.workspace, _drawn(world)
    for channel in workspace.channels.values():
        # By arrival and not by id: the clock behind the ids jumps.
        for message in [*channel.messages.values(), *channel.ephemeral]:
            seen = shown_on_slack(workspace, message)
            mine = message.author == world.slack.bot_user_id
            text = seen.text if mine else _said(seen.text, (file.name for file in seen.files))
            pictures = _pictures((file.content for file in seen.files), drawn) if mine else ()
            place = ("slack", channel.id, message.thread_ts, message.ts)
            yield Shown(*place, text, mine, seen.streaming, pictures=pictures)


def _discord(world: World) -> Iterator[Shown]:
    drawn = _drawn(world)
    for channel in world.discord.world.channels.values():
        for message in channel.messages.values():
            yield _discord_shown(world, message, drawn)


def _discord_shown(world: World, message: DiscordMessage, drawn: list[int]) -> Shown:
    seen = shown(message)
    mine = message.author.id == world.discord.bot_user_id
    return Shown(
        platform="discord",
        channel=str(message.channel_id),
        thread=None,
        id=str(message.id),
        text=seen.content if mine else _said(seen.content, seen.files),
        mine=mine,
        open=seen.thinking,
        reply_to=None if seen.reply_to is None else str(seen.reply_to),
        pictures=_pictures((file.content for file in message.attachments), drawn) if mine else (),
    )


def _said(text: str, names: Iterable[str]) -> str:
    """What somebody says, in words or aloud."""
    return " ".join([text, *(marks.question(number) for name in names for number in marks.named(name))])


def _pictures(contents: Iterable[bytes], drawn: list[int]) -> tuple[int, ...]:
    found = (files.drawn(content, drawn) for content in contents)
    return tuple(number for number in found if number is not None)


def _drawn(world: World) -> list[int]:
    """The questions for which there may be a picture."""
    return [number for number, question in world.diary.questions.items() if question.way in DRAWN]
