"""The jobs that are being done here, each of them once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol


class Job(Protocol):
    """What tells one run of a job from another."""

    @property
    def id(self) -> int | None: ...

    @property
    def attempts(self) -> int: ...

    @property
    def worker_id(self) -> int | None: ...


class Underway:
    """A crash of the server undoes what the queue wrote last: then a job is taken up again while it is being done."""

    def __init__(self) -> None:
        self._jobs: dict[int | None, asyncio.Event] = {}

    def __contains__(self, number: object) -> bool:
        return number in self._jobs

    @asynccontextmanager
    async def only(self, job: Job) -> AsyncIterator[bool]:
        """Until it is done. Waits for another run of it here; whether there was one."""
        waited = False
        while (other := self._jobs.get(job.id)) is not None:
            waited = True
            await other.wait()
        ended = self._jobs[job.id] = asyncio.Event()
        try:
            yield waited
        finally:
            del self._jobs[job.id]
            ended.set()


def same(job: Job, found: Job | None) -> bool:
    """Still the same run: handing a job back counts its attempts, and after a crash of the server another worker may
    have taken it up. To be struck off as dead leaves a job as it is, and with no worker."""
    if found is None or found.attempts != job.attempts:
        return False
    return found.worker_id in (None, job.worker_id)
