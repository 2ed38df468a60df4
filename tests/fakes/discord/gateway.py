"""The gateway's WebSocket: HELLO, IDENTIFY, heartbeats, RESUME, and every way to lose the connection."""

import asyncio
import json
import secrets
import zlib
from collections import deque
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.fakes.discord.clock import Clock
from tests.fakes.discord.gateway_rules import LONGEST_FRAME, Closing, Cut, Frame, GatewayRules
from tests.fakes.discord.payloads import Payloads
from tests.fakes.discord.sessions import KNOWN_INTENTS, PRIVILEGED, Hub, Intent, Session
from tests.fakes.discord.wire import Json
from tests.fakes.discord.world import World


@dataclass(slots=True)
class Gateway:
    """All connections and what they share; `identifies` and `resumes` count what clients did."""

    rules: GatewayRules
    world: World
    payloads: Payloads
    hub: Hub
    clock: Clock
    connections: set["Connection"] = field(default_factory=set)
    identifies: int = 0
    resumes: int = 0
    closed: list[int] = field(default_factory=list)
    """Codes with which the server closed a connection."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection from its first byte to its last."""
        socket = web.WebSocketResponse(timeout=1.0, autoping=True, compress=False)
        await socket.prepare(request)
        connection = Connection(self, socket, request)
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)
        return socket

    def send_all(self, frame: Frame) -> int:
        """Hand a frame, a close or a cut to every connection; says to how many."""
        for connection in self.connections:
            connection.push(frame)
        return len(self.connections)


