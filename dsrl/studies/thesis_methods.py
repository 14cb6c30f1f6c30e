"""The latent spaces of thesis chapters 5 and 6 that are compared, and their controls."""

from dataclasses import replace
from typing import Any

from perception.gaussian_eyes.config import WHOLE_FRAMES
from perception.models.gaussian_config import GaussianConfig
from perception.training.fitting import FittingConfig

BETAS = (1.0, 2.0, 4.0)  # chapter 6; the first is every seed's, the others the first seed's
NO_BETA = 0.0
CAPACITY_NATS = 300.0  # of a frame
ORTHOGONALITY = 100.0
SHERBURN = {"architecture": "sherburn", "colour": "luminance"}

METHODS: dict[str, dict[str, Any]] = {
    "single_filter": {"latents": 1},  # 5.1, 6.2
    "neuron": {},  # 5.2.2, 6.3
    "filter_naive": {"decoupling": "filter_naive"},  # 5.2.3, 6.4
    "filter_weighted": {"decoupling": "filter_weighted"},  # 5.2.4, 6.5
    "winner_takes_all": {"decoupling": "winner_takes_all", "gamma": 1.0},  # 5.4, 6.8
    "capacity": {"capacity_nats": CAPACITY_NATS},  # Burgess et al. 2018, eq. 8
    "orthogonal": {"orthogonality": ORTHOGONALITY},  # 5.5, 6.7
    "autoencoder": {"decoupling": "none"},  # what the regularisers are worth
    "orthogonal_autoencoder": {"decoupling": "none", "orthogonality": ORTHOGONALITY},  # 7.3
    "luminance": {"colour": "luminance"},  # 5.3, 6.6: the others have the colours
    "norm_before": {"batch_norm": "before"},  # 6.10
    "norm_after": {"batch_norm": "after"},
    "norm_both": {"batch_norm": "both"},
    "deep": {"architecture": "deep"},  # 6.2 to 6.8: shallow and deep
    "deep_filter_weighted": {"architecture": "deep", "decoupling": "filter_weighted"},
    "sherburn_single": {**SHERBURN, "latents": 1},  # the author's own layers, picture and rate
    "sherburn_neuron": SHERBURN,
    "sherburn_filter_weighted": {**SHERBURN, "decoupling": "filter_weighted"},
}
UNTRAINED: dict[str, str] = {  # control: the method whose network it is, before it learned
    "untrained_single_filter": "single_filter",
    "untrained_neuron": "neuron",
    "untrained_autoencoder": "autoencoder",
    "untrained_luminance": "luminance",
    "untrained_deep": "deep",
    "untrained_sherburn_single": "sherburn_single",
    "untrained_sherburn": "sherburn_neuron",
}
SHERBURN_FITTING = FittingConfig(  # Adam 1e-3 and the author's callbacks (vae.py)
    epochs=40,
    updates_per_epoch=100,
    batch_size=4,
    learning_rate=1e-3,
    annealing=1.0,
    plateau_epochs=2,
    plateau_factor=0.1,
    patience_epochs=6,
    least_gain_nats=1.0,
)


def latent_space(method: str, beta: float) -> GaussianConfig:
    """The network of a method. ValueError naming the methods there are."""
    method = UNTRAINED.get(method, method)
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: choose of {', '.join(METHODS)}")
    settings = METHODS[method]
    if settings.get("decoupling") == "none":
        beta = NO_BETA
    return GaussianConfig(beta=beta, **settings)


def fitting_of(
    config: GaussianConfig, epochs: int | None = None, updates: int | None = None
) -> FittingConfig:
    """How its network is trained, for at most so many epochs, each of so many updates."""
    fitting = SHERBURN_FITTING if config.architecture == "sherburn" else WHOLE_FRAMES
    if epochs is not None:
        fitting = replace(fitting, epochs=epochs)
    return fitting if updates is None else replace(fitting, updates_per_epoch=updates)
