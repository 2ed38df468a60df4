"""Files on the fake's wire: their names, links that run out, and the rules for what the bot uploads."""

import hashlib
import hmac
import mimetypes
import re
import unicodedata
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import quote

from aiohttp import web

from tests.fakes.discord.wire import ApiError, Json, Problem, Upload, check_length, invalid
from tests.fakes.discord.world import Attachment, Channel, Flag, Guild, Kind, Permission, World

MOST = 10
REQUEST_LIMIT = 25 * 1024 * 1024
LINK_LIFE_S = 24 * 3600
WAVEFORM_LIMIT = 256
_MIB = 1024 * 1024
_BY_TIER = {0: 10 * _MIB, 1: 10 * _MIB, 2: 50 * _MIB, 3: 100 * _MIB}
_SECRET = b"what the links are signed with"
_NUMBERED = re.compile(r"files\[(\d+)\]")
_STRANGE = re.compile(r"[^A-Za-z0-9_.-]")
OCTETS = "application/octet-stream"


def limit(guild: Guild | None) -> int:
    """The most bytes that a file of the bot may have; a direct message is as a server that nobody boosts."""
    return _BY_TIER[0 if guild is None else guild.premium_tier]


def cleansed(name: str, lost: str) -> tuple[str, str | None]:
    """A name as Discord keeps it, and the whole one as a title where something went missing.

    Only ASCII letters, digits, dots, dashes and underscores stay; `lost` names a file of which nothing does.
    """
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = _STRANGE.sub("", "_".join(re.sub(r"[/\\]", " ", ascii_only).split())).strip("._")
    if PurePosixPath(name).suffix and not PurePosixPath(kept).suffix:
        kept = f"{lost}.{kept}" if kept else lost
    kept = kept or lost
    return kept, None if kept == name else PurePosixPath(name).stem


def signed(base: str, path: str, now: float) -> str:
    """A link that holds for a day: `ex` and `is` are hexadecimal Unix times, `hm` vouches for both and the path."""
    issued, expires = f"{int(now):x}", f"{int(now + LINK_LIFE_S):x}"
    return f"{base}{path}?ex={expires}&is={issued}&hm={_mark(path, expires, issued)}&"


def opens(path: str, query: Mapping[str, str], now: float) -> bool:
    """Whether a link is one of ours and has not run out."""
    expires, issued = query.get("ex", ""), query.get("is", "")
    genuine = hmac.compare_digest(query.get("hm", ""), _mark(path, expires, issued))
    return genuine and int(expires, 16) > now


def _mark(path: str, expires: str, issued: str) -> str:
    return hmac.new(_SECRET, f"{path}\n{expires}\n{issued}".encode(), hashlib.sha256).hexdigest()


def check_sizes(files: Sequence[Upload], most: int) -> None:
    """Each file and the whole request within their limits, else 413/40005; ten files at most."""
    sizes = [len(file.content) for file in files]
    if any(size > most for size in sizes) or sum(sizes) > max(REQUEST_LIMIT, most):
        raise ApiError(Problem.TOO_LARGE)
    if len(files) > MOST:
        raise invalid("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST} or fewer in length.")


def check_metadata(body: Json, files: Sequence[Upload], standing: Collection[int] = ()) -> None:
    """What is said about attachments: each entry is of a file that comes along, or of one that stands there."""
    parts = [number_of(file) for file in files]
    if len(set(parts)) != len(parts):
        raise invalid("files", "MULTIPART_FIELD_DUPLICATE", "Each file has a number of its own.")
    entries = body.get("attachments")
    if entries is None:
        return
    known = {*map(str, parts), *map(str, standing)}
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        path, name = f"attachments.{index}", str(entry.get("id"))
        if name not in known or name in seen:
            raise invalid(f"{path}.id", "ATTACHMENT_NOT_FOUND", f"Attachment data for ID {name} not found")
        seen.add(name)
        _check_entry(path, entry)
    if set(map(str, parts)) - seen:
        raise invalid("attachments", "ATTACHMENT_WITHOUT_METADATA", "A file is not listed.")


