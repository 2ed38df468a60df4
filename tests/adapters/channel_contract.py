"""One suite that every Channel must pass: subclass `ChannelContract` in the adapter's tests and give it a `rig`."""

from collections.abc import Sequence
from itertools import count
from typing import Protocol

import pytest

from bot.contract import Button, Channel, Post
from bot.errors import PostRejected


class Rig(Protocol):
    """A channel under test and the eyes of the people in front of it.

    Texts are what a person reads: without the platform's escapes, mark-up of links and surrounding blanks.
    `shown` lists the posts of the channel that stand there now, oldest first (not the asker's own message).
    """

    @property
    def channel(self) -> Channel: ...

    @property
    def rewrites(self) -> bool:
        """False only where what was shown can never be altered or taken away (a terminal)."""
        ...

    async def shown(self) -> Sequence[str]: ...

    async def buttons(self) -> Sequence[Sequence[str]]:
        """The ids of the buttons under each post of `shown`, in the order in which they stand there."""
        ...

    async def notices(self) -> Sequence[str]:
        """What the asker was told alone."""
        ...

    async def pings(self) -> Sequence[str]:
        """Everybody whom the posts alerted, beyond what a reply to the asker alerts by itself."""
        ...


EMOJI = "\U0001f469\U0001f3fd\N{ZERO WIDTH JOINER}\U0001f680"
"""A woman astronaut: four code points, seven UTF-16 units, one thing to see."""

_PINGS = "@everyone @here <!channel> <!here> <!everyone> <@U1> <@1> <@!1> <@&1> <!subteam^S1> go"

STOP, AGAIN, UNDO = Button("stop:1", "Stop"), Button("again:1", "Try again"), Button("undo:1", "Undo")