class Connection:
    """One WebSocket. Frames leave in order through a queue, so nobody waits for a slow client."""

    def __init__(self, gateway: Gateway, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._gateway = gateway
        self._socket = socket
        self._request = request
        self._frames: asyncio.Queue[Frame] = asyncio.Queue()
        self._received: deque[float] = deque()
        self._packer = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self._ending = False
        self._goodbye: int | None = None
        self.session: Session | None = None

    def push(self, frame: Frame) -> None:
        """Send a frame, or end the connection, after all that was pushed before."""
        self._ending = self._ending or isinstance(frame, Exception)
        self._frames.put_nowait(frame)

    async def run(self) -> None:
        """Speak until one side ends it."""
        self.push({"op": 10, "t": None, "s": None, "d": {"heartbeat_interval": self._gateway.rules.heartbeat_s * 1000}})
        sender = asyncio.create_task(self._send())
        try:
            self._check_address()
            await self._receive()
        except Closing as closing:
            self.push(closing)
        finally:
            await self._end(sender)
            self._leave()

    async def _end(self, sender: asyncio.Task[None]) -> None:
        """Let a close that the server began reach the client; else nothing more is sent."""
        if not self._ending:
            sender.cancel()
        await asyncio.wait([sender])

    def _check_address(self) -> None:
        query = self._request.query
        if query.get("v") not in ("9", "10"):
            raise Closing(4012, "Invalid API version.")
        if query.get("encoding", "json") != "json" or query.get("compress", "zlib-stream") != "zlib-stream":
            raise Closing(4000, "The fake speaks JSON, plain or zlib-stream.")

    def _leave(self) -> None:
        """Keep the session for a RESUME, unless the client said goodbye with 1000 or 1001."""
        session = self.session
        if session is None or session.push != self.push:
            return
        session.push, session.left_at = None, self._gateway.clock.now()
        if self._goodbye in (1000, 1001):
            self._gateway.hub.sessions.pop(session.id, None)

    async def _send(self) -> None:
        while True:
            frame = await self._frames.get()
            if isinstance(frame, Cut):
                self._abort()
                return
            if isinstance(frame, Closing):
                self._gateway.closed.append(frame.code)
                await self._socket.close(code=frame.code, message=frame.reason.encode())
                return
            if not await self._write(json.dumps(frame)):
                return

    async def _write(self, text: str) -> bool:
        try:
            if self._packer is None:
                await self._socket.send_str(text)
            else:
                packed = self._packer.compress(text.encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH)
                await self._socket.send_bytes(packed)
        except (ConnectionError, RuntimeError):
            return False
        return True

    def _abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _receive(self) -> None:
        patience = self._gateway.rules.heartbeat_s * 1.5
        last_beat = asyncio.get_running_loop().time()
        while True:
            left = last_beat + patience - asyncio.get_running_loop().time()
            try:
                message = await self._socket.receive(timeout=max(0.0, left))
            except TimeoutError:
                raise Closing(4009, "Session timed out.") from None
            if message.type is WSMsgType.CLOSE:
                self._goodbye = message.data
            if message.type is not WSMsgType.TEXT:
                return
            frame = self._parse(message.data)
            if frame["op"] == 1:
                last_beat = asyncio.get_running_loop().time()
            self._take(frame)

    def _parse(self, text: str) -> Json:
        self._count_send()
        if len(text.encode()) > LONGEST_FRAME:
            raise Closing(4002, "Payload too large.")
        try:
            frame = json.loads(text)
        except ValueError:
            raise Closing(4002, "Error while decoding payload.") from None
        if not isinstance(frame, dict) or not isinstance(frame.get("op"), int):
            raise Closing(4002, "Error while decoding payload.")
        return frame

    def _count_send(self) -> None:
        now = self._gateway.clock.now()
        self._received.append(now)
        while self._received[0] <= now - self._gateway.rules.sends_window_s:
            self._received.popleft()
        if len(self._received) > self._gateway.rules.sends:
            raise Closing(4008, "Rate limited.")

    def _take(self, frame: Json) -> None:
        op, data = frame["op"], frame.get("d")
        if op == 1:
            self.push({"op": 11, "t": None, "s": None, "d": None})
        elif op in (2, 6) and self.session is not None:
            raise Closing(4005, "Already authenticated.")
        elif op in (2, 6) and not isinstance(data, dict):
            raise Closing(4002, "Error while decoding payload.")
        elif op == 2:
            self._identify(data or {})
        elif op == 6:
            self._resume(data or {})
        elif op not in (3, 4, 8, 31):
            raise Closing(4001, "Unknown opcode.")
        elif self.session is None:
            raise Closing(4003, "Not authenticated.")

    def _identify(self, data: Json) -> None:
        gateway = self._gateway
        gateway.identifies += 1
        if data.get("token") != gateway.rules.token:
            raise Closing(4004, "Authentication failed.")
        if gateway.identifies > gateway.rules.identifies_a_day:
            raise Closing(4004, "Authentication failed.")
        properties = data.get("properties")
        if not isinstance(properties, dict) or not {"os", "browser", "device"} <= properties.keys():
            raise Closing(4002, "Error while decoding payload.")
        intents = self._intents(data.get("intents"))
        session = Session(secrets.token_hex(16), intents, self._shard(data.get("shard", [0, 1])), self.push)
        gateway.hub.sessions[session.id] = self.session = session
        self._welcome(session)

    def _intents(self, intents: object) -> int:
        if not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
            raise Closing(4013, "Invalid intent(s).")
        allowed = self._gateway.rules.allowed_intents
        if not self._gateway.world.content_switch:
            allowed &= ~Intent.MESSAGE_CONTENT
        if intents & PRIVILEGED & ~allowed:
            raise Closing(4014, "Disallowed intent(s).")
        return intents

    def _shard(self, shard: object) -> tuple[int, int]:
        match shard:
            case [int() as number, int() as count] if 0 <= number < count:
                if count < self._gateway.rules.shards_needed:
                    raise Closing(4011, "Sharding required.")
                return number, count
        raise Closing(4010, "Invalid shard.")

    def _welcome(self, session: Session) -> None:
        world, payloads = self._gateway.world, self._gateway.payloads
        guilds = [guild for guild in world.guilds.values() if session.hears(Intent.NONE, guild.id)]
        ready: Json = {
            "v": 10,
            "user": payloads.user(world.bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": f"{payloads.gateway_url}/resume",
            "shard": list(session.shard),
            "application": {"id": str(world.application_id), "flags": payloads.application()["flags"]},
            "private_channels": [],
        }
        session.dispatch("READY", ready)
        for guild in guilds if session.intents & Intent.GUILDS else []:
            session.dispatch("GUILD_CREATE", payloads.guild_create(guild))

    def _resume(self, data: Json) -> None:
        if data.get("token") != self._gateway.rules.token:
            raise Closing(4004, "Authentication failed.")
        session = self._kept(str(data.get("session_id")))
        seq = data.get("seq")
        if session is None or not isinstance(seq, int):
            self.push({"op": 9, "t": None, "s": None, "d": False})
            return
        if seq > session.seq:
            raise Closing(4007, "Invalid seq.")
        self._gateway.resumes += 1
        for frame in session.missed(seq):
            self.push(frame)
        self.session = session
        session.push, session.left_at = self.push, None
        session.dispatch("RESUMED", {})

    def _kept(self, session_id: str) -> Session | None:
        gateway = self._gateway
        session = gateway.hub.sessions.get(session_id)
        if session is None or session.left_at is None:
            return session
        if gateway.clock.now() - session.left_at <= gateway.rules.session_life_s:
            return session
        del gateway.hub.sessions[session_id]
        return None