def _check_entry(path: str, entry: Json) -> None:
    if entry.get("filename") is not None:
        check_length(f"{path}.filename", entry["filename"], 1, 260)
    if entry.get("description") is not None:
        check_length(f"{path}.description", entry["description"], 0, 1024)


def check_voice(world: World, channel: Channel, body: Json, files: Sequence[Upload]) -> None:
    """The rules of a voice message: a right of its own, one sound with its length and waveform, and nothing else.

    https://discord.com/developers/docs/resources/message#attachment-object-voice-messages
    """
    if channel.kind is not Kind.DM and not world.allowed(channel, Permission.SEND_VOICE_MESSAGES):
        raise ApiError(Problem.NO_VOICE)
    if any(body.get(field) for field in ("content", "embeds", "components", "poll", "sticker_ids")):
        raise ApiError(Problem.VOICE_WITH_MORE)
    if len(files) != 1 or not files[0].media_type.startswith(("audio/", OCTETS)):
        raise ApiError(Problem.VOICE_NOT_ONE_SOUND)
    entry = _entries(body).get(str(number_of(files[0])), {})
    if not isinstance(entry.get("duration_secs"), int | float) or not _is_waveform(entry.get("waveform")):
        raise ApiError(Problem.VOICE_WITHOUT_METADATA)


def _is_waveform(value: object) -> bool:
    try:
        return isinstance(value, str) and 0 < len(b64decode(value, validate=True)) <= WAVEFORM_LIMIT
    except NotBase64:
        return False


def uploaded(world: World, body: Json, files: Sequence[Upload]) -> list[Attachment]:
    """The attachments that an upload makes; of a sound that is not sent as one its length and waveform are dropped."""
    entries = _entries(body)
    voice = bool((body.get("flags") or 0) & Flag.VOICE)
    return [_made(world, entries.get(str(number_of(file)), {}), file, voice=voice) for file in files]


def _made(world: World, entry: Json, file: Upload, *, voice: bool) -> Attachment:
    identity = world.ids.next()
    name, title = cleansed(entry.get("filename") or file.name, str(identity))
    kind = file.media_type if file.media_type != OCTETS else mimetypes.guess_type(name)[0]
    spoken = voice and file.media_type.startswith("audio/")
    return Attachment(
        identity,
        name,
        file.content,
        kind,
        float(entry["duration_secs"]) if spoken else None,
        entry["waveform"] if spoken else None,
        entry.get("description") or None,
        title,
    )


def number_of(file: Upload) -> int:
    """The n of `files[n]`."""
    match = _NUMBERED.fullmatch(file.part)
    assert match is not None, "other parts are refused before"
    return int(match[1])


def _entries(body: Json) -> dict[str, Json]:
    return {str(entry.get("id")): entry for entry in body.get("attachments") or []}


def path_of(channel_id: int, attachment: Attachment) -> str:
    """Where the bytes of a message's file lie."""
    return f"/attachments/{channel_id}/{attachment.id}/{quote(attachment.name)}"


def ephemeral_path_of(application_id: int, attachment: Attachment) -> str:
    """Where the bytes of a command's file lie."""
    return f"/ephemeral-attachments/{application_id}/{attachment.id}/{quote(attachment.name)}"


class Cdn:
    """Hands out files to whoever has a link that still holds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def attach(self, app: web.Application) -> None:
        """Mount both kinds of addresses."""
        app.router.add_get("/attachments/{place}/{attachment}/{name}", self._file)
        app.router.add_get("/ephemeral-attachments/{place}/{attachment}/{name}", self._file)

    async def _file(self, request: web.Request) -> web.Response:
        found = next((a for a in self._all() if str(a.id) == request.match_info["attachment"]), None)
        if found is None or not opens(request.rel_url.raw_path, request.query, self._world.clock.now()):
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=found.content, content_type=(found.media_type or OCTETS).partition(";")[0])

    def _all(self) -> Iterator[Attachment]:
        """Every file that stands somewhere; those of a message that is gone are gone, but where it was forwarded."""
        yield from self._world.ephemeral.values()
        for channel in self._world.channels.values():
            for message in channel.messages.values():
                yield from message.attachments
                yield from message.forwarded.attachments if message.forwarded is not None else ()
