"""Names come from a cache, and never keep a message waiting for long."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.slack.people import FORGOTTEN_S, KEPT_S, People, read_profile
from adapters.slack.values import Profile
from bot.errors import ChannelBusy


class Directory:
    """Answers from a dictionary; counts; can be slow or broken."""

    def __init__(self, **names: str) -> None:
        self.names = names
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, user: str) -> Mapping[str, Any]:
        self.asked.append(user)
        await self.open.wait()
        if user not in self.names:
            raise ChannelBusy("users.info: ratelimited", 3.0)
        return {"id": user, "profile": {"display_name": self.names[user]}, "locale": "de-DE"}


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_name_is_asked_once_and_again_after_an_hour() -> None:
    directory, watch = Directory(U1="Ann"), Watch()
    people = People(directory, clock=watch)
    assert await people.of(["U1", ""]) == {"U1": Profile("Ann", "de-DE")}
    assert await people.of(["U1"]) == {"U1": Profile("Ann", "de-DE")}
    assert directory.asked == ["U1"]
    watch.now = KEPT_S + 1
    directory.names["U1"] = "Anna"
    assert (await people.of(["U1"]))["U1"].name == "Anna"


async def test_two_messages_at_once_ask_once() -> None:
    directory = Directory(U1="Ann")
    directory.open.clear()
    people = People(directory)
    both = [asyncio.create_task(people.of(["U1"])) for _ in range(2)]
    await asyncio.sleep(0)
    directory.open.set()
    assert [set(found) for found in await asyncio.gather(*both)] == [{"U1"}, {"U1"}]
    assert directory.asked == ["U1"]


async def test_a_slow_answer_is_not_waited_for_but_kept() -> None:
    directory = Directory(U1="Ann")
    directory.open.clear()
    people = People(directory, patience=0.01)
    assert await people.of(["U1"]) == {}
    directory.open.set()
    await asyncio.sleep(0.01)
    assert await people.of(["U1"]) == {"U1": Profile("Ann", "de-DE")}
    assert directory.asked == ["U1"]


async def test_a_failed_question_rests_for_a_minute() -> None:
    directory, watch = Directory(), Watch()
    people = People(directory, clock=watch)
    assert await people.of(["U1"]) == {}
    directory.names["U1"] = "Ann"
    assert await people.of(["U1"]) == {}
    watch.now = FORGOTTEN_S + 1
    assert set(await people.of(["U1"])) == {"U1"}


async def test_an_old_name_is_better_than_none() -> None:
    directory, watch = Directory(U1="Ann"), Watch()
    people = People(directory, clock=watch)
    await people.of(["U1"])
    directory.names.clear()
    watch.now = KEPT_S + 1
    assert (await people.of(["U1"]))["U1"].name == "Ann"


async def test_questions_still_out_are_ended() -> None:
    directory = Directory(U1="Ann")
    directory.open.clear()
    people = People(directory, patience=0.01)
    await people.of(["U1"])
    await people.aclose()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ({"profile": {"display_name": "ann", "real_name": "Ann Lee"}}, "ann"),
        ({"profile": {"display_name": "", "real_name": "Ann Lee"}}, "Ann Lee"),
        ({"real_name": "Ann Lee", "name": "alee"}, "Ann Lee"),
        ({"name": "alee"}, "alee"),
        ({}, "U1"),
    ],
)
def test_people_are_called_by_the_name_they_chose(found: dict[str, Any], name: str) -> None:
    assert read_profile("U1", found) == Profile(name)


@pytest.mark.parametrize("role", ["is_admin", "is_owner", "is_primary_owner"])
def test_admins_and_owners_look_after_the_workspace(role: str) -> None:
    assert read_profile("U1", {"name": "ann", role: True}).moderator
    assert not read_profile("U1", {"name": "ann", role: False}).moderator
