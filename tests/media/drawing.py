"""Cases of the models that draw and alter pictures."""

from collections.abc import Callable
from functools import partial

from tests.fakes.discord.files import limit
from tests.fakes.gateway import Drawn
from tests.fakes.gateway.gallery import RESULTS
from tests.fakes.gateway.painting import Painting
from tests.media.files import RED, noise, photo
from tests.media.places import Sent, Shown, SlackMedia
from tests.media.seen import SEND, painted, shows, sized
from tests.media.site import Case, Play, Scene

QWEN = "qwen-image"
QWEN_EDIT = "qwen-image-edit"
GEMINI = ("gemini-2.5-flash-image", "gemini-3-pro-image-preview", "gemini-3.1-flash-image-preview")
MOST_ON_DISCORD = limit(None)
UPLOAD = "files.getUploadURLExternal"
FOX, NIGHT, SNOW = "a fox", "make it night", "with snow"


async def draws(scene: Scene) -> str:
    """`/imagine`: the picture, what was asked in words, and of whom."""
    place = scene.place
    await place.call("imagine", FOX, model=scene.model)
    [shown] = await shows(place)
    picture = painted(shown, f"{FOX} {place.tag}")
    assert FOX in shown.alt
    assert FOX in place.words()
    assert scene.model in place.words()
    look = next(look for look in place.looks() if look.files)
    return f"{sized(picture)}, prompt and model below it, the prompt as its alternative text, {_buttons(look.buttons)}"


async def draws_by_slash(scene: Scene) -> str:
    """`/imagine` as one line of words."""
    place = scene.place
    assert isinstance(place, SlackMedia)
    await place.slash("imagine", FOX, model=scene.model)
    [shown] = await shows(place)
    return f"{sized(painted(shown, f'{FOX} {place.tag}'))} under the post that says who wants what"


async def draws_in_a_size(scene: Scene) -> str:
    """`/imagine` with a size: the nearest that the model makes."""
    await scene.place.call("imagine", FOX, model=scene.model, size="16:9")
    [shown] = await shows(scene.place)
    picture = painted(shown, f"{FOX} {scene.place.tag}")
    assert abs(picture.width / picture.height - 16 / 9) < 0.05
    return sized(picture)


async def draws_two(scene: Scene) -> str:
    """`/imagine` with a count: a call each, a post each."""
    await scene.place.call("imagine", FOX, model=scene.model, count="2")
    found = await shows(scene.place, 2)
    assert len(scene.requests()) == 2
    return f"{len(found)} pictures, one after the other"


def shows_what_hangs_there(made: Callable[[], Sent]) -> Play:
    """A result by its address, whatever it is: what goes out is clean and fits the platform."""

    async def play(scene: Scene) -> str:
        sent, gateway = made(), scene.site.far.gateway
        name = gateway.gallery.keep(sent.content, sent.media_type)
        scene.plan(Drawn("url", link=f"{gateway.url}{RESULTS}{name}?sig=secret"))
        await scene.place.call("imagine", FOX, model=scene.model)
        [shown] = await shows(scene.place)
        assert len(shown.content) <= MOST_ON_DISCORD or scene.place.platform == "Slack"
        assert shown.content != sent.content
        return f"{sized(shown.picture)} without metadata"

    return play


async def edits_a_members_picture(scene: Scene) -> str:
    """`/edit` in answer to somebody's photograph, which tells where it was taken."""
    place = scene.place
    message = await place.send("", photo())
    await place.send(f"/edit model={scene.model} {NIGHT}", reply_to=message)
    [shown] = await shows(place)
    picture = painted(shown, f"{NIGHT} {place.tag}", RED)
    assert _painting(scene).under[0].getexif() == {}, "where it was taken went to the model"
    return f"{sized(picture)}, altered; no metadata went out"


async def edits_what_is_attached(scene: Scene) -> str:
    """`/edit` with a picture of its own."""
    place = scene.place
    await place.call("edit", NIGHT, photo(), model=scene.model)
    [shown] = await shows(place)
    return f"{sized(painted(shown, f'{NIGHT} {place.tag}', RED))}, altered"


