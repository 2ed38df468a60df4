"""Cases of the model that looks at pictures."""

import base64
import io
from typing import Any

from PIL import Image

from tests.fakes.gateway import Answer, Fail
from tests.fakes.gateway.behaviours import Json
from tests.media.files import BLUE, GREEN, RED, broken_photo, photo
from tests.media.places import Sent
from tests.media.seen import reads, told
from tests.media.site import FILE_MB, Case, Play, Scene

VL = "Qwen3-VL-8B-Instruct"
BLIND = "deepseek3.2"
_NAMES = {RED: "red", GREEN: "green", BLUE: "blue"}


def looks(body: Json) -> str:
    """What somebody says who sees the pictures of the last question."""
    found = [_look(part["image_url"]["url"]) for part in _parts(body) if part["type"] == "image_url"]
    return f"I see {', '.join(found) or 'nothing'}."


def sees(*files: Sent, expected: str) -> Play:
    """A mention with pictures."""

    async def play(scene: Scene) -> str:
        await _chosen(scene)
        scene.plan(Answer(text=looks))
        await scene.place.send("What is this?", *files)
        await reads(scene.place, expected)
        return f"the answer “{expected}”"

    return play


async def sees_what_is_answered(scene: Scene) -> str:
    """A question in answer to somebody's picture."""
    await _chosen(scene)
    scene.plan(Answer(text=looks))
    message = await scene.place.send("", photo(GREEN))
    await scene.place.send("What is this?", reply_to=message)
    return f"the answer “{await reads(scene.place, 'I see green 96×64.')}”"


async def sees_what_it_drew(scene: Scene) -> str:
    """The bot's own picture."""
    await _chosen(scene)
    scene.plan(Answer(text=looks))
    await scene.place.call("imagine", "a fox", model="qwen-image")
    await scene.place.until(lambda: scene.place.files() != [])
    await scene.place.rested()
    await scene.place.send("What is this?")
    return f"the answer “{await reads(scene.place, 'I see a colour 64×64.')}”"


def answers_without(sent: Sent, message_id: str, **params: object) -> Play:
    """A picture that cannot be used: why is told, and the question is answered all the same."""

    async def play(scene: Scene) -> str:
        await _chosen(scene)
        scene.plan(Answer(text=looks))
        await scene.place.send("What is this?", sent)
        words = await reads(scene.place, told(message_id, name=sent.name, **params))
        await reads(scene.place, "I see nothing.")
        return words

    return play


async def tells_of_a_lost_file(scene: Scene) -> str:
    """A picture that has been taken away before it is fetched: on Slack there is a sign-in page in its place."""
    await _chosen(scene)
    scene.plan(Answer(text=looks))
    sent = photo()
    if scene.place.platform == "Slack":
        scene.site.far.slack.fail("files.info", "file_not_found")
    else:
        scene.site.far.discord.fail("GET /channels/{channel_id}/messages/{message_id}", 404, json={"code": 10008})
    await scene.place.send("What is this?", sent)
    words = await reads(scene.place, told("file-lost", name=sent.name))
    await reads(scene.place, "I see nothing.")
    return words


async def answers_without_what_is_refused(scene: Scene) -> str:
    """The host does not take the picture: that is told, and the question is answered without it."""
    await _chosen(scene)
    refused = Fail(400, "Invalid image.", "vllm", code=400)
    scene.plan(lambda seen: refused if "image_url" in str(seen.body) else Answer(text=looks))
    await scene.place.send("What is this?", photo())
    words = await reads(scene.place, told("pictures-refused", model=VL))
    await scene.place.rested()
    return words


def tells(plan: Fail, message_id: str, **params: object) -> Play:
    """The model does not answer: why is told."""

    async def play(scene: Scene) -> str:
        await _chosen(scene)
        scene.plan(plan)
        await scene.place.send("What is this?", photo())
        return await reads(scene.place, told(message_id, model=VL, **params))

    return play


async def _chosen(scene: Scene) -> None:
    await scene.place.command("model", scene.model)
    await scene.place.until(lambda: scene.model in scene.place.words())


def _parts(body: Json) -> list[dict[str, Any]]:
    messages = body["messages"]
    assert isinstance(messages, list)
    content = messages[-1]["content"]
    return content if isinstance(content, list) else []


def _look(url: str) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    assert not picture.getexif(), "where it was taken went to the model"
    found = picture.convert("RGB").getpixel((1, 1))
    assert isinstance(found, tuple)
    near = [name for colour, name in _NAMES.items() if all(abs(a - b) < 8 for a, b in zip(colour, found, strict=True))]
    return f"{(near or ['a colour'])[0]} {picture.width}×{picture.height}"


_LARGE = Sent("large.jpg", "image/jpeg", photo().content + bytes((FILE_MB + 1) * 1_000_000))
_PDF = Sent("paper.jpg", "image/jpeg", b"%PDF-1.7\n" + b"1 0 obj\n" * 50)

CASES: dict[str, list[Case]] = {
    VL: [
        Case(VL, "use", "a mention with a photograph", sees(photo(), expected="I see red 96×64.")),
        Case(VL, "use", "one of 4000×1000", sees(photo(BLUE, size=(4000, 1000)), expected="I see blue 2000×500.")),
        Case(
            VL,
            "use",
            "three at once, in a direct message",
            sees(
                photo(RED, "1.jpg"),
                photo(GREEN, "2.jpg"),
                photo(BLUE, "3.jpg"),
                expected="I see red 96×64, green 96×64, blue 96×64.",
            ),
            direct=True,
        ),
        Case(VL, "use", "a question in answer to a picture", sees_what_is_answered),
        Case(VL, "use", "a question about the bot's own picture", sees_what_it_drew),
        Case(VL, "failure", "a broken picture", answers_without(broken_photo(), "file-broken")),
        Case(VL, "failure", "a file that is no picture", answers_without(_PDF, "file-unsupported")),
        Case(VL, "failure", "one that is too large", answers_without(_LARGE, "file-too-large", most=f"{FILE_MB} MB")),
        Case(VL, "failure", "one that was taken away", tells_of_a_lost_file),
        Case(VL, "failure", "no balance", tells(Fail(403, code="insufficient_user_quota"), "gateway-rejected")),
        Case(
            VL,
            "failure",
            "429 with a time",
            tells(Fail(429, headers={"retry-after": "300"}), "gateway-busy-until", seconds=300),
        ),
        Case(
            VL,
            "failure",
            "the host refuses the picture",
            answers_without_what_is_refused,
        ),
    ],
}
