"""How well a run's code tells the factors of its data apart: every metric, with its settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dsrl.runs.rundir import RunDir
from dsrl.studies import betavae, simvae
from perception.betavae import encode
from perception.metrics import dci, mig, mutual_information_matrix, sap
from perception.metrics.dci import LEAF, TREES
from perception.metrics.information import BINS, asked_about, discrete_where_it_is
from perception.metrics.sap import COST
from perception.simulators import Simulator

SAMPLES, LEAST_SAMPLES = 10_000, 100


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
    kept = asked_about(found.names, leave_out)
    factors = found.factors[:, kept]
    codes = found.codes
    gap, predicted, importance = mig(codes, factors), sap(codes, factors), dci(codes, factors)
    matrix = mutual_information_matrix(codes, factors)
    return {
        "run": Path(path).name,
        "factors": [found.names[i] for i in kept],
        "mig": round(gap.score, 4),
        "mig_by_factor": np.round(gap.gaps, 4).tolist(),
        "sap": round(predicted.score, 4),
        "disentanglement": round(importance.disentanglement, 4),
        "completeness": round(importance.completeness, 4),
        "informativeness": round(importance.informativeness, 4),
        "mutual_information": np.round(matrix, 4).tolist(),
        "settings": {
            "samples": samples, "seed": seed, "codes": "encoder means",
            **estimators(np.issubdtype(factors.dtype, np.integer)),
        },
    }  # fmt: skip


def estimators(discrete: bool) -> dict[str, Any]:
    """What the metrics are measured with, of discrete factors and of real ones."""
    svm = f"linear SVM (C {COST:g}, balanced classes) on one latent, half of the samples held out"
    return {
        "factors": "discrete" if discrete else "real",
        "mig_bins": BINS,
        "mig_estimator": "histograms of equal width, of latents"
        + ("" if discrete else " and factors"),
        "sap_estimator": svm if discrete else "squared correlation with one latent, all samples",
        "dci_estimator": f"random forest of {TREES} trees (leaves of {LEAF} samples or more, every "
        "latent at each split, seed 0), half of the samples held out",
        "dci_informativeness": "accuracy" if discrete else "R^2",
    }
