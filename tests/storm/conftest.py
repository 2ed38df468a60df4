"""What several tests of the storm's own parts start from."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.gateway import FakeGateway
from tests.storm.model import Model
from tests.storm.values import Diary


@pytest.fixture
def model() -> Model:
    return Model(Diary(), delay_s=0.0)


@pytest.fixture
async def gateway(model: Model) -> AsyncIterator[FakeGateway]:
    """A gateway behind which the model sits."""
    async with FakeGateway() as opened:
        model.attach(opened)
        yield opened