async def edits_its_own_again(scene: Scene) -> str:
    """`/edit` of the bot's own picture, and of what came of that too with one model: Slack lets us post slowly."""
    place, drawer = scene.place, QWEN if scene.model == QWEN_EDIT else scene.model
    await place.call("imagine", FOX, model=drawer)
    [first] = await shows(place)
    await place.send(f"/edit model={scene.model} {NIGHT}")
    second = (await shows(place, 2))[1]
    fox, night, snow = (f"{words} {place.tag}" for words in (FOX, NIGHT, SNOW))
    painted(first, fox)
    _blended(second, night, first)
    if scene.model != QWEN_EDIT:
        return "a picture made from the one before it"
    await place.send(f"/edit model={scene.model} {SNOW}")
    third = (await shows(place, 3))[2]
    _blended(third, snow, second)
    return "each picture made from the one before it"


async def varies(scene: Scene) -> str:
    """*Variations* under a picture."""
    place = scene.place
    await place.call("imagine", FOX, model=scene.model)
    await shows(place)
    look = next(look for look in place.looks() if look.files)
    await place.press(look.id, look.buttons["Variations"])
    await shows(place, 2)
    assert len(scene.requests()) == 2
    return "another picture from the same words, in a post of its own"


async def undoes(scene: Scene) -> str:
    """*Undo* under the answer."""
    place = scene.place
    await place.call("imagine", FOX, model=scene.model)
    await shows(place)
    look = next(look for look in place.looks() if "Undo" in look.buttons)
    await place.press(look.id, look.buttons["Undo"])
    await place.until(lambda: "took this exchange back" in place.words())
    return "the answer, marked as taken back"


async def outlives_a_kill(scene: Scene) -> str:
    """Killed when the picture is stored and the platform has not taken it yet: it is drawn once and shown once."""
    place, far = scene.place, scene.site.far
    if place.platform == "Slack":
        far.slack.fail(UPLOAD, "ratelimited", status=429, retry_after=9)
    else:
        far.discord.rate_limit(SEND, 9.0)
    await place.send(f"/imagine model={scene.model} {FOX}")
    await place.until(lambda: _held(scene))
    await scene.kill()
    [shown] = await shows(place)
    painted(shown, f"{FOX} {place.tag}")
    assert len(scene.requests()) == 1
    return "one picture, which was drawn once"


def _held(scene: Scene) -> bool:
    """The platform was asked to take the picture, and has not."""
    if scene.place.platform == "Slack":
        return any(not call.ok for call in scene.site.far.slack.called(UPLOAD)[-1:])
    return any(call.status == 429 for call in scene.site.far.discord.calls[-3:])


def _blended(shown: Shown, prompt: str, source: Shown) -> None:
    picture = source.picture.convert("RGB")
    below = picture.getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(below, tuple)
    painted(shown, prompt, (int(below[0]), int(below[1]), int(below[2])))


def _painting(scene: Scene) -> Painting:
    return next(each for each in scene.site.far.gateway.gallery.paintings[::-1] if scene.place.tag in each.prompt)


def _buttons(buttons: object) -> str:
    assert isinstance(buttons, dict)
    return "buttons " + ", ".join(f"*{label}*" for label in buttons) if buttons else "no buttons"


def _of(model: str) -> list[Case]:
    drawing = [
        Case(model, "use", "`/imagine`", draws),
        Case(model, "use", "`/imagine` with a size", draws_in_a_size),
    ]
    editing = [
        Case(model, "use", "`/edit` in answer to a member's picture", edits_a_members_picture),
        Case(model, "use", "`/edit` with a picture of its own", edits_what_is_attached),
        Case(model, "use", "`/edit` of the bot's own picture", edits_its_own_again),
    ]
    return [*(drawing if model != QWEN_EDIT else []), *(editing if model != QWEN else [])]


CASES: dict[str, list[Case]] = {
    QWEN: [
        *_of(QWEN),
        Case(QWEN, "use", "`/imagine` as a command of Slack's own", draws_by_slash, where=("Slack",)),
        Case(QWEN, "use", "`/imagine` of two", draws_two, direct=True),
        Case(QWEN, "use", "a result that tells where it was made", shows_what_hangs_there(photo)),
        Case(QWEN, "use", "a result of 14 MB", shows_what_hangs_there(partial(noise, 2200)), where=("Discord",)),
        Case(QWEN, "use", "*Variations*", varies),
        Case(QWEN, "use", "*Undo*", undoes),
        Case(QWEN, "restart", "killed between picture and post", outlives_a_kill, fresh=True),
    ],
    QWEN_EDIT: _of(QWEN_EDIT),
    GEMINI[0]: [*_of(GEMINI[0]), Case(GEMINI[0], "use", "*Variations*", varies)],
    GEMINI[1]: _of(GEMINI[1]),
    GEMINI[2]: _of(GEMINI[2]),
}
