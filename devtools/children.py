"""Child processes that never outlive the supervisor, are restarted when they die, and stop in order."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from devtools.environment import ROOT
from devtools.words import Refusal, say

LOG_LIMIT = 5_000_000  # bytes; a larger log is set aside once at the next start
DEATHS_ALLOWED = 5  # within DEATHS_WINDOW seconds; one more and the supervisor gives up
DEATHS_WINDOW = 120.0
PR_SET_PDEATHSIG = 1  # Linux: the kernel signals this process when its parent dies

_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


class Leash:
    """A helper process that ends every child's process group once the supervisor is gone.

    It reads "+pid" and "-pid" lines from a pipe whose other end only the supervisor holds. Used where
    the kernel has no parent-death signal.
    """

    PROGRAM = (
        "import os,signal,sys,time\n"
        "held=set()\n"
        "for line in sys.stdin:\n"
        "    (held.add if line[0]=='+' else held.discard)(int(line[1:]))\n"
        "for word in (signal.SIGTERM, signal.SIGKILL):\n"
        "    for pid in held:\n"
        "        try: os.killpg(pid, word)\n"
        "        except OSError: pass\n"
        "    time.sleep(2 if word == signal.SIGTERM and held else 0)\n"
    )

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", self.PROGRAM],
            stdin=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def hold(self, pid: int) -> None:
        self._tell(f"+{pid}\n")

    def release(self, pid: int) -> None:
        self._tell(f"-{pid}\n")

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()
        except OSError:
            say("supervisor   the helper that would stop all after a crash is gone; stop with Ctrl-C")


def new_leash() -> Leash | None:
    """The leash this system needs: none on Linux, unless PROOFDESK_LEASH=1 asks for it."""
    return None if _libc is not None and os.environ.get("PROOFDESK_LEASH") != "1" else Leash()


def tied_to_parent(word: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends the child `word` when its starting thread ends (Linux)."""
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(word), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return tie


class Child:
    """One program: its arguments, its log, and how often it died lately."""

    def __init__(
        self,
        name: str,
        argv: list[str],
        *,
        env: dict[str, str],
        log: Path,
        leash: Leash | None = None,
        death_signal: signal.Signals = signal.SIGTERM,
        grace: float = 5.0,
    ) -> None:
        self.name = name
        self.argv = argv
        self.env = env
        self.log = log
        self.leash = leash
        self.death_signal = death_signal
        self.grace = grace
        self.process: subprocess.Popen[bytes] | None = None
        self.due: float | None = None  # when to start again after a death
        self._asked = False
        self._read = 0  # bytes of the log that `fresh_lines` has returned
        self._deaths: deque[float] = deque(maxlen=DEATHS_ALLOWED + 1)

    def start(self) -> None:
        """Start the program in a process group of its own, so that Ctrl-C reaches the supervisor alone."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._read = self.log.stat().st_size if self.log.exists() else 0
        self._asked = False
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                self.argv,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=tied_to_parent(self.death_signal) if self.leash is None else None,
            )
        self.due = None
        if self.leash is not None:
            self.leash.hold(self.process.pid)

    @property
    def code(self) -> int | None:
        """Exit code, negative for a signal; None while it runs or before the first start."""
        return self.process.poll() if self.process is not None else None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self) -> None:
        """Start the program again when it died, later each time. Raises Refusal when it keeps dying."""
        if self.running:
            return
        now = time.monotonic()
        if self.due is None:
            self.kill()  # what it may have left in its group
            self._deaths.append(now)
            if len(self._deaths) > DEATHS_ALLOWED and now - self._deaths[0] < DEATHS_WINDOW:
                raise Refusal(
                    f"{self.name} stopped {len(self._deaths)} times in {now - self._deaths[0]:.0f} s "
                    f"({self.ending()}); the reason is at the end of {self.log}."
                )
            pause = min(0.5 * 2 ** (len(self._deaths) - 1), 10.0)
            self.due = now + pause
            say(f"{self.name:<12} stopped ({self.ending()}); again in {pause:.1f} s, log {self.log}")
        elif now >= self.due:
            self.start()

    def ask_to_stop(self) -> None:
        """Send TERM, once: a second one makes a worker drop what it still does."""
        if self.running and self.process is not None and not self._asked:
            self.process.terminate()
            self._asked = True

    def stop(self) -> None:
        """Ask, wait up to `grace` seconds, then end the whole process group."""
        if self.process is None:
            return
        self.ask_to_stop()
        try:
            self.process.wait(self.grace)
        except subprocess.TimeoutExpired:
            say(f"{self.name:<12} did not stop within {self.grace:.0f} s; ending it")
        self.kill()

    def kill(self) -> None:
        """End the program and what it started; nothing of the group stays."""
        if self.process is not None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self._forget()

    def ending(self) -> str:
        """How it ended, for a person."""
        code = self.code
        if code is None:
            return "running"
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    def fresh_lines(self) -> list[str]:
        """Whole lines that came into its log since the start or the last call, less any traceback."""
        try:
            with open(self.log, "rb") as file:
                file.seek(self._read)
                text = file.read()
        except OSError:
            return []
        text = text[: text.rfind(b"\n") + 1]
        self._read += len(text)
        lines = text.decode(errors="replace").splitlines()
        return [line for line in lines if line and not line.startswith((" ", "Traceback"))]

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, indented, to print with a failure."""
        try:
            text = self.log.read_text(errors="replace")[-8000:]
        except OSError:
            return ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def _forget(self) -> None:
        if self.leash is not None and self.process is not None:
            self.leash.release(self.process.pid)
