"""The ids under an answer: short, plain, understood for ever, and nobody else's."""

import pytest

from bot.contract import Button, PostId
from bot.features.buttons import Action, Meant, growing, meant, orphaned, standing, under, under_notice
from bot.made import Told
from bot.model import Choice, Claim, ConversationId, Placed, Stood, TurnId, TurnState, Window
from bot.words import Words
from tests.bot.messages import question

WORDS = Words.load()
LARGEST = TurnId(10**18 - 1)
ORIGIN = question("hello").origin


def claim(turn: TurnId = LARGEST, revision: int = 10**9 - 1) -> Claim:
    return Claim(
        turn=turn,
        attempt=1,
        conversation=ConversationId(1),
        origin=ORIGIN,
        state=TurnState.RUNNING,
        questions=(),
        posts=(),
        answer=None,
        joined_late=False,
        window=Window((), 0),
        choice=Choice(),
        created_at=question("x").sent_at,
        revision=revision,
    )


def stood(*, cut: bool = False) -> Stood:
    placed = (Placed(0, PostId("P1")),)
    return Stood(LARGEST, ConversationId(1), 10**9 - 1, ORIGIN, "text", placed, cut=cut)


ROWS = {
    "growing": growing(WORDS, claim()),
    "whole": under(WORDS, claim(), cut=False),
    "cut": under(WORDS, claim(), cut=True),
    "failed": under_notice(WORDS, claim(), Told("Sorry.")),
    "interrupted": under_notice(WORDS, claim(), Told("Sorry.", interrupted=True)),
    "standing": standing(WORDS, stood(cut=True)),
    "orphaned": orphaned(WORDS, stood()),
}


def actions(row: tuple[Button, ...]) -> list[str]:
    found = [meant(button.id) for button in row]
    return [each.action.value for each in found if each is not None]


@pytest.mark.parametrize("name", ROWS)
def test_every_id_is_short_and_plain_and_every_row_fits_a_platform(name: str) -> None:
    row = ROWS[name]
    assert 0 < len(row) <= 5
    for button in row:
        assert len(button.id) <= 64
        assert button.id.isascii()
        assert 0 < len(button.label) <= 75
    assert len({button.id for button in row}) == len(row)


@pytest.mark.parametrize("name", ROWS)
def test_what_an_id_says_is_understood_again(name: str) -> None:
    for button in ROWS[name]:
        said = meant(button.id)
        assert said is not None
        assert (said.turn, said.revision) == (LARGEST, 10**9 - 1)


def test_each_row_offers_what_can_be_done_there() -> None:
    assert {name: actions(row) for name, row in ROWS.items()} == {
        "growing": ["stop"],
        "whole": ["regenerate", "undo", "good", "bad"],
        "cut": ["continue", "regenerate", "undo", "good", "bad"],
        "failed": ["regenerate", "undo"],
        "interrupted": ["continue", "undo"],
        "standing": ["continue", "regenerate", "undo", "good", "bad"],
        "orphaned": ["remove"],
    }


@pytest.mark.parametrize("locale", WORDS.tags)
@pytest.mark.parametrize("action", Action)
def test_every_button_has_a_label_in_every_language(action: Action, locale: str) -> None:
    label = WORDS.text(f"button-{action.value}", locale)
    assert label != f"button-{action.value}"
    assert 0 < len(label) <= 75


def test_labels_are_in_the_askers_language() -> None:
    assert [button.label for button in ROWS["growing"]] == ["Stop"]
    assert WORDS.text("button-stop", "zh-CN") != "Stop"


def test_the_id_of_an_ordinary_answer() -> None:
    [stop] = growing(WORDS, claim(TurnId(7), 0))
    assert stop.id == "parley-stop-7-0"
    assert meant(stop.id) == Meant(Action.STOP, TurnId(7), 0)


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "stop",
        "parley-stop-7",
        "parley-stop-7-0-1",
        "parley-stop--7-0",
        "parley-STOP-7-0",
        "parley-burn-7-0",
        " parley-stop-7-0",
        "parley-stop-7-0\n",
        "parley-stop-٧-0",
        "parley-stop-7-" + "9" * 10,
        "parley-stop-" + "9" * 19 + "-0",
    ],
)
def test_what_we_never_wrote_means_nothing(foreign: str) -> None:
    assert meant(foreign) is None
