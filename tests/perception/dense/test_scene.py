"""The scene as a simulator, what is seen and read of it."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from perception.betavae import BetaVAE, Posterior, encode
from perception.dense import readers
from perception.dense.eyes import Sight
from perception.dense.readers import BetaVAEReader, explained, latents_of
from perception.dense.scene import SIDE, Scene, Thing, things_of
from perception.objects import Detection
from perception.pixels import PixelConfig, PixelEyes
from perception.pixels.kinds import Kinds
from perception.pixels.segmentation import colour_code
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
    base = PixelEyes(PixelConfig(), background, kinds)
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


def test_how_much_of_a_parameter_a_latent_tells() -> None:
    rng = np.random.default_rng(0)
    parameters = SCENE.sample_parameters(2000, rng)
    y = parameters[:, 0] - 110
    latents = np.stack([rng.normal(size=2000), y**3, y**2], axis=1)
    (of_paddle, *others) = explained(SCENE, parameters, latents)
    assert of_paddle[1] == pytest.approx(1, abs=0.01)
    assert max(of_paddle[0], of_paddle[2], *np.concatenate(others)) < 0.1


def test_where_a_thing_is_is_asked_where_it_is() -> None:
    """What is said of a ball that is missing does not count."""
    rng = np.random.default_rng(0)
    parameters = SCENE.sample_parameters(2000, rng)
    parameters[:, 3] = np.rint(parameters[:, 3])
    y = np.where(parameters[:, 3] > 0, parameters[:, 1], rng.uniform(36, 188, 2000))
    assert explained(SCENE, parameters, y[:, None])[1] == pytest.approx(1, abs=0.01)


def test_a_parameter_that_keeps_still_is_told_by_nothing() -> None:
    still = np.full((100, 4), 0.5)
    assert not explained(SCENE, still, np.random.default_rng(0).normal(size=(100, 2))).any()


def test_each_channel_is_seen_by_itself() -> None:
    model = BetaVAE((SIDE, SIDE, 1), 2).eval()
    pictures = SCENE.simulate(SCENE.sample_parameters(3, np.random.default_rng(0)))
    told = latents_of(model, pictures).mu.numpy()
    assert told.shape == (3, 6)
    for channel in range(3):
        alone = encode(model, pictures[..., channel : channel + 1]).mu.numpy()
        assert told[:, 2 * channel : 2 * channel + 2] == pytest.approx(alone, abs=1e-6)


def code_of(model: BetaVAE, pictures: np.ndarray) -> Posterior:
    """Of the middle of what is brightest in the first two channels and how much there is of it,
    turned, so that no latent is a coordinate. Of the third nothing."""
    codes = []
    for channel in range(2):
        bright = pictures[..., channel].astype(float) ** 4
        mass = bright.sum(axis=(1, 2))
        y, x = (bright.sum(axis=axis) @ np.arange(SIDE) / np.maximum(mass, 1) for axis in (2, 1))
        codes += [x + y, x - y, np.minimum(mass, 1e9) / 1e8]
    mu = torch.tensor(np.stack([*codes, *np.zeros((3, len(pictures)))], axis=1))
    return Posterior(mu, torch.zeros_like(mu))


def test_a_code_is_looked_up_among_those_of_simulated_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readers, "latents_of", code_of)
    rng = np.random.default_rng(0)
    model = BetaVAE((SIDE, SIDE, 1), 3)
    reader = BetaVAEReader.simulated(model, SCENE, 1203, rng)
    assert reader.tracking.tolist() == [0, 1, 3, 4, 5]  # how much paddle never changes
    true = SCENE.sample_parameters(50, rng)
    true[:, 3] = np.arange(50) % 2
    read = np.stack([reader.read(picture).parameters for picture in SCENE.simulate(true)])
    assert (read[:, 3] == true[:, 3]).all()
    there = true[:, 3] > 0
    assert np.abs(read - true)[:, 0].max() < 2
    assert np.abs(read - true)[there, 1:3].max() < 12
    again = BetaVAEReader.from_state(reader.get_state(), SCENE)
    picture = SCENE.simulate(true[:1])[0]
    assert again.read(picture).parameters.tolist() == read[0].tolist()
    assert again.tracking.tolist() == reader.tracking.tolist()


def test_a_reader_comes_back_whole() -> None:
    rng = np.random.default_rng(0)
    model = BetaVAE((SIDE, SIDE, 1), 3)
    reader = BetaVAEReader.simulated(model, SCENE, 20, rng)
    again = BetaVAEReader.from_state(reader.get_state(), SCENE)
    picture = SCENE.simulate(SCENE.sample_parameters(1, rng))[0]
    for one, other in zip(reader.read(picture), again.read(picture), strict=True):
        assert one.tolist() == pytest.approx(other.tolist(), abs=1e-6)


def test_what_the_posterior_is_sure_of_weighs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = np.array([[60.0, 90, 90, 1], [160.0, 90, 90, 1]])
    codes = np.array([[0.0, 1.0], [1.0, 0.0]]).repeat(3, axis=0).reshape(2, 6)
    seen = torch.tensor([[0.2, 0.3, 0, 0, 0, 0]])
    for sure, row in (([0.0, -3.0], 1), ([-3.0, 0.0], 0)):
        logstd = torch.tensor([[*sure, 0, 0, 0, 0]])
        monkeypatch.setattr(readers, "latents_of", lambda *_, s=logstd: Posterior(seen, s))
        reader = BetaVAEReader(BetaVAE((SIDE, SIDE, 1), 2), SCENE, parameters, codes)
        assert reader.read(np.zeros((SIDE, SIDE, 3), np.uint8)).parameters[0] == parameters[row, 0]
