"""Benchmarks: Parley beside a bare bot, in the same run."""
