"""Presses in, events out."""

from typing import Any

import pytest

from adapters.slack import presses
from adapters.slack.values import Identity, Keepsake
from bot.contract import Address, ButtonPressed, Person, StopRequested
from tests.adapters.slack.payloads import ME, PROFILES, body, press, stopped

THREAD = Address("slack", "T0TEAM", "C0ROOM", "1700000000.000100")


def pressed(payload: dict[str, Any]) -> ButtonPressed:
    found = presses.pressed_of(payload, ME, PROFILES)
    assert found is not None
    return found


def stop(event: dict[str, Any], **outer: Any) -> StopRequested:
    found = presses.stopped_of(body(event, **outer), ME, PROFILES)
    assert found is not None
    return found


def under(**post: Any) -> dict[str, Any]:
    """A press under another post."""
    payload = press()
    return {**payload, "message": {**payload["message"], **post}}


def test_a_press_tells_who_pressed_what_and_where() -> None:
    found = pressed(press())
    assert (found.button, found.post) == ("again:7", "1700000005.000500")
    assert found.origin.address == THREAD
    assert found.origin.asker == Person("U0BOB", "Bob", moderator=True)
    assert (found.origin.locale, found.origin.message_id) == ("en-US", None)


def test_whoever_pressed_can_be_answered_alone() -> None:
    keepsake = Keepsake.load(pressed(press()).origin.state)
    assert keepsake == Keepsake("T0GUEST", "https://hooks.slack.com/actions/T0TEAM/1/x")


def test_each_press_has_a_key_of_its_own_and_a_replay_the_same() -> None:
    def at(ts: str) -> list[dict[str, Any]]:
        return [{**press()["actions"][0], "action_ts": ts}]

    once = pressed(press()).keys
    assert once == pressed(press()).keys
    others = (
        press(actions=at("1700000009.000901")),
        press("undo:7"),
        press(user={"id": "U0ANN"}),
        under(ts="1700000006.000600"),
        press(channel={"id": "C0OTHER"}),
    )
    assert len({once.event, *(pressed(other).keys.event for other in others)}) == 6
    assert once.place is None


def test_a_press_without_a_time_is_told_apart_by_its_trigger() -> None:
    bare = [{"type": "button", "action_id": "again:7"}]
    keys = {pressed(press(actions=bare, trigger_id=trigger)).keys.event for trigger in ("1.1", "1.2")}
    assert len(keys) == 2


@pytest.mark.parametrize("thread", [None, "1700000005.000500"])
def test_a_post_that_stands_flat_is_pressed_in_the_flat_place(thread: str | None) -> None:
    assert pressed(under(thread_ts=thread)).origin.address == THREAD.parent


def test_somebody_unknown_is_called_as_the_payload_says() -> None:
    found = presses.pressed_of(press(), ME, {})
    assert found is not None
    assert found.origin.asker == Person("U0BOB", "bob")
    assert found.origin.locale is None
    assert pressed(press(user={"id": "U0EVE"})).origin.asker == Person("U0EVE", "U0EVE")


def test_an_install_for_the_whole_organisation_is_keyed_by_it() -> None:
    wide = press(is_enterprise_install=True, enterprise={"id": "E0ORG"}, team=None)
    assert pressed(wide).origin.address.workspace == "E0ORG"


def test_a_guests_own_team_is_not_the_workspace() -> None:
    assert pressed(press(team={"id": "T0GUEST"})).origin.address == THREAD


def test_the_channel_is_found_in_the_container_too() -> None:
    assert pressed(press(channel=None)).origin.address == THREAD


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions"},
        press(actions=[]),
        press(actions=[{"type": "static_select", "action_id": "again:7"}]),
        press(actions=[{"type": "button"}]),
        press(user=None),
        press(message=None, container={"type": "message", "is_ephemeral": True, "message_ts": "1.1"}),
        press(message=None, channel=None, container={"type": "view", "view_id": "V1"}, view={"id": "V1"}),
        under(user="U0OTHER", bot_id="B0OTHER"),
        press(channel=None, container={}),
        under(ts=None),
    ],
)
def test_what_is_no_button_of_ours_is_dropped(payload: dict[str, Any]) -> None:
    assert presses.pressed_of(payload, ME, PROFILES) is None


def test_a_post_is_ours_by_our_bots_id_alone() -> None:
    assert pressed(under(user=None)).button == "again:7"
    nameless = Identity(team="T0TEAM", user="U0BOT", bot="", name="parley")
    assert presses.pressed_of(under(user=None, bot_id="B0OTHER"), nameless, PROFILES) is None


def test_the_stop_sign_tells_what_was_growing() -> None:
    found = stop(stopped())
    assert found.posts == ("1700000005.000500",)
    assert found.origin.address == THREAD
    assert found.origin.asker == Person("U0BOB", "Bob", moderator=True)
    assert found.origin.locale == "en-US"


def test_the_stop_sign_says_stop_also_when_nothing_streamed() -> None:
    assert stop(stopped(streaming_message_ts=[])).posts == ()
    assert stop(stopped(streaming_message_ts=None)).posts == ()


def test_the_stop_signs_workspace_is_found_as_that_of_other_events() -> None:
    assert stop(stopped(), team_id="T0GUEST").origin.address.workspace == "T0TEAM"
    assert stop(stopped(), authorizations=[], team_id=None).origin.address.workspace == "T0TEAM"


@pytest.mark.parametrize("event", [stopped(user=None), stopped(channel=None), {}])
def test_a_stop_without_a_place_or_a_person_is_dropped(event: dict[str, Any]) -> None:
    assert presses.stopped_of(body(event), ME, PROFILES) is None
