"""What a transaction has found out, before it is certain that it holds."""

import asyncio
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pending(Generic[T]):
    """A result whose commit is under way. Nothing that others see may rest on it before `committed` is done.

    `committed` raises what kept the transaction from being committed; await it shielded, it has several readers.
    """

    value: T
    committed: "asyncio.Future[None]"


def settled(value: T) -> Pending[T]:
    """A result that rests on no commit."""
    nothing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    nothing.set_result(None)
    return Pending(value, nothing)
