"""Cases of pictures that are not made, or not shown: what people read in their place."""

from tests.fakes.gateway import HTML_502, TRUNCATED_JSON, Answer, Drawn, Fail, Raw
from tests.fakes.gateway.server import Scripted
from tests.media.drawing import GEMINI, QWEN, QWEN_EDIT
from tests.media.files import broken_photo, photo
from tests.media.places import Sent
from tests.media.seen import Advice, reads, refuse_upload, shows, told
from tests.media.site import FILE_MB, Case, Play, Scene

PAGE = Raw(200, b"<html><body>Please sign in.</body></html>", "text/html")
_EDITED = Advice("BOT_EDIT_MODEL", "/edit", GEMINI[0])


def _drawn(model: str) -> Advice:
    return Advice("BOT_PICTURE_MODEL", "/imagine", GEMINI[1] if model == GEMINI[0] else GEMINI[0])


def tells(plan: Scripted, message_id: str, **params: object) -> Play:
    """`/imagine` without a picture."""

    async def play(scene: Scene) -> str:
        scene.plan(plan)
        await scene.place.call("imagine", "a fox", model=scene.model)
        words = await reads(scene.place, _drawn(scene.model).told(message_id, model=scene.model, **params))
        await scene.place.rested()
        assert scene.place.files() == []
        return words

    return play


def tells_of_an_edit(plan: Scripted, message_id: str, **params: object) -> Play:
    """`/edit` without a picture."""

    async def play(scene: Scene) -> str:
        scene.plan(plan)
        await scene.place.call("edit", "make it night", photo(), model=scene.model)
        words = await reads(scene.place, _EDITED.told(message_id, model=scene.model, **params))
        await scene.place.rested()
        assert scene.place.files() == []
        return words

    return play


def refuses(sent: Sent, message_id: str, **params: object) -> Play:
    """`/edit` of something that cannot be used; the model is not asked."""

    async def play(scene: Scene) -> str:
        await scene.place.call("edit", "make it night", sent, model=scene.model)
        words = await reads(scene.place, told(message_id, name=sent.name, **params))
        await scene.place.rested()
        assert (scene.requests(), scene.place.files()) == ([], [])
        return words

    return play


async def says_what_the_model_says(scene: Scene) -> str:
    """A model that only has words, as where it asks back."""
    scene.plan(Drawn("nothing", text="What kind of fox?"))
    await scene.place.call("imagine", "a fox", model=scene.model)
    words = await reads(scene.place, "What kind of fox?")
    await scene.place.rested()
    assert scene.place.files() == []
    return words


async def draws_after_a_pause(scene: Scene) -> str:
    """A limit that is over soon is waited for."""
    waits = iter([Fail(429, code="rate_limit_exceeded", headers={"retry-after": "1"})])
    scene.plan(lambda _: next(waits, Drawn()))
    await scene.place.call("imagine", "a fox", model=scene.model)
    await shows(scene.place)
    return "the picture, a second later"


async def is_not_taken(scene: Scene) -> str:
    """The platform refuses the upload: that is told, in place of silence."""
    refuse_upload(scene.place)
    await scene.place.call("imagine", "a fox", model=scene.model)
    words = await reads(scene.place, told("picture-not-taken"))
    assert len(scene.requests()) == 1
    return words


async def expires(scene: Scene) -> str:
    """The address of the result leads to nothing any more."""
    scene.plan(Drawn("url", link="expired"))
    await scene.place.call("imagine", "a fox", model=scene.model)
    words = await reads(scene.place, told("gateway-garbled", model=scene.model))
    await scene.place.rested()
    assert scene.place.files() == []
    return words


def _failures(model: str) -> list[Case]:
    busy = Fail(429, code="rate_limit_exceeded", headers={"retry-after": "300"})
    plans: list[tuple[str, Scripted, str, dict[str, object]]] = [
        ("a refused prompt", Fail(400, code="content_policy_violation"), "content-refused", {}),
        ("no balance", Fail(403, code="insufficient_user_quota"), "craft-rejected", {}),
        ("502 in HTML", HTML_502, "craft-busy", {}),
        ("429 with a time", busy, "craft-busy-until", {"seconds": 300}),
        ("HTML with status 200", PAGE, "gateway-garbled", {}),
        ("JSON that ends half-way", TRUNCATED_JSON, "gateway-garbled", {}),
        ("an empty body", Raw(200, b""), "gateway-garbled", {}),
        ("a broken picture", Drawn("broken"), "gateway-garbled", {}),
    ]
    play = tells_of_an_edit if model == QWEN_EDIT else tells
    return [Case(model, "failure", name, play(plan, notice, **params)) for name, plan, notice, params in plans]


_LARGE = Sent("large.jpg", "image/jpeg", photo().content + bytes((FILE_MB + 1) * 1_000_000))
_SIGN_IN = Sent("photo.png", "image/png", b"<!DOCTYPE html><html><body>Sign in to continue</body></html>")

CASES: dict[str, list[Case]] = {
    QWEN: [
        *_failures(QWEN),
        Case(
            QWEN,
            "failure",
            "the model is missing",
            tells(Fail(404, code="model_not_found"), "craft-unavailable"),
            fresh=True,
        ),
        Case(QWEN, "failure", "429 that is over soon", draws_after_a_pause),
        Case(QWEN, "failure", "the result's address has run out", expires),
        Case(QWEN, "failure", "the platform refuses the file", is_not_taken),
    ],
    QWEN_EDIT: [
        *_failures(QWEN_EDIT),
        Case(QWEN_EDIT, "failure", "the picture is broken", refuses(broken_photo(), "file-broken")),
        Case(QWEN_EDIT, "failure", "it is too large", refuses(_LARGE, "file-too-large", most=f"{FILE_MB} MB")),
        Case(QWEN_EDIT, "failure", "a sign-in page in its place", refuses(_SIGN_IN, "file-lost")),
    ],
    GEMINI[0]: [
        *_failures(GEMINI[0]),
        Case(GEMINI[0], "failure", "words in place of a picture", says_what_the_model_says),
        Case(GEMINI[0], "failure", "it declines", tells(Answer(refusal="I will not draw that."), "content-refused")),
    ],
    GEMINI[1]: _failures(GEMINI[1])[:2],
    GEMINI[2]: _failures(GEMINI[2])[:2],
}
