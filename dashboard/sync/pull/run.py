from __future__ import annotations


def pull(run_id: int) -> None:
    raise NotImplementedError
