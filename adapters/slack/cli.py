"""`parley slack …`: what an operator needs to bring the app into a workspace."""

from collections.abc import Sequence

from adapters.slack import manifest
from bot.contract import Command, CommandLine

_SETUP = """\
1. Make the app: open this link, choose the workspace, press Create.
   {link}
   (Or https://api.slack.com/apps > Create New App > From a manifest, with what `parley slack manifest` prints.)
2. SLACK_APP_TOKEN=xapp-…  Basic Information > App-Level Tokens > Generate, with the scope connections:write.
3. SLACK_BOT_TOKEN=xoxb-…  Install App > Install to Workspace, then the Bot User OAuth Token.
4. Start Parley, then in Slack: /invite @parley in a channel, and mention it.

Instead of step 2, with a public https address (HTTP mode): switch Socket Mode off, set
SLACK_SIGNING_SECRET=…  Basic Information > App Credentials > Signing Secret, set BOT_HTTP_PORT, and give
https://YOUR-HOST/slack/events as the request URL of Event Subscriptions, of Interactivity & Shortcuts, and of each
slash command.
"""


def commands(table: Sequence[Command]) -> Sequence[CommandLine]:
    """The command lines of this platform for the program's command table."""
    return (
        CommandLine("manifest", "Print the Slack app's manifest as JSON.", lambda: manifest.text(table)),
        CommandLine("setup", "Explain where Slack's three secrets come from.", lambda: setup(table)),
    )


def setup(table: Sequence[Command]) -> str:
    """The way from nothing to the first mention."""
    return _SETUP.format(link=manifest.link(table))
