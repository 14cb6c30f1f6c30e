"""Settings that mean nothing are refused, each with its reason."""

import math

import pytest

from perception import PerceptionConfig

SENSIBLE = [
    {},
    {"latents": 1},
    {"decoupling": "filter_naive"},
    {"decoupling": "filter_weighted", "latents": 2},
    {"decoupling": "winner_takes_all", "gamma": 0.0},
    {"decoupling": "categorical", "colour": "red", "batch_norm": "both"},
    {"capacity_nats": 0.0, "orthogonality": 1.0, "coast_steps": 0},
]


@pytest.mark.parametrize("settings", SENSIBLE)
def test_sensible_settings_survive_the_file(settings):
    config = PerceptionConfig(beta=0.5, **settings)
    assert PerceptionConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"decoupling": "winner_takes_all"}, "gamma belongs to"),
        ({"gamma": 1.0}, "gamma belongs to"),
        ({"decoupling": "categorical", "gamma": 1.0}, "gamma belongs to"),
        ({"decoupling": "filter_naive", "latents": 1}, "there is only 1: give latents of at least"),
        ({"decoupling": "filter_weighted", "latents": 1}, "or decoupling 'neuron'"),
        ({"decoupling": "winner_takes_all", "gamma": 1.0, "latents": 1}, "there is only 1"),
        ({"decoupling": "categorical", "latents": 1}, "there is only 1"),
        ({"decoupling": "categorical", "capacity_nats": 5.0}, "bounded by its prior: leave it out"),
    ],
)
def test_combinations_that_mean_nothing_are_refused(settings, reason):
    with pytest.raises(ValueError, match=reason):
        PerceptionConfig(beta=1.0, **settings)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("decoupling", "filters", "'filters' is unknown: choose one of .*'filter_naive'"),
        ("colour", "grey", "choose one of .'rgb', 'red', 'green', 'blue'"),
        ("batch_norm", True, "choose one of .'none', 'before', 'after', 'both'"),
        ("beta", 0.0, "must be above 0, got 0.0"),
        ("beta", math.nan, "must be above 0, got nan"),
        ("learning_rate", -1e-3, "must be above 0"),
        ("objectness_nats", 0.0, "must be above 0"),
        ("gate_pixels", 0.0, "must be above 0"),
        ("capacity_nats", -1.0, "must be at least 0, got -1.0"),
        ("orthogonality", math.nan, "must be at least 0, got nan"),
        ("latents", 0, "must be at least 1, got 0"),
        ("hidden_filters", 0, "must be at least 1"),
        ("updates", 0, "must be at least 1"),
        ("batch_size", 0, "must be at least 1"),
        ("max_kinds", 0, "must be at least 1"),
        ("window_cells", 3, "must be at least 4, got 3"),
        ("coast_steps", -1, "must be at least 0, got -1"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(name, value, reason):
    with pytest.raises(ValueError, match=f"{name} .*{reason}|{name} {reason}"):
        PerceptionConfig(**({"beta": 1.0} | {name: value}))


def test_a_negative_gamma_is_refused():
    with pytest.raises(ValueError, match="gamma must be at least 0"):
        PerceptionConfig(beta=1.0, decoupling="winner_takes_all", gamma=-1.0)


def test_beta_has_no_default():
    with pytest.raises(TypeError, match="beta"):
        PerceptionConfig()


def test_a_setting_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match=r"unknown perception settings \['bta'\]"):
        PerceptionConfig.from_json({"beta": 1.0, "bta": 2.0})
