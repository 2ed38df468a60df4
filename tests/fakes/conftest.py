"""Far ends that stand for the length of one test."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.gateway import FakeGateway


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    """A gateway with its default manners."""
    async with FakeGateway() as gateway:
        yield gateway
