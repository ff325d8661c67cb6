"""A progress line for a terminal: bar, count, rate and remaining time; plain lines where there is no
terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 28
# Without a terminal a line is written at each tenth of the way.
_STEPS = 10


class ProgressBar:
    """Call it as `bar(stage, done, total)`; a new stage starts a new line. Call `close` at the end."""

    def __init__(
        self, out: TextIO, *, live: bool | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out
        self._live = out.isatty() if live is None else live
        self._clock = clock
        self._stage = ""
        self._began = 0.0
        self._told = -1

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self.close()
            self._stage, self._began, self._told = stage, self._clock(), -1
        step = _STEPS * done // total if total else _STEPS
        if not self._live and step == self._told:
            return
        self._told = step
        line = self._line(done, total)
        self._out.write(f"\r{line}\x1b[K" if self._live else f"{line}\n")
        self._out.flush()

    def close(self) -> None:
        """End the current line."""
        if self._stage and self._live:
            self._out.write("\n")
            self._out.flush()
        self._stage = ""

    def _line(self, done: int, total: int) -> str:
        share = min(1.0, done / total) if total else 1.0
        filled = round(share * _WIDTH)
        bar = "#" * filled + "." * (_WIDTH - filled)
        spent = self._clock() - self._began
        rate = done / spent if spent > 0 else 0.0
        text = f"{self._stage:<18} [{bar}] {done:>6} of {total}"
        if rate and 0 < done < total:
            return f"{text}  {rate:.1f}/s  {_duration((total - done) / rate)} left"
        return f"{text}  {_duration(spent)}" if done else text


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
