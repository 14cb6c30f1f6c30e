"""Metrics of representations, given the factors that made the data.

Everywhere: N samples, K latents (codes), F factors. Codes are encoder means (N, K), real numbers;
factors are (N, F), whole numbers for the values of a discrete factor, real ones else.
"""

from perception.metrics.dci import DCI, dci
from perception.metrics.information import mutual_information_matrix
from perception.metrics.mig import MIG, mig
from perception.metrics.sap import SAP, sap

__all__ = ["DCI", "MIG", "SAP", "dci", "mig", "mutual_information_matrix", "sap"]
