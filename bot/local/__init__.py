"""The embedded backend: a small server of its own process on the gateway's wire; nothing in `bot` imports it."""