def filled(channel: Channel, unit: str) -> str:
    """The longest text of such units that the channel takes, in the channel's own measure."""
    limit, measure = channel.capabilities.text_limit, channel.capabilities.measure
    text = unit * (limit // measure(unit))
    while measure(text) > limit:
        text = text.removesuffix(unit)
    return text


class Keys:
    """A new key for each post of a test, as long as keys may be."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self) -> str:
        return f"contract-of-channel-{next(self._numbers):04}"


class ChannelContract:
    """Subclasses name their class `Test…` and define the fixture `rig`; any event loop fixtures are theirs."""

    @pytest.fixture
    def rig(self) -> Rig:
        raise NotImplementedError

    @pytest.fixture
    def key(self) -> Keys:
        return Keys()

    async def test_a_final_post_is_shown(self, rig: Rig, key: Keys) -> None:
        await rig.channel.send(Post("Paris is the capital.", final=True, key=key()))
        assert list(await rig.shown()) == ["Paris is the capital."]

    async def test_a_post_grows_until_its_final_text_is_shown_exactly(self, rig: Rig, key: Keys) -> None:
        name = key()
        post_id = await rig.channel.send(Post("Paris is", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris is the", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris is the capital of France.", final=True, key=name))
        assert list(await rig.shown()) == ["Paris is the capital of France."]

    async def test_a_final_edit_that_changes_nothing_is_welcome(self, rig: Rig, key: Keys) -> None:
        name = key()
        post_id = await rig.channel.send(Post("Paris.", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris.", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris.", final=True, key=name))
        assert list(await rig.shown()) == ["Paris."]

    async def test_a_final_text_may_be_another_than_the_one_that_grew(self, rig: Rig, key: Keys) -> None:
        self._needs_rewriting(rig)
        name = key()
        post_id = await rig.channel.send(Post("I think it is", final=False, key=name))
        await rig.channel.edit(post_id, Post("I think it is Lyon, or", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris.", final=True, key=name))
        assert list(await rig.shown()) == ["Paris."]

    async def test_a_finished_post_can_be_edited_again(self, rig: Rig, key: Keys) -> None:
        self._needs_rewriting(rig)
        name = key()
        post_id = await rig.channel.send(Post("Half of", final=True, key=name))
        await rig.channel.edit(post_id, Post("Half of it, and more", final=False, key=name))
        await rig.channel.edit(post_id, Post("Half of it, and the rest.", final=True, key=name))
        assert list(await rig.shown()) == ["Half of it, and the rest."]

    async def test_posts_stand_in_the_order_they_were_sent(self, rig: Rig, key: Keys) -> None:
        ids = [await rig.channel.send(Post(text, final=True, key=key())) for text in ("One.", "Two.", "Three.")]
        assert list(await rig.shown()) == ["One.", "Two.", "Three."]
        assert len(set(ids)) == 3

    async def test_a_text_at_the_limit_is_shown_whole(self, rig: Rig, key: Keys) -> None:
        text = filled(rig.channel, "x")
        await rig.channel.send(Post(text, final=True, key=key()))
        assert list(await rig.shown()) == [text]

    async def test_emoji_at_the_limit_are_counted_in_the_platforms_own_units(self, rig: Rig, key: Keys) -> None:
        text = filled(rig.channel, EMOJI)
        await rig.channel.send(Post(text, final=True, key=key()))
        assert list(await rig.shown()) == [text]

    async def test_signs_that_the_platform_escapes_are_counted_after_it(self, rig: Rig, key: Keys) -> None:
        text = filled(rig.channel, "a & b < c\n").strip()
        await rig.channel.send(Post(text, final=True, key=key()))
        assert list(await rig.shown()) == [text]

    async def test_a_growing_post_reaches_the_limit(self, rig: Rig, key: Keys) -> None:
        name, text = key(), filled(rig.channel, "y")
        post_id = await rig.channel.send(Post(text[: len(text) // 2], final=False, key=name))
        await rig.channel.edit(post_id, Post(text, final=True, key=name))
        assert list(await rig.shown()) == [text]

    async def test_a_text_over_the_limit_is_refused_and_not_cut(self, rig: Rig, key: Keys) -> None:
        text = filled(rig.channel, "x") + "xxxxxxxxxx"
        with pytest.raises(PostRejected):
            await rig.channel.send(Post(text, final=True, key=key()))
        assert list(await rig.shown()) == []

    async def test_a_deleted_post_is_gone_and_can_be_deleted_twice(self, rig: Rig, key: Keys) -> None:
        self._needs_rewriting(rig)
        post_id = await rig.channel.send(Post("Never mind.", final=True, key=key()))
        await rig.channel.delete(post_id)
        await rig.channel.delete(post_id)
        assert list(await rig.shown()) == []

    async def test_an_unfinished_post_can_be_deleted(self, rig: Rig, key: Keys) -> None:
        self._needs_rewriting(rig)
        post_id = await rig.channel.send(Post("Never", final=False, key=key()))
        await rig.channel.delete(post_id)
        assert list(await rig.shown()) == []

    async def test_a_finished_post_shows_its_buttons(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        await rig.channel.send(Post("Paris.", final=True, key=key(), buttons=(AGAIN, UNDO)))
        await rig.channel.send(Post("Rome.", final=True, key=key()))
        assert _plain(await rig.buttons()) == [[AGAIN.id, UNDO.id], []]
        assert list(await rig.shown()) == ["Paris.", "Rome."]

    async def test_a_post_that_grew_shows_the_buttons_of_its_end(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris is", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris is the", final=False, key=name))
        await rig.channel.edit(post_id, Post("Paris is the capital.", final=True, key=name, buttons=(AGAIN,)))
        assert list(await rig.shown()) == ["Paris is the capital."]
        assert _plain(await rig.buttons()) == [[AGAIN.id]]

    async def test_an_unfinished_post_with_buttons_does_no_harm(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris is", final=False, key=name, buttons=(STOP,)))
        await rig.channel.edit(post_id, Post("Paris is the", final=False, key=name, buttons=(STOP,)))
        assert _plain(await rig.buttons()) in ([[STOP.id]], [[]])
        await rig.channel.edit(post_id, Post("Paris is it.", final=True, key=name, buttons=(AGAIN, UNDO)))
        assert list(await rig.shown()) == ["Paris is it."]
        assert _plain(await rig.buttons()) == [[AGAIN.id, UNDO.id]]

    async def test_an_edit_without_buttons_takes_them_away(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris.", final=True, key=name, buttons=(AGAIN, UNDO)))
        await rig.channel.edit(post_id, Post("Lyon.", final=True, key=name))
        assert list(await rig.shown()) == ["Lyon."]
        assert _plain(await rig.buttons()) == [[]]

    async def test_an_edit_that_only_changes_the_buttons_is_made(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris.", final=True, key=name))
        for buttons in ((AGAIN, UNDO), (UNDO, AGAIN), (UNDO,), ()):
            await rig.channel.edit(post_id, Post("Paris.", final=True, key=name, buttons=buttons))
            assert _plain(await rig.buttons()) == [[button.id for button in buttons]]
        assert list(await rig.shown()) == ["Paris."]

    async def test_a_full_row_of_the_longest_buttons_fits_under_the_longest_post(self, rig: Rig, key: Keys) -> None:
        self._needs_buttons(rig)
        row = tuple(Button(f"{number}".ljust(64, "x"), f"{number}".ljust(75, "y")) for number in range(5))
        text = filled(rig.channel, "x")
        await rig.channel.send(Post(text, final=True, key=key(), buttons=row))
        assert _plain(await rig.buttons()) == [[button.id for button in row]]
        assert list(await rig.shown()) == [text]

    async def test_posts_are_found_by_the_keys_they_were_sent_with(self, rig: Rig, key: Keys) -> None:
        self._needs_finding(rig)
        names = [key(), key()]
        first = await rig.channel.send(Post("One.", final=True, key=names[0]))
        second = await rig.channel.send(Post("Two is", final=False, key=names[1]))
        assert dict(await rig.channel.find(names, ())) == {names[0]: first, names[1]: second}

    async def test_a_finished_post_is_found_by_its_key(self, rig: Rig, key: Keys) -> None:
        self._needs_finding(rig)
        name = key()
        post_id = await rig.channel.send(Post("Paris is", final=False, key=name, buttons=(STOP,)))
        await rig.channel.edit(post_id, Post("Paris is it.", final=True, key=name, buttons=(AGAIN,)))
        assert dict(await rig.channel.find([name], ())) == {name: post_id}

    async def test_nothing_is_found_for_keys_that_were_never_sent(self, rig: Rig, key: Keys) -> None:
        assert dict(await rig.channel.find([key(), key()], ())) == {}
        assert dict(await rig.channel.find([], ())) == {}

    async def test_a_known_post_is_not_found_in_place_of_a_missing_one(self, rig: Rig, key: Keys) -> None:
        self._needs_finding(rig)
        mine, lost = key(), key()
        known = [await rig.channel.send(Post("Another answer", final=False, key=key()))]
        assert dict(await rig.channel.find([mine, lost], known)) == {}
        post_id = await rig.channel.send(Post("Paris is", final=False, key=mine))
        assert dict(await rig.channel.find([mine], known)) == {mine: post_id}

    async def test_a_deleted_post_is_not_found(self, rig: Rig, key: Keys) -> None:
        self._needs_finding(rig)
        name = key()
        await rig.channel.delete(await rig.channel.send(Post("Never mind.", final=True, key=name)))
        assert dict(await rig.channel.find([name], ())) == {}

    async def test_a_notice_reaches_the_asker(self, rig: Rig) -> None:
        await rig.channel.notify("The gateway is busy.")
        assert list(await rig.notices()) == ["The gateway is busy."]

    async def test_a_typing_sign_leaves_no_post(self, rig: Rig) -> None:
        await rig.channel.typing("thinking")
        assert list(await rig.shown()) == []

    async def test_the_models_words_alert_nobody(self, rig: Rig, key: Keys) -> None:
        name = key()
        post_id = await rig.channel.send(Post("Hear", final=False, key=name))
        await rig.channel.edit(post_id, Post(f"Hear {_PINGS}", final=False, key=name))
        await rig.channel.edit(post_id, Post(f"Hear {_PINGS} now", final=True, key=name))
        await rig.channel.send(Post(_PINGS, final=True, key=key()))
        await rig.channel.notify(_PINGS)
        assert list(await rig.pings()) == []

    def _needs_buttons(self, rig: Rig) -> None:
        if not rig.channel.capabilities.buttons:
            pytest.skip("there are no buttons here")

    def _needs_finding(self, rig: Rig) -> None:
        if not rig.rewrites:
            pytest.skip("what was shown here cannot be read back")

    def _needs_rewriting(self, rig: Rig) -> None:
        if not rig.rewrites:
            pytest.skip("what was shown here stays")


def _plain(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [list(row) for row in rows]
