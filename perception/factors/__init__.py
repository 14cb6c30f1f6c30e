"""Images of known factors: what representation learning is trained on and measured by."""

from perception.factors.blobs import Blobs
from perception.factors.data import FactorData
from perception.factors.dsprites import ColouredDSprites, DSprites

__all__ = ["Blobs", "ColouredDSprites", "DSprites", "FactorData"]
