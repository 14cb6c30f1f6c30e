"""The capacity-controlled beta-VAE (Burgess et al. 2018), and its generator from true factors."""

from perception.betavae.factor_generator import FactorGenerator
from perception.betavae.network import BetaVAE, Posterior, encode
from perception.betavae.training import BetaVAEConfig, BetaVAETraining, FactorTraining

__all__ = [
    "BetaVAE",
    "BetaVAEConfig",
    "BetaVAETraining",
    "FactorGenerator",
    "FactorTraining",
    "Posterior",
    "encode",
]
