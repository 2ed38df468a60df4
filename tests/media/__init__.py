"""Every media model end to end: places, files, the running program, and the cases that are played on it."""
