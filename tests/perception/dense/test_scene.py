"""The scene as a simulator, what is seen and read of it."""

from collections.abc import Sequence

import numpy as np
import pytest

from perception import Perception, PerceptionConfig
from perception.betavae import BetaVAE, encode
from perception.dense import readers
from perception.dense.eyes import Sight
from perception.dense.readers import BetaVAEReader, Maps, latents_of, maps_of, scene_maps
from perception.dense.scene import SIDE, Scene, Thing, things_of
from perception.kinds import Kinds
from perception.model import FullyConvolutionalVAE
from perception.objects import Detection
from perception.segmentation import colour_code
from perception.simulators.simulator import Simulator, checked_simulation

PADDLE = Thing(1, 0, 16.0, 4.0, (40.0, 140.5), (180.0, 140.5), always=True)
BALL = Thing(4, 1, 4.0, 2.0, (36.0, 14.0), (188.0, 150.0), always=False)
SCENE = Scene([PADDLE, BALL])
FRAME = (210, 160)


def drawn(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    """A frame's channels: rectangles by centre and size, centres as detections give them."""
    channels = np.full(FRAME, -1)
    for channel, (y, x, height, width) in enumerate(boxes):
        top, left = round(y - (height - 1) / 2), round(x - (width - 1) / 2)
        channels[top : top + round(height), left : left + round(width)] = channel
    return channels


def test_it_is_a_simulator_of_what_moves() -> None:
    assert isinstance(SCENE, Simulator)
    assert SCENE.parameter_names == (
        "y of kind 1",
        "y of kind 4",
        "x of kind 4",
        "presence of kind 4",
    )
    assert SCENE.low.tolist() == [40, 36, 14, 0]
    assert SCENE.high.tolist() == [180, 188, 150, 1]
    parameters, pictures = checked_simulation(SCENE, 400, np.random.default_rng(0))
    assert pictures.shape == (400, SIDE, SIDE, 3)
    assert 60 < (parameters[:, 3] == 0).sum() < 140
    assert 60 < (parameters[:, 3] == 1).sum() < 140


@pytest.mark.parametrize("ball", [(60.5, 40.5), (101.5, 131.5), (188.0, 14.5)])
def test_a_frame_looks_as_it_is_simulated(ball: tuple[float, float]) -> None:
    seen = SCENE.look(drawn((100.5, 140.5, 16, 4), (*ball, 4, 2))).astype(int)
    made = SCENE.simulate(np.array([[100.5, *ball, 1.0]]))[0].astype(int)
    assert np.abs(seen - made).mean() < 1
    assert np.abs(seen - made).max() < 40


def test_what_is_missing_is_not_drawn_and_nothing_looks_like_nothing() -> None:
    seen = SCENE.look(drawn((100.5, 140.5, 16, 4))).astype(int)
    made = SCENE.simulate(np.array([[100.5, 60.0, 60.0, 0.0]]))[0].astype(int)
    assert np.abs(seen - made).mean() < 1
    assert not SCENE.look(drawn()).any()


@pytest.mark.parametrize("off", [-9.0, 0.0, 5.0])
@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("ball", [(70.5, 60.5, 4, 2), (70.0, 61.0, 5, 3), (71.5, 60.0, 6, 3)])
def test_what_was_read_is_settled(
    off: float, there: bool, ball: tuple[float, float, int, int]
) -> None:
    """To half a pixel and whole edges, even of a ball that is smeared by its motion."""
    boxes = [(100.5, 140.5, 16, 4), ball]
    picture = SCENE.look(drawn(*boxes[: 1 + there]))
    found = SCENE.settle(np.array([100.5 + off, 70.5 - off, 60.5 + off, 0.5]), picture)
    assert found.there.tolist() == [True, there]
    assert found.centres[: 1 + there].tolist() == [[100.5, 140.5], [*ball[:2]]][: 1 + there]
    assert found.sizes.tolist()[0] == [16, 4]
    assert ((found.centres - found.sizes / 2) % 1 == 0.5).all()
    if there:
        assert np.abs(found.sizes[1] - (4, 2)).max() <= 1


def test_a_scene_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing that moves comes one at a time"):
        Scene([])


def kinds_of(mobility: Sequence[float]) -> Kinds:
    kinds = Kinds(FRAME, 8)
    for number, moves in enumerate(mobility):
        kinds.add(
            number, np.full(3, 100.0), np.log([8.0, 4.0]), moves, np.ones(kinds.blocks), 100, False
        )
    return kinds


def test_only_what_has_the_colour_of_a_thing_is_seen() -> None:
    background = np.zeros((*FRAME, 3), np.uint8)
    kinds = kinds_of([0.9, 0.9])
    red, green, blue = ((200, 0, 0), (0, 200, 0), (0, 0, 200))
    kinds.group_of_code[:] = -1
    for family, colour in enumerate((red, green)):
        kinds.group_of_code[colour_code(np.array([colour], np.uint8))] = kinds.family[family]
    config = PerceptionConfig(beta=0.1)
    base = Perception(config, FullyConvolutionalVAE(config), background, kinds)
    sight = Sight(base, Scene([PADDLE._replace(kind=0), BALL._replace(kind=1)]))
    frame = background.copy()
    frame[100:110, 139:142], frame[60:64, 50:52] = red, green
    seen = sight.picture(frame)
    assert seen[..., 0].any() and seen[..., 1].any() and not seen[..., 2].any()
    frame[150:160, 20:40] = blue
    assert np.array_equal(sight.picture(frame), seen)


def test_things_are_what_moves_alone() -> None:
    def at(kind: int, y: float) -> Detection:
        return Detection(kind, y, 50.0, 8.0, 4.0, 1.0)

    rng = np.random.default_rng(0)
    always, often, rare, still, many = range(5)
    frames = []
    for i in range(200):
        frame = [at(always, rng.uniform(20, 180)), at(still, 90.0)]
        frame += [at(often, rng.uniform(60, 80))] * (i % 2) + [at(rare, 70.0)] * (i % 20 == 0)
        frame += [at(many, rng.uniform(20, 180)) for _ in range(3)]
        frames.append(frame)
    found = things_of(kinds_of([0.9, 0.9, 0.9, 0.1, 0.9]), frames)
    assert [(t.kind, t.always) for t in found] == [(always, True), (often, False)]
    assert found[1].low == pytest.approx((60, 50), abs=1)
    assert found[1].high == pytest.approx((80, 50), abs=1)
    assert (found[0].height, found[0].width) == pytest.approx((8, 4))


def test_each_parameter_is_read_from_the_latent_that_tracks_it() -> None:
    rng = np.random.default_rng(0)
    parameters = rng.uniform(-1, 1, (2000, 3))
    latents = np.stack(
        [rng.normal(size=2000), np.exp(parameters[:, 1]), parameters[:, 0] ** 3], axis=1
    )
    maps = maps_of(parameters, latents)
    assert maps.latent[:2].tolist() == [2, 1]
    assert maps.tracked[:2] == pytest.approx([1, 1], abs=0.01)
    assert maps.tracked[2] < 0.1
    read = np.interp(np.exp(0.3), maps.at[1], maps.means[1])
    assert read == pytest.approx(0.3, abs=0.03)


def test_a_latent_that_tracks_nothing_is_not_said_to() -> None:
    maps = Maps(np.array([4, 1, 4, 2]), np.array([0.9, 0.2, 0.4, 0.6]), *np.zeros((2, 4, 2)))
    assert BetaVAEReader(BetaVAE((SIDE, SIDE, 1), 3), maps).tracking.tolist() == [2, 4]


def test_each_channel_is_seen_by_itself() -> None:
    model = BetaVAE((SIDE, SIDE, 1), 2).eval()
    pictures = SCENE.simulate(SCENE.sample_parameters(3, np.random.default_rng(0)))
    told = latents_of(model, pictures)
    assert told.shape == (3, 6)
    for channel in range(3):
        alone = encode(model, pictures[..., channel : channel + 1]).mu.numpy()
        assert told[:, 2 * channel : 2 * channel + 2] == pytest.approx(alone, abs=1e-6)


def test_where_a_thing_is_is_asked_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code of the ball's middle and brightness tells all of it, though half of the pictures that
    are simulated are without one."""

    def middle(model: BetaVAE, pictures: np.ndarray) -> np.ndarray:
        ball = pictures[..., 1].astype(float) ** 4
        mass = ball.sum(axis=(1, 2))
        y, x = (ball.sum(axis=axis) @ np.arange(SIDE) / np.maximum(mass, 1) for axis in (2, 1))
        return np.stack([x, mass, y], axis=1)

    monkeypatch.setattr(readers, "latents_of", middle)
    maps = scene_maps(BetaVAE((SIDE, SIDE, 1), 1), SCENE, 1500, np.random.default_rng(0))
    assert maps.latent[1:].tolist() == [2, 0, 1]
    assert maps.tracked[1:].min() > 0.9
    assert maps.tracked[0] < 0.1  # of the paddle it knows nothing
