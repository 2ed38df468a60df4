"""Cases of the models that speak."""

from tests.fakes.discord.world import INVITED, Permission
from tests.fakes.gateway import HTML_502, Fail, Heard, Raw, Voiced
from tests.fakes.gateway.sounds import VoiceShape
from tests.media.files import note
from tests.media.places import Shown, SlackMedia
from tests.media.seen import Advice, reads, refuse_upload, shows, told
from tests.media.site import Case, Play, Scene

TTS = "tts-1-hd"
QWEN_TTS = "Qwen3-TTS-12Hz-1.7B-CustomVoice"
ADVICE = {
    TTS: Advice("BOT_SPEECH_MODEL", "/say", QWEN_TTS),
    QWEN_TTS: Advice("BOT_SPEECH_MODEL", "/say", TTS),
}
LINE = "The night bus is late again, and nobody minds."


def says(**options: str) -> Play:
    """`/say`: a voice message on Discord, a file that plays on Slack."""

    async def play(scene: Scene) -> str:
        await scene.place.call("say", LINE, model=scene.model, **options)
        [shown] = await shows(scene.place)
        body = scene.requests()[-1].body
        assert options.items() <= {**body, "style": body.get("instructions")}.items()
        return _played(scene, shown)

    return play


async def says_by_slash(scene: Scene) -> str:
    """`/say` as one line of words."""
    assert isinstance(scene.place, SlackMedia)
    await scene.place.slash("say", LINE, model=scene.model)
    [shown] = await shows(scene.place)
    return _played(scene, shown)


async def says_without_the_right(scene: Scene) -> str:
    """Where the bot may send files and no voice messages."""
    await scene.place.call("say", LINE, model=scene.model)
    [shown] = await shows(scene.place)
    assert not shown.voice
    assert abs(shown.sound[1] - 0.06 * len(f"{LINE} {scene.place.tag}")) < 0.5
    return f"a sound to play (`.{shown.name.rpartition('.')[2]}`)"


async def is_not_taken(scene: Scene) -> str:
    """The platform refuses the upload: that is told, in place of silence."""
    refuse_upload(scene.place)
    await scene.place.call("say", LINE, model=scene.model)
    words = await reads(scene.place, told("speech-not-shown"))
    assert len(scene.requests()) == 1
    return words


async def wants_voice_by_slash(scene: Scene) -> str:
    """`/voice` as one line of words; the answer is for Ann alone."""
    assert isinstance(scene.place, SlackMedia)
    await scene.place.slash("voice", "", aloud="on")
    return await reads(scene.place, told("voice-aloud-on"))


async def says_a_long_text(scene: Scene) -> str:
    """`/say` of more than a model takes at once: one sound of all parts."""
    text = " ".join([LINE] * 40)
    await scene.place.call("say", text, model=scene.model)
    [shown] = await shows(scene.place)
    assert sum(LINE in part for part in scene.site.far.gateway.booth.said[-2:]) == 2
    assert abs(shown.sound[1] - 0.06 * len(text)) < 2.0
    return f"{_kind(scene, shown)}, one of all parts"


async def says_no_markdown(scene: Scene) -> str:
    """Code, links and emphasis are not read."""
    await scene.place.call("say", f"**Look** at `x = 1` and [this](https://example.com/x): {LINE}", model=scene.model)
    [shown] = await shows(scene.place)
    said = scene.site.far.gateway.booth.said[-1]
    assert not {"*", "`", "https"} & set(said.split())
    assert "example.com" not in said
    return _kind(scene, shown)


async def answers_aloud(scene: Scene) -> str:
    """A voice note is answered aloud where the place wants that."""
    place = scene.place
    scene.plan(Heard("What is blue?"), "whisper-1")
    await place.call("voice", "", aloud="on")
    await place.until(lambda: place.words() != "")
    await place.send("", note())
    await place.until(lambda: "You said: What is blue?" in place.words())
    [shown] = await shows(place)
    return f"the answer in words, and {_kind(scene, shown)}"


def found_in(shape: VoiceShape) -> Play:
    """The sound is found in this answer."""

    async def play(scene: Scene) -> str:
        scene.plan(Voiced(shape))
        await scene.place.call("say", LINE, model=scene.model)
        [shown] = await shows(scene.place)
        return _played(scene, shown)

    return play


