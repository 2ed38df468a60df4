"""What an operator has to do when Slack does not let us in, by Slack's own word for it."""

from collections.abc import Iterable

from bot.errors import PlatformError

_REISSUE = {
    "SLACK_BOT_TOKEN": "reinstall the app (page Install App) and copy the Bot User OAuth Token (xoxb-…)",
    "SLACK_APP_TOKEN": "make a new app-level token with connections:write (page Basic Information, xapp-…)",
}

_DEAD = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "bad_token"})

_FIXES = {
    "not_allowed_token_type": "{setting} holds another kind of token: {reissue}",
    "missing_scope": "{setting} lacks a scope: {reissue}",
    "no_permission": "{setting} lacks a permission: {reissue}",
    "forbidden_for_app": "switch Socket Mode on (page Socket Mode), or unset SLACK_APP_TOKEN to use HTTP",
    "socket_mode_disabled": "switch Socket Mode on (page Socket Mode), or unset SLACK_APP_TOKEN to use HTTP",
    "connection_limit_exceeded": "end the other processes that use this app: Slack allows ten sockets in all",
    "too_many_websockets": "end the other processes that use this app: Slack allows ten sockets in all",
    "ratelimited": "nothing: Slack wants a pause, it is tried again",
}

_ELSE = "look at SLACK_API_URL and this machine's network; it is tried again"


def platform_error(code: str, setting: str) -> PlatformError:
    """The error for a refusal (or the name of a network fault) that came when `setting` was used."""
    reissue = _REISSUE[setting]
    if code in _DEAD:
        return PlatformError(f"Slack refuses {setting}: {code}", f"{reissue}, set {setting} to it and start again")
    return PlatformError(f"Slack: {code}", _FIXES.get(code, _ELSE).format(setting=setting, reissue=reissue))


def lacking(scopes: Iterable[str]) -> PlatformError:
    """The error for an installation that was granted too little."""
    wanted = ", ".join(sorted(scopes))
    return PlatformError(
        f"the Slack app lacks scopes: {wanted}",
        "put what `parley slack manifest` prints on the page App Manifest, then reinstall it (page Install App)",
    )
