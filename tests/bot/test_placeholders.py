"""Without a gateway a card stands for each picture, on the same way as a picture, and says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp.test_utils import TestServer

from bot.gateway.catalogue import Catalogue
from bot.gateway.client import Endpoint, GatewayClient, Patience
from bot.gateway.images import ImageClient
from bot.local.server import application
from bot.store import Store
from tests.bot.gallery import captions, drawn, gallery, pictures
from tests.bot.house import House
from tests.bot.local.calls import TOKEN, NoChat


@asynccontextmanager
async def keyless(store: Store) -> AsyncIterator[House]:
    """A house with the embedded backend in place of the gateway."""
    catalogue = Catalogue.load("local.toml")
    async with (
        gallery(store) as home,
        TestServer(application(NoChat(), TOKEN, None, None)) as server,
        GatewayClient(Endpoint(str(server.make_url("")), TOKEN, {}, None), catalogue, Patience()) as client,
    ):
        assert home.kit.workshop is not None
        workshop = replace(home.kit.workshop, images=ImageClient(client, catalogue))
        home.kit = replace(home.kit, catalogue=catalogue, gateway=client, workshop=workshop)
        yield home.with_defaults()


async def test_a_card_is_shown_altered_and_varied_and_each_says_that_it_is_one(store: Store) -> None:
    async with keyless(store) as home:
        await home.say("/imagine a fox size=256x256")
        await home.say("/edit night")
        await home.hear(home.press("vary"))
        honest = home.say_so("picture-placeholder")
        assert captions(home) == [
            f"*a fox* · placeholder-card\n\n{honest}",
            f"*night* · placeholder-card\n\n{honest}",
            f"Variation of *night* · placeholder-card\n\n{honest}",
        ]
        assert len(pictures(home)) == 3
        fox, night, again = [(await drawn(store, turn))[0] for turn in (1, 2, 3)]
        assert (fox.source, night.source, again.source) == ("", fox.blob, night.blob)
