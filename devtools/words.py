"""How the two commands speak: one line at a time, and one sentence when they cannot go on."""

from __future__ import annotations

import sys


class Refusal(Exception):
    """The command cannot go on; the text is one sentence for a person: what is wrong and what to do."""


def say(line: str = "") -> None:
    """Print one line at once, also when the output is a file or a pipe."""
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # the reader is gone; the work is not
        pass
