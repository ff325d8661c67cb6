"""How inputs are shared out over workers: exact, distinct, deterministic."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_api.tasks.distribution import DistributionError, full, partition, quotas, rebalance


def _names(count: int) -> list[str]:
    return [f"labeler-{number}" for number in range(count)]


@st.composite
def _splits(draw: st.DrawFn) -> tuple[int, int, int, list[float] | None]:
    workers = draw(st.integers(1, 8))
    per_input = draw(st.integers(1, workers))
    numbers = st.one_of(st.integers(1, 100), st.floats(0.01, 100, allow_nan=False))
    weights = draw(st.none() | st.lists(numbers, min_size=workers, max_size=workers))
    return draw(st.integers(0, 60)), workers, per_input, weights


@settings(max_examples=200, deadline=None)
@given(_splits(), st.text(max_size=5))
def test_each_input_gets_exactly_its_number_of_different_workers(
    split: tuple[int, int, int, list[float] | None], seed: str
) -> None:
    inputs, workers, per_input, weights = split
    by_name = None if weights is None else dict(zip(_names(workers), weights, strict=True))
    pairs = partition(inputs, _names(workers), per_input, seed, by_name)
    assert len(set(pairs)) == len(pairs) == inputs * per_input
    assert Counter(place for place, _ in pairs) == dict.fromkeys(range(inputs), per_input)
    counts = Counter(worker for _, worker in pairs)
    wanted = quotas(inputs, weights or [1.0] * workers, per_input, seed)
    assert [counts[worker] for worker in range(workers)] == wanted
    assert pairs == partition(inputs, _names(workers), per_input, seed, by_name)


@pytest.mark.parametrize(("inputs", "workers", "per_input"), [(10, 3, 1), (7, 4, 3), (100, 7, 2), (5, 5, 5)])
def test_even_counts_differ_by_at_most_one(inputs: int, workers: int, per_input: int) -> None:
    counts = quotas(inputs, [1.0] * workers, per_input, "t")
    assert max(counts) - min(counts) <= 1


def test_weights_are_relative_numbers() -> None:
    assert quotas(100, [70, 30], 1, "t") == [70, 30]
    assert quotas(100, [7, 3], 1, "t") == [70, 30]
    assert quotas(10, [0.5, 0.25, 0.25], 2, "t") == [10, 5, 5]


def test_a_share_above_all_inputs_is_cut_and_given_to_the_others() -> None:
    assert quotas(10, [98, 1, 1], 2, "t") == [10, 5, 5]


def test_a_worker_without_weight_gets_nothing() -> None:
    assert {worker for _, worker in partition(20, ["a", "b"], 1, "t", {"a": 3})} == {0}


def test_another_seed_gives_another_split() -> None:
    assert partition(40, _names(2), 1, "one") != partition(40, _names(2), 1, "two")


def test_work_is_spread_over_the_whole_set() -> None:
    first_half = [worker for place, worker in partition(200, _names(2), 1, "t") if place < 100]
    assert 25 < sum(first_half) < 75


def test_full_gives_everything_to_everybody() -> None:
    assert full(2, 2) == [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize(
    ("weights", "per_input", "words"),
    [
        ([1.0], 2, "fewer workers"),
        ([1.0, 0.0], 2, "fewer workers"),
        ([1.0], 0, "at least 1"),
        ([-1.0, 3.0], 1, "neg"),
    ],
)
def test_impossible_splits_are_refused(weights: list[float], per_input: int, words: str) -> None:
    with pytest.raises(DistributionError, match=words):
        quotas(5, weights, per_input, "t")


def test_a_worker_named_twice_is_refused() -> None:
    with pytest.raises(DistributionError, match="twice"):
        partition(5, ["a", "a"], 1, "t")


@st.composite
def _running(draw: st.DrawFn) -> tuple[list[set[str]], list[set[str]], list[str], int]:
    """Started and unstarted workers by input, the new list of workers, workers per input."""
    everybody = _names(5)
    workers = draw(st.lists(st.sampled_from(everybody), min_size=1, unique=True))
    per_input = draw(st.integers(1, len(workers)))
    kept, free = [], []
    for _ in range(draw(st.integers(0, 12))):
        holders = draw(st.lists(st.sampled_from(everybody), max_size=4, unique=True))
        cut = draw(st.integers(0, len(holders)))
        kept.append(set(holders[:cut]))
        free.append(set(holders[cut:]))
    return kept, free, workers, per_input


@settings(max_examples=300, deadline=None)
@given(_running())
def test_rebalancing_fills_each_input_with_different_workers(
    state: tuple[list[set[str]], list[set[str]], list[str], int],
) -> None:
    kept, free, workers, per_input = state
    chosen = rebalance(kept, free, workers, per_input)
    for started, names in zip(kept, chosen, strict=True):
        assert len(names) == max(0, per_input - len(started))
        assert len({*names, *started}) == len(names) + len(started)
        assert set(names) <= set(workers)


@given(st.integers(1, 6), st.integers(1, 40), st.integers(1, 6))
def test_an_even_split_is_left_as_it_is(workers: int, inputs: int, per_input: int) -> None:
    names = _names(max(workers, per_input))
    free: list[set[str]] = [set() for _ in range(inputs)]
    for place, worker in partition(inputs, names, per_input, "t"):
        free[place].add(names[worker])
    chosen = rebalance([set()] * inputs, free, names, per_input)
    assert [set(found) for found in chosen] == free


def test_a_new_worker_gets_a_fair_share() -> None:
    free = [{"a"}] * 15 + [{"b"}] * 15
    counts = Counter(name for names in rebalance([set()] * 30, free, ["a", "b", "c"], 1) for name in names)
    assert counts == {"a": 10, "b": 10, "c": 10}


def test_what_somebody_has_begun_counts_towards_the_share() -> None:
    kept = [{"a"}] * 10 + [set()] * 20
    counts = Counter(name for names in rebalance(kept, [set()] * 30, ["a", "b"], 1) for name in names)
    assert counts == {"a": 5, "b": 15}


def test_no_workers_no_work() -> None:
    assert rebalance([set(), {"a"}], [{"a"}, set()], [], 1) == [[], []]


def test_too_few_workers_for_each_input_are_refused() -> None:
    with pytest.raises(DistributionError, match="fewer workers"):
        rebalance([set()], [set()], ["a"], 2)
