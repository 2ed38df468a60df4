"""What was made for an answer that never came to be whole counts for the one in its place: nobody pays for it again."""

from bot.turn import Turn

GONE_ON_WITH = ("round", "draw")
"""How the names of requests begin whose results belong to an answer that is gone on with; the revision follows."""

GIVEN_UP = (*GONE_ON_WITH, "written")
"""The same of an answer that was given up before it stood there."""


async def carry(turn: Turn, old: int, kinds: tuple[str, ...]) -> None:
    """Keep what these requests of a revision have made for the next one too."""
    made = dict(await turn.made())
    for kind in kinds:
        head, new = f"{kind}-{old}", f"{kind}-{old + 1}"
        for name in [name for name in made if name == head or name.startswith(f"{head}-")]:
            if new + name.removeprefix(head) not in made:
                await turn.keep(new + name.removeprefix(head), made[name])
