"""DistributedRunner: several processes share the work through procrastinate's job queue in PostgreSQL.

A job says only "this conversation has work" and carries the conversation's lock. What there is to do, and in which
order, is read from the turns when the job runs, so that a job too many does no harm, and one that got lost is made
anew from the turns.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
from procrastinate import App, JobContext
from procrastinate.app import WorkerOptions
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, JobDeferrer

from bot.model import ConversationId
from bot.runner import jobs
from bot.runner.local import FIRST_PAUSE_S, LONGEST_PAUSE_S, Steps, Work
from bot.runner.sharing import Pace
from bot.runner.steadfast import connector
from bot.runner.underway import Underway, same

log = logging.getLogger("parley.runner")

_TASK = "work"
_SECONDS = 30.0
_HEALTHY_S = 60.0
_LAST_LOOK_S = 5.0
_NEVER = 3600.0
# The clocks of two machines differ: a time in the future would hold the whole conversation up.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_PLATFORM = "SELECT platform FROM conversation WHERE id = %(conversation)s"
_ORPHANS = """
SELECT DISTINCT conversation.id, conversation.platform
  FROM turn JOIN conversation ON conversation.id = turn.conversation_id
 WHERE turn.closed_at IS NULL AND conversation.platform = ANY(%(platforms)s)
   AND NOT EXISTS (SELECT FROM procrastinate_jobs AS job
                    WHERE job.lock = conversation.id::text AND job.status IN ('todo', 'doing'))
"""


class JobQueue:
    """Implements `sharing.Queue`. Each platform has a queue of its own, so that nobody takes work he cannot do."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connector = connector(jobs.conninfo(url))
        self.app = App(connector=self._connector)

    async def open(self) -> None:
        """Look at the tables, then connect. Raises `SettingsError`."""
        await jobs.ensure(self._url, upgrade=False)
        await self.app.open_async()

    async def close(self) -> None:
        """Close every connection."""
        await self.app.close_async()

    async def enqueue(self, connection: object, conversation: ConversationId) -> None:
        """Put a job down in the transaction of that connection, which is one of psycopg's."""
        row = await self._connector.execute_query_one_async_with_connection(
            _psycopg(connection), _PLATFORM, conversation=conversation
        )
        job = self._job(conversation, row["platform"], _psycopg(connection))
        await job.defer_async(conversation=conversation)

    def runner(self, work: Work, pace: Pace) -> "DistributedRunner":
        """Somebody who does the work; one a queue object."""
        return DistributedRunner(self, work, pace)

    async def adopt(self, platforms: Iterable[str]) -> int:
        """Make a job for each conversation that has an open turn and no job; how many there were."""
        rows = await self._connector.execute_query_all_async(_ORPHANS, platforms=list(platforms))
        for row in rows:
            await self._job(row["id"], row["platform"]).defer_async(conversation=row["id"])
        return len(rows)

    async def stalled(self, seconds: float) -> tuple[Job, ...]:
        """The jobs of workers that were not heard of for so long, or that are gone."""
        return tuple(await self.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds))

    async def doing(self) -> tuple[Job, ...]:
        """All that is being done, by whichever process."""
        return tuple(await self.app.job_manager.list_jobs_async(status="doing"))

    async def heard_of(self, workers: Iterable[int | None]) -> None:
        """These live."""
        for worker in [each for each in workers if each is not None]:
            await self.app.job_manager.update_heartbeat(worker)

    async def find(self, job: Job) -> Job | None:
        """The job as it stands now; None when it is done."""
        return next(iter(await self.app.job_manager.list_jobs_async(id=job.id)), None)

    async def hand_back(self, job: Job) -> None:
        """Let a job that nobody does be taken up again."""
        with suppress(ConnectorException):  # another process was quicker
            await self.app.job_manager.retry_job(job, retry_at=_LONG_AGO)
            log.warning("job_handed_back conversation=%s worker=%s", job.lock, job.worker_id)

    def _job(self, conversation: int, platform: str, connection: psycopg.AsyncConnection | None = None) -> JobDeferrer:
        return self.app.configure_task(_TASK, lock=str(conversation), queue=platform, connection=connection)


