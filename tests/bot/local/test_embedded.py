"""The real small model in its real child process: started, asked, killed, ended."""

import asyncio
import sys

import psutil
import pytest
from aiohttp import ClientSession, ClientTimeout

from bot import embedded
from bot.embedded import Embedded
from bot.local.weights import CHAT_ID

pytestmark = pytest.mark.local


async def ask(backend: Embedded, question: str) -> str:
    body = {"model": CHAT_ID, "messages": [{"role": "user", "content": question}]}
    headers = {"Authorization": f"Bearer {backend.token}"}
    async with (
        ClientSession(headers=headers, timeout=ClientTimeout(50)) as session,
        session.post(f"{backend.url}/v1/chat/completions", json=body) as answer,
    ):
        return str((await answer.json())["choices"][0]["message"]["content"])


def children() -> list[psutil.Process]:
    """The embedded backends of this process; other tests have servers of their own."""
    return [child for child in psutil.Process().children() if "bot.local" in child.cmdline()]


async def until_up(backend: Embedded) -> None:
    for _ in range(200):
        try:
            async with ClientSession() as session, session.get(f"{backend.url}/v1/models"):
                return
        except OSError:
            await asyncio.sleep(0.05)
    raise AssertionError("the child did not come back")


def test_it_is_installed_where_tests_run() -> None:
    assert embedded.installed()


async def test_it_knows_the_capital_of_france_and_ends_with_the_bot() -> None:
    async with Embedded() as backend:
        assert "Paris" in await ask(backend, "What is the capital of France?")
        started = children()
    assert started
    assert not any(child.is_running() for child in started)


async def test_a_killed_child_comes_back_on_the_same_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "FIRST_PAUSE_S", 0.01)
    async with Embedded() as backend:
        before = backend.url
        for child in children():
            child.kill()
        await asyncio.sleep(0.05)
        await until_up(backend)
        assert backend.url == before


async def test_the_child_ends_when_the_bot_is_killed() -> None:
    script = (
        "import asyncio\n"
        "from bot.embedded import Embedded\n"
        "async def main():\n"
        "    async with Embedded():\n"
        "        print('up', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert bot.stdout is not None
    assert await bot.stdout.readline() == b"up\n"
    started = psutil.Process(bot.pid).children()
    assert len(started) == 1
    bot.kill()
    await bot.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, started, 10)
    assert not alive


async def test_a_child_that_cannot_start_is_an_os_error() -> None:
    with pytest.raises(OSError, match="ended at once"):
        async with Embedded((sys.executable, "-c", "raise SystemExit(3)")):
            pass


async def test_none_of_the_bots_secrets_reach_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    async with Embedded() as backend:
        (child,) = children()
        assert "xoxb-secret" not in child.environ().values()
        assert backend.token not in " ".join(child.cmdline())
