"""The core of Parley: it knows no chat platform."""
