"""The Slack fake against the real SDK."""
