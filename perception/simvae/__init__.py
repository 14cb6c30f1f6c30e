"""SimVAE (Srivastava et al. 2019): a generator learns a simulator, an encoder inverts it."""

from perception.simvae.networks import SimVAE
from perception.simvae.training import SimVAEConfig, SimVAETraining

__all__ = ["SimVAE", "SimVAEConfig", "SimVAETraining"]
