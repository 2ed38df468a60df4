"""The table of REST routes: template, who may call it, and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.fakes.discord import roles
from tests.fakes.discord.channel_routes import ChannelRoutes
from tests.fakes.discord.commands import Commands
from tests.fakes.discord.interactions import Interactions
from tests.fakes.discord.limits import EDIT, READ, SEND, TYPING
from tests.fakes.discord.payloads import Payloads
from tests.fakes.discord.wire import Answer, ApiError, Ask, Json, Problem
from tests.fakes.discord.world import Guild, World

SESSION_STARTS = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}


class Access(Enum):
    """What a route asks for, and which limits count."""

    BOT = "bot"
    """The bot's token; the global limit counts."""
    WEBHOOK = "webhook"
    """An interaction's token; a bucket of its own."""
    CALLBACK = "callback"
    """An interaction's id and token; no limit."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `name` is method and template, as `Call.route` and `fail` know it."""

    name: str
    answer: Callable[[Ask], Answer]
    access: Access = Access.BOT
    status: int = 200


@dataclass(frozen=True, slots=True)
class PlainRoutes:
    """Routes that only look things up."""

    world: World
    payloads: Payloads

    def me(self, ask: Ask) -> Json:
        """GET of the bot's own user."""
        return self.payloads.user(self.world.bot) | {"verified": True, "mfa_enabled": False, "flags": 0}

    def user(self, ask: Ask) -> Json:
        """GET of a user."""
        return self.payloads.user(self.world.user(ask.id("user_id")))

    def dm(self, ask: Ask) -> Json:
        """POST that opens a DM channel; that works even with people who take none."""
        return self.payloads.channel(self.world.dm(self.world.user(int(ask.form.get("recipient_id") or 0))))

    def application(self, ask: Ask) -> Json:
        """GET of the application."""
        return self.payloads.application()

    def gateway(self, ask: Ask) -> Json:
        """GET of the gateway's address."""
        return {"url": self.payloads.gateway_url}

    def gateway_bot(self, ask: Ask) -> Json:
        """GET of the gateway's address with the shards to use."""
        return {"url": self.payloads.gateway_url, "shards": 1, "session_start_limit": SESSION_STARTS}

    def guild(self, ask: Ask) -> Json:
        """GET of a guild."""
        return self.payloads.guild(self._guild(ask))

    def roles(self, ask: Ask) -> list[Json]:
        """GET of a guild's roles."""
        return roles.of_guild(self.world, self._guild(ask))

    def channels(self, ask: Ask) -> list[Json]:
        """GET of a guild's channels, without threads."""
        guild = self._guild(ask)
        found = [c for c in self.world.channels.values() if c.guild_id == guild.id and not c.thread]
        return [self.payloads.channel(channel) for channel in found]

    def member(self, ask: Ask) -> Json:
        """GET of a member."""
        guild, user_id = self._guild(ask), ask.id("user_id")
        if user_id not in guild.member_ids | {self.world.bot.id}:
            raise ApiError(Problem.UNKNOWN_MEMBER)
        user = self.world.user(user_id)
        return self.payloads.member(user, guild) | {"user": self.payloads.user(user)}

    def _guild(self, ask: Ask) -> Guild:
        guild = self.world.guilds.get(ask.id("guild_id"))
        if guild is None:
            raise ApiError(Problem.UNKNOWN_GUILD)
        return guild


@dataclass(frozen=True, slots=True)
class CommandRoutes:
    """Routes of application commands, global and of one guild."""

    world: World
    commands: Commands

    def all(self, ask: Ask) -> list[Json]:
        """GET; without `with_localizations` the translations are left out."""
        found = self.commands.all(self._scope(ask))
        if ask.query.get("with_localizations") in ("1", "true"):
            return found
        return [{key: value for key, value in c.items() if not key.endswith("_localizations")} for c in found]

    def replace(self, ask: Ask) -> list[Json]:
        """Bulk PUT."""
        return self.commands.replace(self._scope(ask), ask.body)

    def create(self, ask: Ask) -> Json:
        """POST."""
        return self.commands.create(self._scope(ask), ask.form)

    def delete(self, ask: Ask) -> None:
        """DELETE."""
        self.commands.delete(self._scope(ask), ask.id("command_id"))

    def _scope(self, ask: Ask) -> int | None:
        if ask.id("application_id") != self.world.application_id:
            raise ApiError(Problem.UNKNOWN_APPLICATION)
        return ask.id("guild_id") if "guild_id" in ask.path else None