def tells(plan: Fail | Raw | Voiced, message_id: str, **params: object) -> Play:
    """There is nothing to hear: why is told."""

    async def play(scene: Scene) -> str:
        scene.plan(plan)
        await scene.place.call("say", LINE, model=scene.model)
        words = await reads(scene.place, ADVICE[scene.model].told(message_id, model=scene.model, **params))
        await scene.place.rested()
        assert scene.place.files() == []
        return words

    return play


def _played(scene: Scene, shown: Shown) -> str:
    spoken_s = 0.06 * len(f"{LINE} {scene.place.tag}")
    assert abs(shown.sound[1] - spoken_s) < 0.5
    return _kind(scene, shown)


def _kind(scene: Scene, shown: Shown) -> str:
    assert "ogg" in shown.sound[0] or scene.place.platform == "Slack"
    assert shown.voice == (scene.place.platform == "Discord")
    return "a voice message (Ogg/Opus)" if shown.voice else f"a sound to play (`.{shown.name.rpartition('.')[2]}`)"


def _failures(model: str) -> list[Case]:
    plans: list[tuple[str, Fail | Raw | Voiced, str, dict[str, object]]] = [
        ("HTML in place of sound", Raw(200, b"<html><body>busy</body></html>", "text/html"), "gateway-garbled", {}),
        ("an error with status 200", Raw(200, b'{"error":{"message":"no"}}'), "craft-busy", {}),
        ("an empty body", Voiced("empty"), "gateway-garbled", {}),
        ("bytes that are no sound", Voiced("noise"), "gateway-garbled", {}),
    ]
    if model == TTS:
        plans += [
            ("no balance", Fail(403, code="insufficient_user_quota"), "craft-rejected", {}),
            ("502 in HTML", HTML_502, "craft-busy", {}),
            (
                "429 with a time",
                Fail(429, code="rate_limit_exceeded", headers={"retry-after": "300"}),
                "craft-busy-until",
                {"seconds": 300},
            ),
            (
                "a refused text",
                Fail(400, code="content_policy_violation"),
                "content-refused",
                {},
            ),
        ]
    return [Case(model, "failure", name, tells(plan, notice, **params)) for name, plan, notice, params in plans]


_VOICES = {TTS: {"voice": "nova"}, QWEN_TTS: {"voice": "ryan", "language": "English", "style": "whispering"}}
_WRAPPED: tuple[tuple[str, VoiceShape], ...] = (
    ("JSON with base64 in `audio`", "audio"),
    ("JSON with base64 in `audio.data`", "audio_object"),
    ("JSON with base64 in `output.audio.data`", "output_data"),
    ("JSON with an address in `output.audio.url`", "output_url"),
    ("JSON with an address in `url`", "url"),
)

CASES: dict[str, list[Case]] = {
    TTS: [
        Case(TTS, "use", "`/say`", says(**_VOICES[TTS])),
        Case(TTS, "use", "`/say` as a command of Slack's own", says_by_slash, where=("Slack",)),
        Case(TTS, "use", "`/voice` as a command of Slack's own", wants_voice_by_slash, where=("Slack",)),
        Case(TTS, "use", "`/say` of a long text", says_a_long_text, where=("Discord",)),
        Case(TTS, "use", "`/say` of Markdown", says_no_markdown),
        Case(TTS, "use", "a voice note answered aloud", answers_aloud, direct=True),
        Case(
            TTS,
            "use",
            "`/say` where voice messages are not allowed",
            says_without_the_right,
            where=("Discord",),
            rights=INVITED & ~Permission.SEND_VOICE_MESSAGES,
        ),
        *_failures(TTS),
        Case(TTS, "failure", "the platform refuses the file", is_not_taken),
        Case(
            TTS,
            "failure",
            "the model is missing",
            tells(Fail(404, code="model_not_found"), "craft-unavailable"),
            fresh=True,
        ),
    ],
    QWEN_TTS: [
        Case(QWEN_TTS, "use", "`/say` with a speaker, a language and a style", says(**_VOICES[QWEN_TTS])),
        Case(QWEN_TTS, "use", "`/say` in a direct message", says(), direct=True),
        *(Case(QWEN_TTS, "shape", name, found_in(shape)) for name, shape in _WRAPPED),
        *_failures(QWEN_TTS),
    ],
}
