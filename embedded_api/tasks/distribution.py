"""How the inputs of a task are shared out over its workers. Pure and deterministic: same seed, same split.

Worker strategies follow the Clarifai API guide, section on task workers: EVENLY and WEIGHTED splits in which
each input goes to exactly `per_input` different workers, and FULL, in which every worker gets every input.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

Pair = tuple[int, int]
"""(position of the input, position of the worker)"""


class DistributionError(ValueError):
    """The inputs cannot be shared out as asked; the text says why."""


def full(inputs: int, workers: int) -> list[Pair]:
    """Every input to every worker, ordered by input."""
    return [(place, worker) for place in range(inputs) for worker in range(workers)]


def quotas(inputs: int, weights: Sequence[float], per_input: int, seed: str) -> list[int]:
    """How many inputs each worker gets. The sum is inputs × per_input and no worker gets an input twice.

    `weights` are relative numbers (>= 0), one for each worker. A share above one worker's limit (all inputs)
    is cut and given to the others in proportion. Shares are rounded by largest remainder, ties broken by the
    seed.
    Raises DistributionError when fewer than `per_input` workers have a weight above 0.
    """
    if per_input < 1:
        raise DistributionError("workers_per_input must be at least 1")
    if any(weight < 0 for weight in weights):
        raise DistributionError("weights must not be negative")
    if sum(weight > 0 for weight in weights) < per_input:
        raise DistributionError("fewer workers with a weight above 0 than workers_per_input")
    exact = [Fraction(weight) for weight in weights]
    shares = [Fraction(0)] * len(exact)
    open_workers = {place for place, weight in enumerate(exact) if weight > 0}
    rest = Fraction(inputs * per_input)
    while open_workers:
        total = sum(exact[place] for place in open_workers)
        over = {place for place in open_workers if rest * exact[place] / total > inputs}
        if not over:
            for place in open_workers:
                shares[place] = rest * exact[place] / total
            break
        for place in over:
            shares[place] = Fraction(inputs)
        rest -= inputs * len(over)
        open_workers -= over
    counts = [int(share) for share in shares]
    draw = random.Random(f"{seed}:quotas")  # noqa: S311 - fairness, not secrecy
    order = [(counts[place] - shares[place], draw.random(), place) for place in range(len(exact))]
    missing = inputs * per_input - sum(counts)
    for _, _, place in sorted(order)[:missing]:
        counts[place] += 1
    return counts


def partition(
    inputs: int, workers: Sequence[str], per_input: int, seed: str, weights: Mapping[str, float] | None = None
) -> list[Pair]:
    """Share `inputs` positions out over `workers` (ids, no repeats), each to `per_input` different ones.

    Without `weights` the workers' counts differ by at most 1. With weights (relative numbers by worker id; a
    worker that is not named gets 0) the counts follow `quotas`. The answer is ordered by input position.
    """
    if len(set(workers)) != len(workers):
        raise DistributionError("a worker is named twice")
    if weights is None:
        numbers = [1.0] * len(workers)
    else:
        numbers = [float(weights.get(worker, 0)) for worker in workers]
    counts = quotas(inputs, numbers, per_input, seed)
    draw = random.Random(f"{seed}:order")  # noqa: S311 - fairness, not secrecy
    order = list(range(inputs))
    draw.shuffle(order)
    # Always the workers with the most left to get: this alone keeps every count reachable to the last input.
    # The random second field mixes who meets whom.
    heap = [(-count, draw.random(), place) for place, count in enumerate(counts) if count]
    heapq.heapify(heap)
    pairs: list[Pair] = []
    for place in order:
        taken = [heapq.heappop(heap) for _ in range(per_input)]
        for left, _, worker in taken:
            pairs.append((place, worker))
            if left < -1:
                heapq.heappush(heap, (left + 1, draw.random(), worker))
    pairs.sort()
    return pairs
