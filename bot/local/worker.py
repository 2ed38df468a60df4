"""A model that is loaded on first use and works in a thread of its own, one request at a time."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from bot.local.faults import NotHere

Model = TypeVar("Model")
Result = TypeVar("Result")

Left = Callable[[], bool]
"""True once nobody waits for the result any more."""


class Worker(Generic[Model]):
    """Requests wait in order of arrival; the model stays loaded. `load` may raise `ImportError` or `OSError`."""

    def __init__(self, name: str, load: Callable[[], Model]) -> None:
        self._name = name
        self._load = load
        self._model: Model | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[[Model, Left], Result]) -> Result:
        """What `work` makes of the model. Cancelled, it is not begun, or told that it was left."""
        left = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work, left.is_set)
        finally:
            left.set()

    def _work(self, work: Callable[[Model, Left], Result], left: Left) -> Result:
        if self._model is None:
            try:
                self._model = self._load()
            except (ImportError, OSError) as error:
                raise NotHere(f"{self._name} does not start on this machine: {type(error).__name__}") from error
        return work(self._model, left)
