"""The fake by remote control: what people do and see, over HTTP under /control, for a bench or a trial by hand."""

import json
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from tests.fakes.discord.fake import FakeDiscord
from tests.fakes.discord.people import File
from tests.fakes.discord.wire import ApiError, Json
from tests.fakes.discord.world import Channel, User

Doing = Callable[[Json], Awaitable[object]]
_ROUTE_FIELDS = ("status", "json", "headers", "times", "after_accept")


class Control:
    """Routes under `/control/`; users and channels are given by id, answers are `{"result": …}` or `{"error": …}`."""

    def __init__(self, fake: FakeDiscord) -> None:
        self._fake = fake

    def attach(self, app: web.Application) -> None:
        """Mount the routes: POST with a JSON body to do, GET with a query to look."""
        doings: dict[str, Doing] = {
            "user": self._user,
            "say": self._say,
            "edit": self._edit,
            "delete": self._delete,
            "purge": self._purge,
            "thread": self._thread,
            "command": self._command,
            "autocomplete": self._autocomplete,
            "press": self._press,
            "fail": self._fail,
            "trouble": self._trouble,
        }
        for name, do in doings.items():
            app.router.add_post(f"/control/{name}", _posted(do))
        for name, look in {"screen": self._screen, "answer": self._answer, "calls": self._calls}.items():
            app.router.add_get(f"/control/{name}", _asked(look))
        app.router.add_get("/control/state", _asked(self._state))

    def _person(self, given: Json) -> User:
        return self._fake.world.users[int(given["user"])]

    def _place(self, given: Json) -> Channel:
        return self._fake.world.channels[int(given["channel"])]

    async def _user(self, given: Json) -> object:
        """{name, locale?, moderates?}: a new person, and their direct-message channel; a guild's id to moderate it."""
        user = self._fake.user(str(given["name"]), locale=str(given.get("locale", "en-US")))
        if given.get("moderates"):
            self._fake.promote(user, self._fake.world.guilds[int(given["moderates"])])
        return {"user": str(user.id), "dm": str(self._fake.dm(user).id)}

    async def _say(self, given: Json) -> object:
        """{user, channel, content, reply_to?, mention_reply?, files?}: the message's id."""
        reply_to = int(given["reply_to"]) if given.get("reply_to") else None
        mention = bool(given.get("mention_reply", True))
        content = str(given["content"])
        said = await self._fake.say(
            self._person(given),
            self._place(given),
            content,
            reply_to=reply_to,
            mention_reply=mention,
            attachments=[_file(file) for file in given.get("files") or []],
        )
        return str(said)

    async def _edit(self, given: Json) -> None:
        """{message, content}."""
        await self._fake.edit(int(given["message"]), str(given["content"]))

    async def _delete(self, given: Json) -> None:
        """{message}."""
        await self._fake.delete(int(given["message"]))

    async def _purge(self, given: Json) -> None:
        """{channel, messages}: many at one stroke."""
        await self._fake.purge(self._place(given), [int(message) for message in given["messages"]])

    async def _thread(self, given: Json) -> object:
        """{user, channel, name, message?}: the thread's id."""
        message = int(given["message"]) if given.get("message") else None
        thread = await self._fake.thread(self._person(given), self._place(given), str(given["name"]), message)
        return str(thread.id)

    async def _command(self, given: Json) -> object:
        """{user, channel, name, options?}: waits for the first answer; an option may be a file."""
        given_options: Json = given.get("options") or {}
        options = {name: _file(value) if isinstance(value, dict) else value for name, value in given_options.items()}
        made = await self._fake.command(self._person(given), self._place(given), str(given["name"]), options)
        await made.acknowledgement()
        return {"id": str(made.id), "type": made.answer, "ephemeral": made.ephemeral, "after_s": made.answered_after_s}

    async def _autocomplete(self, given: Json) -> object:
        """{user, channel, name, option, typed}: the suggestions."""
        name, option, typed = (str(given[key]) for key in ("name", "option", "typed"))
        found = await self._fake.autocomplete(self._person(given), self._place(given), name, option, typed)
        return [asdict(choice) for choice in found]

    async def _press(self, given: Json) -> object:
        """{user, message, custom_id}: waits for the first answer."""
        made = await self._fake.press(self._person(given), int(given["message"]), str(given["custom_id"]))
        await made.acknowledgement()
        return {"id": str(made.id), "type": made.answer, "after_s": made.answered_after_s}

    async def _fail(self, given: Json) -> None:
        """{route, status, json?, headers?, times?, after_accept?}."""
        fields = {key: given[key] for key in _ROUTE_FIELDS if key in given}
        self._fake.fail(str(given["route"]), **fields)

    async def _trouble(self, given: Json) -> None:
        """{kind: disconnect | cut | reconnect | invalidate | forget | refuse | accept, code?, resumable?}."""
        match given["kind"]:
            case "disconnect":
                await self._fake.disconnect(int(given.get("code", 4000)), resumable=bool(given.get("resumable", True)))
            case "cut":
                await self._fake.cut()
            case "reconnect":
                await self._fake.ask_to_reconnect()
            case "invalidate":
                await self._fake.invalidate(resumable=bool(given.get("resumable", False)))
            case "forget":
                self._fake.forget_sessions()
            case "refuse":
                await self._fake.refuse_connections()
            case "accept":
                await self._fake.accept_connections()
            case other:
                raise ValueError(f"no trouble of kind {other}")

    async def _screen(self, given: Json) -> object:
        """?channel&user=: what that person sees, or everybody."""
        person = self._person(given) if given.get("user") else None
        return [asdict(message) for message in self._fake.screen(self._place(given), person)]

    async def _answer(self, given: Json) -> object:
        """?channel&user=&quiet=1.5&seconds=60: the screen once its last message is the bot's and has not changed."""
        quiet, seconds = float(given.get("quiet", 1.5)), float(given.get("seconds", 60))
        await self._fake.settled(self._place(given), quiet_s=quiet, timeout=seconds)
        return await self._screen(given)

    async def _calls(self, given: Json) -> object:
        """?start=0: the REST calls from there on."""
        return [asdict(call) for call in self._fake.calls[int(given.get("start", 0)) :]]

    async def _state(self, given: Json) -> object:
        fake = self._fake
        return {
            "sessions": len(fake.hub.sessions),
            "connected": fake.connected,
            "identifies": fake.gateway.identifies,
            "resumes": fake.gateway.resumes,
            "pinged": [asdict(ping) for ping in fake.pinged],
            "invalid_calls": fake.limiter.invalid_calls,
            "commands": [command["name"] for command in fake.commands.all()],
        }


def _file(given: Json) -> File:
    """{name, base64, media_type?, voice_seconds?}."""
    content = b64decode(str(given["base64"]))
    return File(str(given["name"]), content, given.get("media_type"), given.get("voice_seconds"))


def _posted(do: Doing) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        return await _served(do, await request.json())

    return serve


def _asked(look: Doing) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        return await _served(look, dict(request.query))

    return serve


async def _served(do: Doing, given: Json) -> web.Response:
    try:
        return _reply({"result": await do(given)}, 200)
    except (ApiError, AssertionError, LookupError, TypeError, ValueError, TimeoutError) as wrong:
        return _reply({"error": f"{type(wrong).__name__}: {wrong}"}, 400)


def _reply(body: Json, status: int) -> web.Response:
    """Ids as texts: they are too big for a JSON number in some languages."""
    return web.json_response(_texts(body), status=status, dumps=lambda value: json.dumps(value, default=str))


def _texts(value: object) -> object:
    if isinstance(value, dict):
        return {key: _texts(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(entry) for entry in value]
    return str(value) if isinstance(value, int) and value > 1 << 53 else value
