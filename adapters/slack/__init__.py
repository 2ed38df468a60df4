"""Slack: threads with native streams, direct messages and slash commands, over Socket Mode or signed HTTP."""

from adapters.slack.platform import connect

__all__ = ["connect"]
