"""The gateway: one client, its values and its catalogue of models."""