class DistributedRunner:
    """Implements `sharing.SharedRunner`.

    procrastinate lets one job of a conversation run at a time, and frees its lock once the process that held it is
    taken for dead: `work` may take over a turn that it finds begun.
    """

    def __init__(self, queue: JobQueue, work: Work, pace: Pace) -> None:
        self._queue = queue
        self._work = work
        self._pace = pace
        self._slots = asyncio.Semaphore(pace.limit)
        self._stopping = asyncio.Event()
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._upkeep: asyncio.Task[None] | None = None
        self._running = Underway()
        self._workers: set[int | None] = set()
        queue.app.task(name=_TASK, pass_context=True)(self._job)

    def wake(self, conversation: ConversationId) -> None:
        """Nothing: the job is in the commit that opened the turn."""

    def start(self, platform: str) -> None:
        """Take on this platform's conversations."""
        if self._stopping.is_set() or platform in self._keepers:
            return
        self._keepers[platform] = asyncio.create_task(self._keep(platform), name=f"worker-{platform}")
        if self._upkeep is None:
            self._upkeep = asyncio.create_task(self._look_after(), name="upkeep")

    async def stop(self) -> None:
        """Fetch no more, let running turns finish within the grace time, leave the rest to other processes."""
        self._stopping.set()
        if self._upkeep is None:
            return
        self._upkeep.cancel()
        for keeper in self._keepers.values():
            keeper.cancel()  # that is how a worker is asked to end well
        living = asyncio.create_task(self._stay_known(), name="heartbeats")
        await asyncio.wait((self._upkeep, *self._keepers.values()), timeout=self._pace.grace_s + _LAST_LOOK_S)
        living.cancel()
        try:
            async with asyncio.timeout(_LAST_LOOK_S):
                log.info("runner_stopped parked=%d", await self._queue.adopt(self._keepers))
        except Exception as error:  # the runner's own end: what it does not hand on, the others find
            log.warning("runner_stopped reason=%s", type(error).__name__)

    async def _stay_known(self) -> None:
        """A worker of the library tells no more that it lives once it is to end; its answers may still take a while."""
        while True:
            try:
                async with asyncio.timeout(_SECONDS):
                    await self._queue.heard_of(self._workers)
            except Exception as error:  # a loop beside the answers: a database that is away must not end it
                log.warning("heartbeat_lost reason=%s", type(error).__name__)
            await asyncio.sleep(self._pace.heartbeat_s)

    async def _job(self, context: JobContext, conversation: int) -> None:
        job = context.job
        self._workers.add(job.worker_id)
        async with self._running.only(job) as waited:
            if not waited or same(job, await self._queue.find(job)):
                await self._work_off(job, ConversationId(conversation))
        # Outside: another run of it may be here, which must not wait for this one to see it done.
        await self._leave_to_others(job)

    async def _work_off(self, job: Job, conversation: ConversationId) -> None:
        steps = Steps(self._step, conversation, self._sleep)
        while not self._stopping.is_set() and await steps.next() and same(job, await self._queue.find(job)):
            pass

    async def _leave_to_others(self, job: Job) -> None:
        """After this process was taken for dead the job may be another's, who needs its lock until he is done.

        To return from a job is to delete it.
        """
        while (found := await self._queue.find(job)) is not None and not same(job, found):  # noqa: ASYNC110 - a row
            await asyncio.sleep(self._pace.look_s)

    async def _step(self, conversation: ConversationId) -> bool:
        async with self._slots:
            return await self._work(conversation)

    async def _keep(self, platform: str) -> None:
        """A worker ends when the database is away for half a minute; there is another as soon as it is back."""
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            began, reason = time.monotonic(), "it ended by itself"
            try:
                await self._queue.app.run_worker_async(**_options(platform, self._pace))
            except Exception as error:  # the worker's own loop: whatever broke, it is begun again
                reason = type(error).__name__
            if time.monotonic() - began > _HEALTHY_S:
                pause_s = FIRST_PAUSE_S
            log.warning("worker_ended platform=%s reason=%s again_in=%.0f", platform, reason, pause_s)
            await self._sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _look_after(self) -> None:
        """What is in nobody's hands is given out again: jobs of the dead, and open turns that have no job."""
        dropped: frozenset[int | None] = frozenset()
        while True:
            await asyncio.sleep(self._pace.look_s)
            try:
                async with asyncio.timeout(_SECONDS):
                    dropped = await self._hand_back(dropped)
                    await self._queue.adopt(self._keepers)
            except Exception as error:  # the upkeep's own loop: a database that comes back is looked at again
                log.warning("upkeep_failed reason=%s", type(error).__name__)

    async def _hand_back(self, dropped: frozenset[int | None]) -> frozenset[int | None]:
        """Jobs of the dead, and our own that are marked as being done although nobody does them.

        Those are left when the connection broke while a finished job was to be deleted; they are held for
        finished only when a second look finds them, since between the work and that mark there is a moment.
        """
        ours = {job.id: job for job in await self._queue.doing() if job.worker_id in self._workers}
        idle = {number: job for number, job in ours.items() if number not in self._running}
        stalled = await self._queue.stalled(self._pace.stalled_s)
        # After our own process has slept, its jobs look stalled, and go on.
        lost = {job.id: job for job in stalled if job.id not in self._running}
        for job in (lost | {number: job for number, job in idle.items() if number in dropped}).values():
            await self._queue.hand_back(job)
        return frozenset(idle)

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but not into a stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _options(platform: str, pace: Pace) -> WorkerOptions:
    return {
        "name": platform,
        "queues": [platform],
        "concurrency": pace.limit,
        "shutdown_graceful_timeout": pace.grace_s,
        "fetch_job_polling_interval": pace.poll_s,
        "abort_job_polling_interval": _NEVER,
        "update_heartbeat_interval": pace.heartbeat_s,
        "stalled_worker_timeout": pace.stalled_s,
        # A job that failed or was cut off as well: whether there is work is told by the turns.
        "delete_jobs": "always",
        "install_signal_handlers": False,
    }


def _psycopg(connection: object) -> psycopg.AsyncConnection:
    assert isinstance(connection, psycopg.AsyncConnection)  # noqa: S101 - the store has chosen this driver
    return connection
