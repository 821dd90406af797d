"""The figures of a listening test, against scipy and against the formulas once more; screening on bad listeners.

A worked example of BS.1534 with all of its scores could not be had: neither the recommendation nor the papers that were
found print the scores of their listeners. The examples here are those of the tests themselves: Friedman's from
Hollander and Wolfe (rounding first base, 22 players), Wilcoxon's from Darwin's maize (Fisher 1935).
"""

import numpy as np
import pytest
from mushra_by_hand import (
    all_partitions_p,
    friedman_chi,
    interval,
    left_out,
    quartiles,
    wilcoxon_p,
)
from scipy import stats

from rig.compare.listening.statistics.comparisons import fewest_blocks, friedman, hochberg, randomised, wilcoxon
from rig.compare.listening.statistics.screening import screened
from rig.compare.listening.statistics.spread import Spread, multimodality

# Hollander & Wolfe (1973), table 7.1: times of 22 players to second base by three ways of rounding first base, in s.
ROUNDING = np.array(
    [
        *([5.40, 5.50, 5.55], [5.85, 5.70, 5.75], [5.20, 5.60, 5.50], [5.55, 5.50, 5.40], [5.90, 5.85, 5.70]),
        *([5.45, 5.55, 5.60], [5.40, 5.40, 5.35], [5.45, 5.50, 5.35], [5.25, 5.15, 5.00], [5.85, 5.80, 5.70]),
        *([5.25, 5.20, 5.10], [5.65, 5.55, 5.45], [5.60, 5.35, 5.45], [5.05, 5.00, 4.95], [5.50, 5.50, 5.40]),
        *([5.45, 5.55, 5.50], [5.55, 5.55, 5.35], [5.45, 5.50, 5.55], [5.50, 5.45, 5.25], [5.65, 5.60, 5.40]),
        *([5.70, 5.65, 5.55], [6.30, 6.30, 6.25]),
    ]
)
MAIZE = [
    49,
    -67,
    8,
    16,
    6,
    23,
    28,
    41,
    14,
    29,
    56,
    24,
    75,
    60,
    -48,
]  # crossed minus self-fertilised, eighths of an inch


def drawn(seed, *shape):
    return np.random.default_rng(seed).integers(40, 101, shape)


# ---------------------------------------------------------------- spread
@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 60])
def test_median_quartiles_mean_and_interval_are_those_of_the_formulas_and_of_scipy(count):
    scores = drawn(count, count).tolist()
    found = Spread.of(scores)
    assert (found.lower_quartile, found.median, found.upper_quartile) == quartiles(scores)
    assert found.median == np.median(scores)
    assert found.interval == pytest.approx(interval(scores), abs=1e-6)
    by_scipy = stats.t.interval(0.95, count - 1, loc=np.mean(scores), scale=stats.sem(scores))
    assert found.interval == pytest.approx(by_scipy, rel=1e-9)
    assert found.mean == pytest.approx(np.mean(scores))
    fences = (
        found.lower_quartile - 1.5 * found.interquartile_range,
        found.upper_quartile + 1.5 * found.interquartile_range,
    )
    assert found.outliers == sum(not fences[0] <= score <= fences[1] for score in scores)


def test_one_score_has_no_interval_and_two_opinions_are_noticed():
    assert Spread.of([70]).interval is None
    x = drawn(1, 40).tolist()
    expected = (stats.skew(x, bias=False) ** 2 + 1) / (stats.kurtosis(x, bias=False) + 3 * 39**2 / (38 * 37))
    assert multimodality(x) == pytest.approx(expected)
    assert multimodality([20] * 10 + [21] + [90] * 10) > 5 / 9 > multimodality(stats.norm.ppf(np.arange(1, 40) / 40))
    assert multimodality([50.0] * 9) is None


# ---------------------------------------------------------------- comparisons
@pytest.mark.parametrize(("blocks", "conditions"), [(2, 3), (5, 4), (12, 9), (30, 3)])
def test_the_friedman_test_is_that_of_scipy_and_of_its_definition(blocks, conditions):
    scores = drawn(blocks, blocks, conditions).astype(float) // 10  # many ties
    chi, p = friedman(scores)
    assert chi == pytest.approx(friedman_chi(scores.tolist()), rel=1e-9)
    assert (chi, p) == pytest.approx(tuple(stats.friedmanchisquare(*scores.T)), rel=1e-9)


def test_the_friedman_test_of_hollander_and_wolfe():
    chi, p = friedman(ROUNDING)
    assert chi == pytest.approx(11.143, abs=0.001)  # as R's friedman.test gives for its example RoundingTimes
    assert p == pytest.approx(0.003805, abs=1e-6)


def test_where_all_rate_alike_there_is_nothing_to_test():
    assert friedman(np.full((5, 3), 80.0)) is None
    assert wilcoxon([0.0, 0.0]) is None


@pytest.mark.parametrize("count", [1, 4, 6, 9, 12])
def test_signed_ranks_are_counted_out_exactly_with_ties_and_without(count):
    rng = np.random.default_rng(count)
    for differences in (rng.standard_normal(count) + 0.3, rng.integers(-3, 6, count).astype(float) + 0.0):
        if not np.any(differences):
            continue
        _, p = wilcoxon(differences.tolist())
        assert p == pytest.approx(min(1.0, wilcoxon_p(differences.tolist())), abs=1e-12)
    different = rng.permutation(np.arange(1.0, count + 1)) * rng.choice([-1, 1], count)
    assert wilcoxon(different.tolist()) == pytest.approx(tuple(stats.wilcoxon(different, method="exact")), abs=1e-12)


