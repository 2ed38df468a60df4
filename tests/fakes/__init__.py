"""Servers that stand in for the far ends, as strict as the real ones."""
