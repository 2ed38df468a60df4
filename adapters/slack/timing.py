"""How long things may take; tests turn the clock faster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds.

    `call_s` bounds one call of the Web API, `connect_s` the opening of a socket, `ping_s` is the pulse by which a
    dead socket is noticed, `watch_s` and `deaf_s` how often to look and how long to be without any socket,
    `drain_s` how long leaving waits for acknowledgements, `name_s` how long a message waits for names,
    `release_s` how long a stop waits for its session to be released, `file_waits_s` the pauses between looks at a
    file that Slack is still working at.
    """

    call_s: float = 20.0
    connect_s: float = 30.0
    ping_s: float = 10.0
    watch_s: float = 5.0
    deaf_s: float = 60.0
    drain_s: float = 3.0
    name_s: float = 1.0
    release_s: float = 1.0
    file_waits_s: tuple[float, ...] = (0.3, 0.5, 0.8, 1.2, 1.8, 2.7)