def test_many_pairs_are_approximated_as_scipy_does():
    differences = np.random.default_rng(3).integers(-20, 30, 80).astype(float)
    found, expected = wilcoxon(differences.tolist()), stats.wilcoxon(differences, method="approx")
    assert found == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)


def test_the_signed_ranks_of_darwins_maize():
    statistic, p = wilcoxon(MAIZE)
    assert statistic == 24  # -48 has rank 10, -67 has rank 14
    assert p == pytest.approx(stats.wilcoxon(MAIZE, method="exact").pvalue)
    assert p == pytest.approx(wilcoxon_p(MAIZE))


def test_the_randomisation_test_of_attachment_3_draws_what_all_partitions_give():
    rng = np.random.default_rng(8)
    for shift in (0, 4, 9):
        a, b = rng.integers(50, 70, 6).tolist(), (rng.integers(50, 70, 6) - shift).tolist()
        exact = all_partitions_p(a, b)
        # 10,000 draws: four deviations of a share
        assert randomised(a, b) == pytest.approx(exact, abs=4 * (max(exact, 1e-3) * (1 - exact) / 10_000) ** 0.5)
    assert randomised(a, b) == randomised(a, b)


def test_hochbergs_procedure_is_that_of_its_definition():
    rng = np.random.default_rng(2)
    for _ in range(200):
        p = rng.random(rng.integers(1, 9)) ** 3
        m = len(p)
        by_definition = [any(p[j] >= p[i] and p[j] < 0.05 / (1 + np.sum(p > p[j])) for j in range(m)) for i in range(m)]
        assert hochberg(p.tolist()) == by_definition


def test_too_few_blocks_never_count():
    fewest = fewest_blocks(1)
    assert wilcoxon([1.0 + k for k in range(fewest)])[1] < 0.05 <= wilcoxon([1.0 + k for k in range(fewest - 1)])[1]


# ---------------------------------------------------------------- screening
def panel(listeners, items):
    """Good listeners: hidden reference 95 to 100, mid anchor 50 to 80."""
    rng = np.random.default_rng(listeners * 100 + items)
    names = [f"good {k}" for k in range(listeners)]
    return (
        {name: rng.integers(95, 101, items).tolist() for name in names},
        {name: rng.integers(50, 81, items).tolist() for name in names},
    )


def test_good_listeners_count():
    found = screened(*panel(8, 10))
    assert len(found.counting) == 8
    assert found.weak_items == ()


def test_who_hears_the_hidden_reference_as_another_sound_is_left_out():
    reference, anchor = panel(8, 10)
    reference["guesses"], anchor["guesses"] = [100] * 8 + [89, 40], [60] * 10
    reference["once wrong"], anchor["once wrong"] = [100] * 9 + [40], [60] * 10  # 10 % of the items
    reference["at the limit"], anchor["at the limit"] = [90] * 10, [60] * 10  # 90 is not below 90
    found = screened(reference, anchor)
    assert set(reference) - set(found.counting) == {"guesses"}
    assert "below 90 in 2 of 10 sections" in next(each.reasons for each in found.listeners if not each.counts)[0]


def test_who_takes_the_mid_anchor_for_the_reference_is_left_out():
    reference, anchor = panel(8, 10)
    reference["treble deaf"], anchor["treble deaf"] = [100] * 10, [100] * 10
    reference["twice"], anchor["twice"] = [100] * 10, [91, 95] + [70] * 8
    reference["once"], anchor["once"] = [100] * 10, [91] + [70] * 9
    reference["ninety"], anchor["ninety"] = [100] * 10, [90] * 10
    found = screened(reference, anchor)
    assert set(reference) - set(found.counting) == {"treble deaf", "twice"}


def test_an_item_whose_anchor_many_take_for_the_reference_leaves_nobody_out():
    reference, anchor = panel(9, 5)
    for name in list(anchor)[:3]:
        anchor[name][2] = 100  # 3 of 9 are more than a quarter
    found = screened(reference, anchor)
    assert len(found.counting) == 9
    assert found.weak_items == (2,)
    for name in list(anchor)[:2]:
        anchor[name][4] = 100  # 2 of 9 are not
    found = screened(reference, anchor)
    assert len(found.counting) == 7


@pytest.mark.parametrize("seed", range(40))
def test_screening_is_that_of_the_recommendation_on_listeners_of_every_kind(seed):
    rng = np.random.default_rng(seed)
    listeners, items = int(rng.integers(1, 13)), int(rng.integers(1, 13))
    honest = rng.random(listeners)
    names = [f"l{k}" for k in range(listeners)]
    reference = {
        n: np.where(rng.random(items) < h, 100, rng.integers(60, 101, items)).tolist()
        for n, h in zip(names, honest, strict=True)
    }
    anchor = {
        n: np.where(rng.random(items) < h, 60, rng.integers(80, 101, items)).tolist()
        for n, h in zip(names, honest, strict=True)
    }
    found, (out, weak) = screened(reference, anchor), left_out(reference, anchor)
    assert set(names) - set(found.counting) == out
    assert set(found.weak_items) == weak


def test_of_three_listeners_one_alone_is_more_than_a_quarter():
    reference, anchor = panel(2, 8)
    reference["deaf"], anchor["deaf"] = [100] * 8, [100] * 8
    found = screened(reference, anchor)
    assert len(found.counting) == 3
    assert len(found.weak_items) == 8
