"""What is remembered of our posts, and what is not."""

from adapters.slack.posts import Posts, Shown, Standing
from bot.contract import Address, PostId

ROOM = Address("slack", "T0TEAM", "C0ROOM", "1.1")


def test_a_post_is_known_by_its_channel_whatever_its_thread() -> None:
    posts = Posts()
    posts.note(ROOM, PostId("1.2"), Standing(Shown("hi"), streams=True))
    assert posts.find(ROOM.parent, PostId("1.2")) == Standing(Shown("hi"), streams=True)
    assert posts.find(Address("slack", "T0TEAM", "C0OTHER"), PostId("1.2")) is None


def test_the_oldest_posts_are_forgotten_first() -> None:
    posts = Posts()
    for number in range(2_001):
        posts.note(ROOM, PostId(f"1.{number}"), Standing(None, streams=False))
    assert posts.find(ROOM, PostId("1.0")) is None
    assert posts.find(ROOM, PostId("1.1")) is not None
