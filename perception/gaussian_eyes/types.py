"""Types from spectra: k-means without labels, and the nearest of a few labelled ones.

Shapes: N blobs, K latent filters, C clusters.
"""

import numpy as np
from sklearn.cluster import KMeans

STARTS = 5
MOST = 5_000  # spectra that clusters are fitted on, evenly spaced ones where there are more


def clusters_of(spectra_NK: np.ndarray, clusters: int, seed: int) -> np.ndarray:
    """Centres (C, K) of k-means++, C at most the different spectra there are; none of none."""
    if len(spectra_NK) > MOST:
        spectra_NK = spectra_NK[np.linspace(0, len(spectra_NK) - 1, MOST).astype(int)]
    count = min(clusters, len(np.unique(spectra_NK, axis=0)))
    if count == 0:
        return np.zeros((0, spectra_NK.shape[1]), np.float32)
    fitted = KMeans(count, n_init=STARTS, random_state=seed).fit(spectra_NK.astype(np.float64))
    return np.asarray(fitted.cluster_centers_, np.float32)


def nearest(spectra_NK: np.ndarray, centres_CK: np.ndarray) -> np.ndarray:
    """Index of the nearest centre of each spectrum, (N,); C is at least 1."""
    assert spectra_NK.ndim == 2 and len(centres_CK) > 0
    apart = ((spectra_NK[:, None] - centres_CK[None]) ** 2).sum(axis=2)
    return np.asarray(apart.argmin(axis=1))
