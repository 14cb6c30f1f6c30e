"""How well a code tells the factors of its data apart: every metric, with its settings."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dsrl.runs.rundir import RunDir
from dsrl.studies import betavae, simvae
from perception.betavae import encode
from perception.metrics import (
    beta_vae,
    dci,
    factor_vae,
    mig,
    mig_by_chance,
    mig_interval,
    mutual_information_matrix,
    sap,
)
from perception.metrics.dci import LEAF, TREES
from perception.metrics.draws import (
    BATCH,
    EVALUATION,
    TRAINING,
    Draws,
    batches_of,
    pairs_of,
)
from perception.metrics.factor_vae import LEAST_DEVIATION
from perception.metrics.information import BINS, asked_about, discrete, discrete_where_it_is
from perception.metrics.mig import RESAMPLES, SHUFFLES
from perception.metrics.sap import COST
from perception.simulators import Simulator

SAMPLES, LEAST_SAMPLES = 10_000, 100
MUCH = 0.05  # of the entropy, told by chance: then differences of scores mean little


class Codes(NamedTuple):
    """Codes (N, K) of observations, and the factors (N, F) that made them."""

    codes: np.ndarray
    factors: np.ndarray
    names: tuple[str, ...]


def codes_of(
    path: str | Path, samples: int, seed: int, simulator: Simulator | None = None
) -> Codes:
    """Encoder means of observations drawn from the run's own data, or its simulator.

    Raises RunError where the run cannot be read, no factors are known of its data, or it was
    trained on a ``simulator`` of one's own that is not given.
    """
    if RunDir.open(path).config.get("method") == simvae.METHOD:
        simulated = simvae.load(path, simulator)
        found = simvae.read(simulated, samples, seed)
        names = simulated.simulator.parameter_names
        return Codes(found.inferred, discrete_where_it_is(found.parameters), names)
    trained = betavae.load(path)
    data = betavae.factor_data(trained)
    factors, images = data.sample(samples, np.random.default_rng(seed))
    return Codes(encode(trained.model, images).mu.numpy(), factors, data.factor_names)


def measure(
    path: str | Path,
    samples: int = SAMPLES,
    seed: int = 0,
    leave_out: Sequence[str] = (),
    simulator: Simulator | None = None,
) -> dict[str, Any]:
    """MIG, SAP and DCI, the matrix of mutual information, and what they were measured with.

    Factors to ``leave_out`` are drawn like the others but not asked about: noise. Raises as
    `codes_of`; ValueError where there is no such factor, or none is left.
    """
    if samples < LEAST_SAMPLES:
        raise ValueError(f"--samples must be at least {LEAST_SAMPLES}, got {samples}")
    found = codes_of(path, samples, seed, simulator)
    measured = measure_codes(found, seed, leave_out)
    measured["settings"] |= {"codes": "encoder means"}
    return {"run": Path(path).name, **measured}


def measure_codes(
    found: Codes,
    seed: int = 0,
    leave_out: Sequence[str] = (),
    batches: Draws | None = None,
    pairs: Draws | None = None,
) -> dict[str, Any]:
    """The same of any codes. ``batches`` and ``pairs`` are draws of one's own for the scores of
    FactorVAE and the beta-VAE; else samples that share a value are drawn from the codes. Those
    scores are None, and their settings say why, where that cannot be.

    A factor that is the same in all samples is left out with a warning. Raises ValueError where
    there are fewer than 100 samples, no factor varies, or none of a name to ``leave_out`` is there.
    """
    if len(found.codes) < LEAST_SAMPLES:
        raise ValueError(f"{len(found.codes)} samples are too few: give {LEAST_SAMPLES} or more")
    names, factors = _varying(found, asked_about(found.names, leave_out))
    codes = found.codes
    gap, (low, high) = mig(codes, factors), mig_interval(codes, factors, seed=seed)
    chance, importance = mig_by_chance(codes, factors, seed=seed), dci(codes, factors)
    predicted = sap(codes, factors)
    if chance.shares.mean() > MUCH:
        warnings.warn(
            f"of {len(codes)} samples a latent seems to tell {chance.shares.mean():.2f} of the "
            "entropy of factors that were shuffled: take more samples, or read the adjusted MIG",
            stacklevel=2,
        )
    scores, settings = _by_draws(codes, factors, names, seed, batches, pairs)
    numbers = {
        "mig": gap.score, "mig_low": low, "mig_high": high, "mig_by_chance": chance.score,
        "mig_adjusted": chance.adjusted,
        "sap": predicted.score, "sap_standardised": sap(codes, factors, standardised=True).score,
        "disentanglement": importance.disentanglement, "completeness": importance.completeness,
        "informativeness": importance.informativeness, **scores,
    }  # fmt: skip
    matrix = mutual_information_matrix(codes, factors)
    return {
        "factors": names,
        **{name: value if value is None else round(value, 4) for name, value in numbers.items()},
        "mig_by_factor": np.round(gap.gaps, 4).tolist(),
        "mutual_information": np.round(matrix, 4).tolist(),
        "mutual_information_by_chance": np.round(chance.shares.mean(axis=0), 4).tolist(),
        "settings": {
            "samples": len(codes), "seed": seed, **estimators(discrete(factors)), **settings
        },
    }  # fmt: skip


def _varying(found: Codes, kept: Sequence[int]) -> tuple[list[str], np.ndarray]:
    """Names and values of the factors that do; warns of the others."""
    factors = found.factors[:, kept]
    varies = (factors != factors[:1]).any(axis=0)
    names = [found.names[i] for i in kept]
    if not varies.any():
        raise ValueError(
            f"every factor ({', '.join(names)}) is the same in all samples: there is nothing to "
            "measure"
        )
    for name in (name for name, each in zip(names, varies, strict=True) if not each):
        warnings.warn(
            f"factor {name} is the same in all samples: it tells nothing, and is left out",
            stacklevel=3,
        )
    kept_names = [name for name, each in zip(names, varies, strict=True) if each]
    return kept_names, factors[:, varies]


def _by_draws(
    codes: np.ndarray,
    factors: np.ndarray,
    names: Sequence[str],
    seed: int,
    batches: Draws | None,
    pairs: Draws | None,
) -> tuple[dict[str, float | None], dict[str, str]]:
    """The scores that need draws, and how these were made."""
    rng, count = np.random.default_rng(seed), TRAINING + EVALUATION
    scores: dict[str, float | None] = {"factor_vae": None, "beta_vae": None}
    settings = {}
    try:
        of = batches or batches_of(codes, factors, count, rng, BATCH, names)
        found = factor_vae(codes.std(axis=0, ddof=1), *of.split(_trained(len(of.fixed))))
        scores["factor_vae"] = found.score
        settings["factor_vae_draws"] = _draws_named(of, batches is not None)
        settings["factor_vae_latents"] = (
            f"{found.active.sum()} of {len(found.active)} with a deviation of {LEAST_DEVIATION:g} "
            "or more"
        )
    except ValueError as error:
        settings["factor_vae_draws"] = f"not measured: {error}"
    try:
        both = pairs or pairs_of(codes, factors, count, rng, BATCH, names)
        scores["beta_vae"] = beta_vae(*both.split(_trained(len(both.fixed))))
        settings["beta_vae_draws"] = _draws_named(both, pairs is not None)
    except ValueError as error:
        settings["beta_vae_draws"] = f"not measured: {error}"
    return scores, settings


def _trained(draws: int) -> int:
    return max(1, round(draws * TRAINING / (TRAINING + EVALUATION)))


def _draws_named(draws: Draws, given: bool) -> str:
    count, size = len(draws.fixed), draws.rows.shape[-1]
    first = _trained(count)
    where = "given" if given else "from the samples, with replacement"
    return f"{first} to learn from, {count - first} to try, of {size} each, {where}"


def estimators(classes: np.ndarray) -> dict[str, Any]:
    """What the metrics are measured with, given which factors are discrete (F,)."""
    svm = f"linear SVM (C {COST:g}, balanced classes) on one latent, half of the samples held out"
    kinds = {"discrete": classes.any(), "real": not classes.all()}

    def both(of_discrete: str, of_real: str) -> str:
        by_kind = {"discrete": of_discrete, "real": of_real}
        found = [by_kind[kind] for kind, there in kinds.items() if there]
        return found[0] if len(found) == 1 else f"discrete: {found[0]}; real: {found[1]}"

    return {
        "factors": both("discrete", "real") if classes.all() or not classes.any() else "mixed",
        "mig_bins": BINS,
        "mig_estimator": "histograms of equal width, of latents"
        + ("" if classes.all() else " and real factors"),
        "mig_interval": f"95 % of {RESAMPLES} bootstrap resamples, around the score",
        "mig_chance": f"mean of {SHUFFLES} shuffles of the factors",
        "sap_estimator": both(svm, "squared correlation with one latent, all samples"),
        "dci_estimator": f"random forest of {TREES} trees (leaves of {LEAF} samples or more, every "
        "latent at each split, seed 0), half of the samples held out",
        "dci_informativeness": both("accuracy", "R^2"),
    }
