"""The command line as a person meets it: real processes, real status codes, one-line complaints."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.process import clean_environment

GATEWAY = {"TOKENGATE_BASE_URL": "http://127.0.0.1:1", "TOKENGATE_API_KEY": "sk-secret"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    status: int | None
    out: str
    err: str


async def parley(folder: Path, *words: str, typed: str = "", **environment: str) -> Outcome:
    """Run the command to its end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words),
        cwd=folder,
        env={**clean_environment(folder), **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(typed.encode()), 50)
    return Outcome(process.returncode, out.decode(), err.decode())


async def test_help_names_every_command(tmp_path: Path) -> None:
    outcome = await parley(tmp_path, "--help")
    assert outcome.status == 0
    for name in ("run", "chat", "models", "db", "slack", "discord", "version"):
        assert f"\n  {name}" in outcome.out


async def test_version_is_the_distributions(tmp_path: Path) -> None:
    outcome = await parley(tmp_path, "version")
    assert outcome.out.strip().count(".") == 2


async def test_models_lists_the_27_chat_models(tmp_path: Path) -> None:
    outcome = await parley(tmp_path, "models")
    assert len(outcome.out.splitlines()) == 27
    assert any(line.startswith("Qwen3-VL-8B-Instruct ") for line in outcome.out.splitlines())


async def test_the_slack_manifest_is_json_with_every_command(tmp_path: Path) -> None:
    outcome = await parley(tmp_path, "slack", "manifest")
    manifest = json.loads(outcome.out)
    names = {each["command"] for each in manifest["features"]["slash_commands"]}
    steering = {"/stop", "/retry", "/undo", "/cleanup"}
    files = {"/imagine", "/edit", "/say", "/transcribe", "/voice"}
    assert names == {"/ask", "/new", "/model", "/persona", "/context", "/help", *steering, *files}


async def test_the_discord_invite_needs_only_the_token(tmp_path: Path) -> None:
    without = await parley(tmp_path, "discord", "invite")
    assert without.status == 2
    assert without.err.startswith("parley: DISCORD_BOT_TOKEN: ")
    token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.abcdef.secret-part"
    outcome = await parley(tmp_path, "discord", "invite", DISCORD_BOT_TOKEN=token)
    assert "client_id=123456789012345678" in outcome.out
    assert "secret-part" not in outcome.out


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"BOT_HTTP_PORT": "eighty"}, "parley: BOT_HTTP_PORT: has a wrong value; "),
        pytest.param(
            {"TOKENGATE_API_KEY": "sk-secret"}, "parley: TOKENGATE_BASE_URL: is not set; ", marks=pytest.mark.long
        ),
        pytest.param(
            {"TOKENGATE_BASE_URL": "http://127.0.0.1:1"},
            "parley: TOKENGATE_API_KEY: is not set; ",
            marks=pytest.mark.long,
        ),
        pytest.param(
            {**GATEWAY, "BOT_MODEL": "gpt-9"}, "parley: BOT_MODEL: there is no model 'gpt-9'", marks=pytest.mark.long
        ),
        pytest.param(
            {**GATEWAY, "BOT_FALLBACK_MODEL": "gpt-9"},
            "parley: BOT_FALLBACK_MODEL: there is no model 'gpt-9'",
            marks=pytest.mark.long,
        ),
        pytest.param({"SLACK_BOT_TOKEN": "xoxb-1"}, "parley: SLACK_APP_TOKEN: ", marks=pytest.mark.long),
        pytest.param({"SLACK_BOT_TOKEN": "xapp-1"}, "parley: SLACK_BOT_TOKEN: ", marks=pytest.mark.long),
        pytest.param(
            {"DATABASE_URL": "postgresql://nobody:hunter2@127.0.0.1:1/none"},
            "parley: DATABASE_URL: ",
            marks=pytest.mark.long,
        ),
    ],
)
async def test_a_wrong_setting_stops_the_start_with_one_line(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    outcome = await parley(tmp_path, "run", **environment)
    assert outcome.status == 2
    assert outcome.err.startswith(said)
    assert outcome.err.count("\n") == 1
    for secret in ("sk-secret", "hunter2"):
        assert secret not in outcome.err


@pytest.mark.local
async def test_an_unknown_setting_warns_and_does_not_stop(tmp_path: Path) -> None:
    outcome = await parley(tmp_path, "run", BOT_MODLE="x")
    assert outcome.status == 0
    assert "BOT_MODLE" in outcome.err
    assert "did you mean BOT_MODEL?" in outcome.err


@pytest.mark.local
async def test_in_a_pipe_each_line_is_answered_without_decoration(tmp_path: Path) -> None:
    outcome = await parley(tmp_path, "run", typed="What is the capital of France?\n\n/context\n")
    assert outcome.status == 0
    first, *rest = outcome.out.splitlines()
    assert first == "The capital of France is Paris."
    assert "What is the capital of France?" in "\n".join(rest)
    assert "demonstration" in outcome.err
    assert len(outcome.err.splitlines()) == 2


@pytest.mark.local
@pytest.mark.long
async def test_a_conversation_goes_on_after_a_restart(tmp_path: Path) -> None:
    await parley(tmp_path, "run", typed="What is the capital of France?\nexit\n")
    outcome = await parley(tmp_path, "chat", typed="/context\n")
    assert "What is the capital of France?" in outcome.out
    assert "Paris" in outcome.out


@pytest.mark.long
async def test_the_database_is_upgraded_by_hand_where_it_is_shared(tmp_path: Path, empty_url: str) -> None:
    outcome = await parley(tmp_path, "db", "upgrade", DATABASE_URL=empty_url)
    assert (outcome.status, outcome.err) == (0, "")
    again = await parley(tmp_path, "db", "upgrade", DATABASE_URL=empty_url)
    assert again.status == 0