@dataclass(frozen=True, slots=True)
class WebhookRoutes:
    """Routes that an interaction's token opens."""

    payloads: Payloads
    interactions: Interactions

    def follow_up(self, ask: Ask) -> Json:
        """POST of a follow-up."""
        return self.payloads.message(self.interactions.follow_up(ask))

    def get(self, ask: Ask) -> Json:
        """GET of an answer."""
        return self.payloads.message(self.interactions.message_of(ask)[1])

    def edit(self, ask: Ask) -> Json:
        """PATCH of an answer."""
        made, message = self.interactions.message_of(ask)
        return self.payloads.message(self.interactions.posting.revise(made.channel, message, ask))


def table(
    plain: PlainRoutes, channels: ChannelRoutes, commands: CommandRoutes, webhooks: WebhookRoutes
) -> tuple[Route, ...]:
    """Every route that the fake knows."""
    interactions = webhooks.interactions
    token = "/webhooks/{webhook_id}/{token}"
    return (
        Route("GET /users/@me", plain.me),
        Route("POST /users/@me/channels", plain.dm),
        Route("GET /users/{user_id}", plain.user),
        Route("GET /applications/@me", plain.application),
        Route("GET /oauth2/applications/@me", plain.application),
        Route("GET /gateway", plain.gateway),
        Route("GET /gateway/bot", plain.gateway_bot),
        Route("GET /guilds/{guild_id}", plain.guild),
        Route("GET /guilds/{guild_id}/channels", plain.channels),
        Route("GET /guilds/{guild_id}/roles", plain.roles),
        Route("GET /guilds/{guild_id}/members/{user_id}", plain.member),
        Route("GET /channels/{channel_id}", channels.get),
        Route("PATCH /channels/{channel_id}", channels.modify),
        Route(READ, channels.messages),
        Route(SEND, channels.send),
        Route("GET /channels/{channel_id}/messages/{message_id}", channels.message),
        Route(EDIT, channels.edit),
        Route("DELETE /channels/{channel_id}/messages/{message_id}", channels.delete),
        Route("POST /channels/{channel_id}/messages/{message_id}/threads", channels.thread_from_message, status=201),
        Route("POST /channels/{channel_id}/threads", channels.thread, status=201),
        Route("PUT /channels/{channel_id}/thread-members/@me", channels.join),
        Route(TYPING, channels.typing),
        *_command_routes("/applications/{application_id}", commands),
        *_command_routes("/applications/{application_id}/guilds/{guild_id}", commands),
        Route("POST /interactions/{interaction_id}/{token}/callback", interactions.callback, Access.CALLBACK),
        Route(f"POST {token}", webhooks.follow_up, Access.WEBHOOK),
        Route(f"GET {token}/messages/{{message_id}}", webhooks.get, Access.WEBHOOK),
        Route(f"PATCH {token}/messages/{{message_id}}", webhooks.edit, Access.WEBHOOK),
        Route(f"DELETE {token}/messages/{{message_id}}", interactions.delete, Access.WEBHOOK),
    )


def _command_routes(scope: str, commands: CommandRoutes) -> tuple[Route, ...]:
    return (
        Route(f"GET {scope}/commands", commands.all),
        Route(f"PUT {scope}/commands", commands.replace),
        Route(f"POST {scope}/commands", commands.create, status=201),
        Route(f"DELETE {scope}/commands/{{command_id}}", commands.delete),
    )
