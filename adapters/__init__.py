"""Adapters: one package a chat platform; each imports `bot.contract` and `bot.errors` only."""
