"""How the inputs of a task are shared out over its workers. Pure and deterministic: same seed, same split.

Worker strategies follow the Clarifai API guide, section on task workers: EVENLY and WEIGHTED splits in which
each input goes to exactly `per_input` different workers, and FULL, in which every worker gets every input.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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


def _numbers(workers: Sequence[str], weights: Mapping[str, float] | None) -> list[float]:
    return [1.0 if weights is None else float(weights.get(worker, 0)) for worker in workers]


def partition(
    inputs: int, workers: Sequence[str], per_input: int, seed: str, weights: Mapping[str, float] | None = None
) -> list[Pair]:
    """Share `inputs` positions out over `workers` (ids, no repeats), each to `per_input` different ones.

    Without `weights` the workers' counts differ by at most 1. With weights (relative numbers by worker id; a
    worker that is not named gets 0) the counts follow `quotas`. The answer is ordered by input position.
    """
    if len(set(workers)) != len(workers):
        raise DistributionError("a worker is named twice")
    numbers = _numbers(workers, weights)
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


def rebalance(
    kept: Sequence[Collection[str]],
    free: Sequence[Collection[str]],
    workers: Sequence[str],
    per_input: int,
    weights: Mapping[str, float] | None = None,
) -> list[list[str]]:
    """Who shall have the unstarted work of each input, when the workers of a running task change.

    By input: `kept` names those who have started (they stay, also when no longer in `workers`), `free` those
    whose work is unstarted. The answer names, by input, the workers who shall hold unstarted work: with `kept`
    they are `per_input` different ones. Present holders are left in place as long as their share allows.
    """
    if workers and per_input > len(workers):
        raise DistributionError("fewer workers than workers_per_input")
    numbers = _numbers(workers, weights)
    needs = [max(0, per_input - len(set(started))) if workers else 0 for started in kept]
    load = Counter(worker for started in kept for worker in started)
    total = sum(needs) + sum(load[worker] for worker in workers)
    whole = sum(numbers) or 1.0
    room = {
        worker: total * number / whole - load[worker] for worker, number in zip(workers, numbers, strict=True)
    }
    chosen: list[list[str]] = []
    for need, started, holders in zip(needs, kept, free, strict=True):
        stay: list[str] = []
        for worker in sorted(holders):
            if len(stay) < need and worker not in started and room.get(worker, 0) > 0:
                stay.append(worker)
                room[worker] -= 1
        chosen.append(stay)
    heap = [(-left, order, worker) for order, (worker, left) in enumerate(room.items())]
    heapq.heapify(heap)
    for place, stay in enumerate(chosen):
        skipped = []
        while len(stay) < needs[place]:
            left, order, worker = heapq.heappop(heap)
            if worker in stay or worker in kept[place]:
                skipped.append((left, order, worker))
            else:
                stay.append(worker)
                skipped.append((left + 1, order, worker))
        for entry in skipped:
            heapq.heappush(heap, entry)
    return chosen
