"""The methods of thesis chapters 5 and 6 that the study of perception compares."""

from typing import Any

from perception import PerceptionConfig

BETAS = (0.1, 1.0, 2.0, 4.0)  # chapter 6 has 1, 2 and 4; below 1 is where objects pay their nats
LATENTS = 8
CAPACITY_NATS = 25.0  # of a window: what a few objects cost

SETTINGS: dict[str, dict[str, Any]] = {
    "single_filter": {"latents": 1},  # 5.1, 6.2
    "neuron": {},  # 5.2.2, 6.3
    "filter_naive": {"decoupling": "filter_naive"},  # 5.2.3, 6.4
    "filter_weighted": {"decoupling": "filter_weighted"},  # 5.2.4, 6.5
    "winner_takes_all": {"decoupling": "winner_takes_all", "gamma": 1.0},  # 5.4, 6.8
    "categorical": {"decoupling": "categorical"},  # ours, for 5.4
    "capacity": {"capacity_nats": CAPACITY_NATS},  # Burgess et al. 2018, eq. 8
    "red": {"colour": "red"},  # 5.3, 6.6
    "green": {"colour": "green"},
    "blue": {"colour": "blue"},
    "orthogonal": {"orthogonality": 10.0},  # 5.5, 6.7
    "norm_before": {"batch_norm": "before"},  # 6.10
    "norm_after": {"batch_norm": "after"},
    "norm_both": {"batch_norm": "both"},
}
CLASSIC = "classic"  # the peer: OpenCV and k-means, no beta
BEST = "default"  # what the agent uses
EVERYWHERE = 1e-9  # nats, above which every cell of a network counts: it gates nothing then
UNGATED = "ungated"  # the same with every cell taken for active: what the network's gate is worth
SHARPEST = ("single_filter", 1.0)  # whose latents alone find most, in all three games of the study


def settings(method: str, beta: float) -> PerceptionConfig:
    """The perception of a method of `SETTINGS`.

    Raises ValueError naming the methods there are.
    """
    if method not in SETTINGS:
        raise ValueError(f"unknown method {method!r}: choose of {', '.join(SETTINGS)}")
    return PerceptionConfig(beta=beta, **{"latents": LATENTS, **SETTINGS[method]})
