"""Metrics of representations, given the factors that made the data.

Everywhere: N samples, K latents (codes), F factors. Codes are encoder means (N, K), real numbers;
factors are (N, F): a column of whole numbers numbers the values of a discrete factor, any other is
a real one. docs/metrics.md shows their use.
"""

from perception.metrics.beta_vae import beta_vae
from perception.metrics.dci import DCI, dci
from perception.metrics.draws import (
    Draws,
    batches_given,
    batches_of,
    pairs_given,
    pairs_of,
)
from perception.metrics.factor_vae import FactorVAE, factor_vae
from perception.metrics.information import mutual_information_matrix
from perception.metrics.mig import MIG, Chance, mig, mig_by_chance, mig_interval
from perception.metrics.sap import SAP, sap

__all__ = [
    "DCI",
    "MIG",
    "SAP",
    "Chance",
    "Draws",
    "FactorVAE",
    "batches_given",
    "batches_of",
    "beta_vae",
    "dci",
    "factor_vae",
    "mig",
    "mig_by_chance",
    "mig_interval",
    "mutual_information_matrix",
    "pairs_given",
    "pairs_of",
    "sap",
]
