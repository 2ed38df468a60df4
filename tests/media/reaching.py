"""Cases in which nobody calls a command: the chat model reaches for the others by itself."""

import re
from collections.abc import Sequence

from tests.fakes.gateway import Answer, Fail, SeenRequest, ToolCall
from tests.media.drawing import QWEN, QWEN_EDIT
from tests.media.files import RED, photo
from tests.media.hearing import CHAT
from tests.media.seen import painted, reads, shows, sized, told
from tests.media.site import Case, Scene
from tests.media.speaking import LINE, TTS

DONE = "There you are."
_TAG = re.compile(r"p\d+z")


async def draws_when_asked(scene: Scene) -> str:
    """A wish in plain words."""
    scene.plan(_Calls([("draw_picture", '{"prompt": "a fox"}')]), CHAT)
    await scene.place.send("Draw a fox.")
    [shown] = await shows(scene.place)
    await reads(scene.place, DONE)
    return f"{sized(painted(shown, 'a fox'))} and the answer “{DONE}”"


async def draws_and_alters(scene: Scene) -> str:
    """Two wishes in one sentence: two rounds."""
    scene.plan(_Calls([("draw_picture", '{"prompt": "a fox"}'), ("edit_picture", '{"prompt": "make it night"}')]), CHAT)
    await scene.place.send("Draw a fox, then make it night.")
    first, second = await shows(scene.place, 2)
    await reads(scene.place, DONE)
    painted(first, "a fox")
    below = first.picture.convert("RGB").getpixel((1, 1))
    assert isinstance(below, tuple)
    painted(second, "make it night", (int(below[0]), int(below[1]), int(below[2])))
    return f"both pictures and the answer “{DONE}”"


async def alters_a_members_picture(scene: Scene) -> str:
    """A wish in answer to somebody's picture."""
    scene.plan(_Calls([("edit_picture", '{"prompt": "make it night"}')]), CHAT)
    message = await scene.place.send("", photo())
    await scene.place.send("Make it night, please.", reply_to=message)
    [shown] = await shows(scene.place)
    await reads(scene.place, DONE)
    return f"{sized(painted(shown, 'make it night', RED))}, altered, and the answer “{DONE}”"


async def speaks_when_asked(scene: Scene) -> str:
    """A wish to hear something."""
    scene.plan(_Calls([("speak", f'{{"text": "{LINE}"}}')]), CHAT)
    await scene.place.send("Read me something aloud.")
    [shown] = await shows(scene.place)
    await reads(scene.place, DONE)
    assert shown.voice == (scene.place.platform == "Discord")
    assert abs(shown.sound[1] - 0.06 * len(LINE)) < 0.5
    return f"{'a voice message' if shown.voice else 'a sound to play'} and the answer “{DONE}”"


async def mends_its_arguments(scene: Scene) -> str:
    """Arguments that are no JSON go back to the model."""
    scene.plan(_Calls([("draw_picture", '{"prompt": "a fo'), ("draw_picture", '{"prompt": "a fox"}')]), CHAT)
    await scene.place.send("Draw a fox.")
    [shown] = await shows(scene.place)
    await reads(scene.place, DONE)
    return f"{sized(painted(shown, 'a fox'))} at the second try"


async def tells_of_a_refusal(scene: Scene) -> str:
    """The picture is refused: people and the chat model are told."""
    scene.plan(_Calls([("draw_picture", '{"prompt": "a fox"}')]), CHAT)
    scene.plan(Fail(400, code="content_policy_violation"))
    await scene.place.send("Draw a fox.")
    await reads(scene.place, DONE)
    words = await reads(scene.place, told("content-refused", model=scene.model))
    assert scene.place.files() == []
    return words


class _Calls:
    """A chat model that calls these tools one after another, and then is done."""

    def __init__(self, calls: Sequence[tuple[str, str]]) -> None:
        self._calls = calls

    def __call__(self, seen: SeenRequest) -> Answer:
        messages = seen.body["messages"]
        assert isinstance(messages, list)
        done = sum(each["role"] == "tool" for each in messages)
        if done >= len(self._calls):
            return Answer(text=DONE)
        name, arguments = self._calls[done]
        tag = _TAG.findall(str(messages))[-1]
        return Answer(text="", tool_calls=(ToolCall(f"call-{tag}-{done}", name, arguments),))


CASES: dict[str, list[Case]] = {
    TTS: [Case(TTS, "use", "a mention that wants to hear something", speaks_when_asked)],
    QWEN: [
        Case(QWEN, "use", "a mention that wants a picture", draws_when_asked),
        Case(QWEN, "use", "a call with broken arguments", mends_its_arguments, direct=True),
        Case(QWEN, "failure", "a refused prompt of the chat model's", tells_of_a_refusal),
    ],
    QWEN_EDIT: [
        Case(QWEN_EDIT, "use", "a mention that wants a picture and then another", draws_and_alters),
        Case(QWEN_EDIT, "use", "a mention in answer to a member's picture", alters_a_members_picture),
    ],
}
