"""The terminal platform in a process of its own, over real pipes, files and pseudo-terminals."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "tests.adapters.terminal.echo"]
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def run(stdin: int | IO[bytes] | None = None, *, text: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        PROGRAM, cwd=ROOT, env=BUFFERED, stdin=stdin, input=text, capture_output=True, timeout=20, check=False
    )


def started(stdin: int, stdout: int, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PROGRAM, *more], cwd=ROOT, env=BUFFERED, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
    )


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    _, errors = process.communicate(timeout=20)
    return process.returncode, errors


def test_each_line_of_a_pipe_is_answered_in_order_and_nothing_else_is_printed() -> None:
    done = run(text="one\n\n  \ntwo 东京\r\nlast".encode())
    assert done.stdout.decode().splitlines() == [
        "You said: one. That is all.",
        "You said: two 东京. That is all.",
        "You said: last. That is all.",
    ]
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_notice_is_an_answer_too() -> None:
    assert run(text=b"/model x\nhi\n").stdout == b"no command /model x\nYou said: hi. That is all.\n"


def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "questions").write_bytes(b"one\ntwo\n")
    with (tmp_path / "questions").open("rb") as questions:
        done = run(questions)
    assert done.stdout.count(b"You said") == 2
    assert done.returncode == 0


def test_no_input_at_all_ends_quietly() -> None:
    done = run(subprocess.DEVNULL)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_exit_ends_although_the_pipe_stays_open() -> None:
    reader, writer = os.pipe()
    process = started(reader, subprocess.DEVNULL)
    os.write(writer, b"EXIT\nnever read\n")
    assert ended(process) == (0, b"")
    os.close(reader)
    os.close(writer)


def test_a_listener_that_is_cancelled_while_it_reads_holds_nobody_up() -> None:
    reader, writer = os.pipe()
    began = time.monotonic()
    process = started(reader, subprocess.DEVNULL, "0.05")
    assert ended(process) == (0, b"")
    assert time.monotonic() - began < 15
    os.close(reader)
    os.close(writer)


def test_an_output_that_nobody_reads_ends_the_program_without_noise() -> None:
    reader, writer = os.pipe()
    input_reader, input_writer = os.pipe()
    process = started(input_reader, writer)
    os.close(reader)
    os.close(writer)
    os.write(input_writer, b"one\ntwo\n")
    assert ended(process) == (0, b"")
    os.close(input_reader)
    os.close(input_writer)


class Screen:
    """A pseudo-terminal with the program at one end and the test's hands and eyes at the other."""

    def __init__(self) -> None:
        self._near, far = os.openpty()
        self.process = started(far, far)
        os.close(far)
        self.seen = ""

    def wait_for(self, text: str, *, times: int = 1) -> None:
        deadline = time.monotonic() + 15
        while self.seen.count(text) < times:
            assert select.select([self._near], [], [], deadline - time.monotonic())[0], (
                f"unseen: {text!r}: {self.seen!r}"
            )
            self.seen += os.read(self._near, 4096).decode()

    def type(self, text: str) -> None:
        os.write(self._near, text.encode())

    def close(self) -> None:
        os.close(self._near)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
class TestPerson:
    def test_the_answer_grows_between_two_prompts(self) -> None:
        screen = Screen()
        screen.wait_for("> ")
        screen.type("tea?\n")
        screen.wait_for("thinking")
        screen.wait_for("You said: tea?. That is all.\r\n")
        screen.wait_for("> ", times=2)
        assert screen.seen.count("You said") == 1
        screen.type("quit\n")
        assert ended(screen.process) == (0, b"")
        screen.close()

    def test_the_end_of_typing_ends_the_program(self) -> None:
        screen = Screen()
        screen.wait_for("> ")
        screen.type("\x04")
        assert ended(screen.process) == (0, b"")
        screen.close()

    def test_a_terminal_that_hangs_up_ends_the_program(self) -> None:
        screen = Screen()
        screen.wait_for("> ")
        screen.close()
        code, errors = ended(screen.process)
        assert code == 0
        assert errors == b""
