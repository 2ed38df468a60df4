"""Payloads in, events out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.slack import events
from adapters.slack.values import Keepsake
from bot.contract import (
    Address,
    Addressed,
    Attachment,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Person,
    PersonKind,
)
from tests.adapters.slack.payloads import ME, PROFILES, body, buried, changed, deleted, mention, message, voice

TS = "1700000000.000100"


def received(event: dict[str, Any], **outer: Any) -> MessageReceived:
    found = events.event_of(body(event, **outer), ME, PROFILES)
    assert isinstance(found, MessageReceived)
    return found


def test_a_mention_opens_a_thread_under_itself() -> None:
    found = received(mention("<@U0BOT> What is <@U0BOB> doing?"))
    assert found.origin.address == Address("slack", "T0TEAM", "C0ROOM", TS)
    assert found.origin.asker == Person("U0ANN", "Ann")
    assert (found.origin.message_id, found.origin.locale) == (TS, "de-DE")
    assert found.text == "What is @Bob doing?"
    assert found.addressed is Addressed.BOT
    assert found.sent_at == datetime(2023, 11, 14, 22, 13, 20, 100, tzinfo=UTC)
    assert Keepsake.load(found.origin.state).team == "T0TEAM"


def test_both_events_of_a_mention_are_about_one_message() -> None:
    first, second = received(mention()), received(message("<@U0BOT> hello"), event_id="Ev0002")
    assert first.keys.event != second.keys.event
    assert first.keys.place == second.keys.place == f"slack:T0TEAM:C0ROOM:{TS}"
    assert first.origin == second.origin
    assert (first.text, first.addressed) == (second.text, second.addressed)


def test_a_redelivery_has_the_same_keys() -> None:
    assert received(message()).keys == received(message()).keys
    assert received(message()).keys.event == "slack:T0TEAM:Ev0001"


def test_a_mention_inside_a_thread_stays_in_it() -> None:
    assert received(mention(thread_ts="1600000000.000100")).origin.address.thread == "1600000000.000100"


def test_a_direct_message_is_flat_and_for_the_bot() -> None:
    found = received(message("what does <@U0BOB> do?", channel="D0ANN", channel_type="im"))
    assert found.origin.address == Address("slack", "T0TEAM", "D0ANN")
    assert found.addressed is Addressed.BOT


def test_a_mention_in_a_direct_message_opens_no_thread() -> None:
    assert received(message("<@U0BOT> hi", channel="D0ANN", channel_type="im")).origin.address.thread is None


def test_a_thread_in_a_direct_message_is_its_own() -> None:
    found = received(message(channel="D0ANN", channel_type="im", thread_ts="1600000000.000100"))
    assert found.origin.address.thread == "1600000000.000100"


@pytest.mark.parametrize(
    ("text", "addressed"),
    [
        ("and Italy?", Addressed.OPEN),
        ("<!here> look", Addressed.OPEN),
        ("<@U0BOB> and you?", Addressed.OTHER),
        ("<!subteam^S0TEAM|@devs> and you?", Addressed.OTHER),
        ("<@U0BOB> <@U0BOT> and you?", Addressed.BOT),
    ],
)
def test_whom_a_reply_in_a_thread_speaks_to(text: str, addressed: Addressed) -> None:
    assert received(message(text, thread_ts="1600000000.000100")).addressed is addressed


def test_talk_in_a_channel_is_open_and_flat() -> None:
    found = received(message())
    assert (found.addressed, found.origin.address.thread) == (Addressed.OPEN, None)


@pytest.mark.parametrize(
    "event",
    [
        message(bot_id="B0OTHER"),
        message(subtype="bot_message", bot_id="B0OTHER", user=None, username="ci"),
        message(user="U0BOT", bot_id="B0BOT"),
        message(bot_id="B0BOT"),
        message(subtype="channel_join"),
        message(subtype="channel_topic"),
        message(subtype="assistant_app_thread"),
        {"type": "reaction_added", "user": "U0ANN", "item": {"channel": "C0ROOM", "ts": TS}},
        {"type": "agent_session_stopped", "user": "U0ANN", "channel": "C0ROOM"},
        changed("new", "old", user="U0BOT", bot_id="B0BOT"),
        changed("new", "old", bot_id="B0OTHER"),
        changed("same", "same"),
        deleted(user="U0BOT", bot_id="B0BOT"),
        {},
    ],
)
def test_what_is_no_business_of_ours_is_dropped(event: dict[str, Any]) -> None:
    assert events.event_of(body(event), ME, PROFILES) is None


@pytest.mark.parametrize("subtype", ["thread_broadcast", "me_message", "file_share"])
def test_some_subtypes_are_speech(subtype: str) -> None:
    assert received(message("said", subtype=subtype)).text == "said"


def test_echoes_are_known_before_any_work() -> None:
    echoes = [message(user="U0BOT"), message(bot_id="B0BOT"), changed("b", "a", bot_id="B0BOT"), deleted(user="U0BOT")]
    assert all(events.is_ours(echo, ME) for echo in echoes)
    assert not any(events.is_ours(other, ME) for other in (message(), changed("b", "a"), deleted(), {}))


def test_files_come_along() -> None:
    picture = {"id": "F0PIC", "name": "cat.png", "mimetype": "image/png", "size": 99}
    found = received(message("", subtype="file_share", files=[voice(), picture]))
    assert found.attachments == (
        Attachment("audio_message.mp4", "audio/mp4", 4321, "F0VOICE", voice=True),
        Attachment("cat.png", "image/png", 99, "F0PIC"),
    )


def test_a_video_is_no_voice_note() -> None:
    (film,) = received(message(files=[voice(subtype="slack_video")])).attachments
    assert (film.voice, film.media_type) == (False, "video/mp4")


def test_files_that_are_gone_are_left_out_and_bare_ones_kept() -> None:
    files = [voice(mode="tombstone"), voice(mode="hidden_by_limit"), {"id": "F0BARE", "file_access": "check_file_info"}]
    assert received(message(files=files)).attachments == (
        Attachment("F0BARE", "application/octet-stream", 0, "F0BARE"),
    )


def test_a_shared_channels_workspace_is_the_one_whose_token_applies() -> None:
    found = received(message(user_team="T0GUEST"), team_id="T0GUEST")
    assert found.origin.address.workspace == "T0TEAM"
    assert Keepsake.load(found.origin.state).team == "T0GUEST"


def test_an_install_for_the_whole_organisation_is_keyed_by_it() -> None:
    grant = {"team_id": None, "enterprise_id": "E0ORG", "is_enterprise_install": True}
    assert received(message(), authorizations=[grant]).origin.address.workspace == "E0ORG"


def test_a_body_without_authorizations_falls_back_to_its_team() -> None:
    assert received(message(), authorizations=[], team_id="T0OTHER").origin.address.workspace == "T0OTHER"


def test_an_edit_tells_the_new_text() -> None:
    found = events.event_of(body(changed("hello <@U0BOB>", "hello")), ME, PROFILES)
    assert found == MessageEdited(Address("slack", "T0TEAM", "C0ROOM"), TS, "hello @Bob")


def test_an_edit_tells_when_it_was_made() -> None:
    edited = {"user": "U0ANN", "ts": "1700000008.000200"}
    found = events.event_of(body(changed("new", "old", edited=edited)), ME, PROFILES)
    assert isinstance(found, MessageEdited)
    assert found.edited_at == datetime(2023, 11, 14, 22, 13, 28, 200, tzinfo=UTC)


def test_an_edited_direct_message_stays_flat_though_a_thread_hangs_under_it() -> None:
    event = changed("new", "old", thread_ts=TS)
    direct = events.event_of(body({**event, "channel": "D0ANN"}), ME, PROFILES)
    assert isinstance(direct, MessageEdited)
    assert direct.address == Address("slack", "T0TEAM", "D0ANN")
    inside = changed("new", "old", thread_ts="1600000000.000100")
    threaded = events.event_of(body({**inside, "channel": "D0ANN"}), ME, PROFILES)
    assert isinstance(threaded, MessageEdited)
    assert threaded.address.thread == "1600000000.000100"


def test_a_deleted_question_with_answers_is_deleted_and_not_edited() -> None:
    found = events.event_of(body(buried()), ME, PROFILES)
    assert found == MessageDeleted(Address("slack", "T0TEAM", "C0ROOM", TS), TS)


def test_a_post_of_ours_that_somebody_buried_is_no_business_of_ours() -> None:
    event = buried(user="U0BOT", bot_id="B0BOT")
    event["message"].pop("bot_id")
    assert events.event_of(body(event), ME, PROFILES) is None


def test_whoever_looks_after_the_workspace_is_told_apart() -> None:
    assert received(message(user="U0BOB")).origin.asker == Person("U0BOB", "Bob", moderator=True)
    assert not received(message()).origin.asker.moderator


@pytest.mark.parametrize(
    ("text", "before"), [("<@U0BOT> hi", "<@U0BOT> ho"), ("hi", "<@U0BOT> ho"), ("<@U0BOT> hi", "ho")]
)
def test_an_edited_mention_is_found_in_its_thread(text: str, before: str) -> None:
    found = events.event_of(body(changed(text, before)), ME, PROFILES)
    assert isinstance(found, MessageEdited)
    assert found.address.thread == TS


def test_an_edit_in_a_thread_stays_there() -> None:
    found = events.event_of(body(changed("new", "old", thread_ts="1600000000.000100")), ME, PROFILES)
    assert isinstance(found, MessageEdited)
    assert found.address.thread == "1600000000.000100"


def test_a_deletion_tells_what_is_gone() -> None:
    flat = events.event_of(body(deleted()), ME, PROFILES)
    assert flat == MessageDeleted(Address("slack", "T0TEAM", "C0ROOM"), TS)
    threaded = events.event_of(body(deleted(text="<@U0BOT> hello")), ME, PROFILES)
    assert threaded == MessageDeleted(Address("slack", "T0TEAM", "C0ROOM", TS), TS)


def test_names_are_wanted_of_writers_and_mentioned_people_only_where_somebody_may_care() -> None:
    assert events.strangers(body(mention("<@U0BOT> ask <@U0BOB>")), ME) == {"U0ANN", "U0BOB"}
    assert events.strangers(body(message("ask <@U0BOB>", thread_ts="1.1")), ME) == {"U0ANN", "U0BOB"}
    assert events.strangers(body(message("hi", channel="D0ANN")), ME) == {"U0ANN"}
    assert events.strangers(body(message("lunch, <@U0BOB>?")), ME) == frozenset()
    assert events.strangers(body(changed("ask <@U0BOB>", "ask")), ME) == {"U0BOB"}
    assert events.strangers(body(message(bot_id="B0OTHER", thread_ts="1.1")), ME) == frozenset()


@pytest.mark.parametrize("more", [{"bot_id": "B0CI"}, {"bot_id": "B0CI", "subtype": "bot_message", "user": None}])
def test_a_program_that_calls_us_is_heard_as_a_program(more: dict[str, Any]) -> None:
    event = events.event_of(body(mention(**more)), ME, PROFILES)
    assert isinstance(event, MessageReceived)
    assert (event.origin.asker.kind, event.addressed) == (PersonKind.BOT, Addressed.BOT)


def test_history_knows_bots_and_ourselves() -> None:
    place = Address("slack", "T0TEAM", "C0ROOM", "1.1")
    ours = events.message_of(message(user="U0BOT", bot_id="B0BOT"), place, ME, PROFILES, "k")
    theirs = events.message_of(message(user=None, bot_id="B0CI", username="CI"), place, ME, PROFILES, "k")
    named = events.message_of(message(bot_id="B0CI", bot_profile={"name": "Builds"}), place, ME, PROFILES, "k")
    assert ours.origin.asker == Person("U0BOT", "parley", PersonKind.SELF)
    assert theirs.origin.asker == Person("B0CI", "CI", PersonKind.BOT)
    assert named.origin.asker == Person("B0CI", "Builds", PersonKind.BOT)
