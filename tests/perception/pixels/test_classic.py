"""The classic pipeline on a synthetic game, and its parts by hand."""

from collections import Counter

import numpy as np
import pytest
from sprite_scene import BALL, BALL_SIZE, PADDLE, PADDLE_LEFT, PADDLE_SIZE, centre, draw, play

from perception.files import write_arrays
from perception.pixels.classic import FILE_NAME, ClassicPerception, train_classic
from perception.pixels.classic_kinds import appearance, find_clusters, mean_colour
from perception.pixels.classic_patches import Palette, Patch, components, find_palette

RED, BLUE, DARK_BLUE, WHITE = (200, 30, 30), (30, 30, 200), (30, 30, 170), (250, 250, 250)


@pytest.fixture(scope="module")
def trained() -> ClassicPerception:
    """Trained on short games, in which the paddle has not yet found a place to rest."""
    return train_classic(np.concatenate([play(50, seed).frames for seed in range(6)]), seed=0)


@pytest.fixture
def perception(trained) -> ClassicPerception:
    trained.reset()
    return trained


def picture(height: int, width: int) -> np.ndarray:
    """An empty (height, width, 4) picture; `draw` paints RGB and the mask."""
    return np.zeros((height, width, 4), np.uint8)


def patch_of(rgba: np.ndarray) -> Patch:
    return Patch(rgba.shape[0], rgba.shape[1], rgba.tobytes())


def block(height: int, width: int, colour: tuple[int, int, int]) -> Patch:
    rgba = picture(height, width)
    rgba[:] = (*colour, 255)
    return patch_of(rgba)


def test_finds_ball_and_paddle_exactly_on_play_never_seen(perception):
    scene = play(200, seed=5)
    kinds = {"ball": set(), "paddle": set()}
    ids = set()
    for frame, ball, paddle in zip(scene.frames, scene.ball, scene.paddle, strict=True):
        objects = perception.track(perception(frame))
        assert len(objects) == 2
        ids |= {o.id for o in objects}
        for name, corner, size in (("ball", ball, BALL_SIZE), ("paddle", paddle, PADDLE_SIZE)):
            y, x = centre(corner, size)
            (found,) = [o for o in objects if (o.y, o.x, o.height, o.width) == (y, x, *size)]
            kinds[name].add(found.kind)
    assert len(kinds["ball"]) == len(kinds["paddle"]) == 1
    assert kinds["ball"] != kinds["paddle"]
    assert len(ids) == 2


def test_the_background_is_the_scenes(perception):
    np.testing.assert_array_equal(perception.background, play(1, seed=0).background)
    assert perception(perception.background.copy()) == []


def test_what_rests_for_most_of_the_frames_is_taken_for_background():
    """The median's known limit, for which `find_background` looks at the pixels around."""
    frames = play(100, seed=0).frames
    resting = frames.copy()
    resting[:60, 30:36, 10:16] = BALL
    background = train_classic(resting, seed=0).background
    assert (background[30:36, 10:16] == BALL).all()


def test_a_ball_at_the_paddle_is_still_two_things(perception):
    frame = perception.background.copy()
    draw(frame, (20, PADDLE_LEFT), PADDLE_SIZE, PADDLE)
    draw(frame, (24, PADDLE_LEFT - BALL_SIZE[1]), BALL_SIZE, BALL)
    found = {(d.y, d.x, d.height, d.width) for d in perception(frame)}
    assert found == {(25.5, 41.5, 12.0, 4.0), (25.5, 38.5, 4.0, 2.0)}


def test_a_single_pixel_survives(perception):
    frame = perception.background.copy()
    draw(frame, (30, 20), (1, 1), BALL)
    (shot,) = perception(frame)
    assert shot[1:6] == (30.0, 20.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(("gap", "count"), [(1, 1), (2, 1), (3, 2)])
def test_pieces_up_to_two_pixels_apart_are_one(gap, count):
    rgba = picture(12, 12)
    rgba[4:6, 2:4] = rgba[4:6, 4 + gap : 6 + gap] = (*WHITE, 255)
    parts = components(rgba, rgba[..., 3])
    assert len(parts) == count
    assert sum(part.area for part in parts) == 8
    assert parts[0][:2] == (4, 2)


def test_the_edge_of_the_frame_is_not_closed():
    rgba = picture(12, 12)
    rgba[6:11, 3] = (*WHITE, 255)
    rgba[0, 5:11] = (*WHITE, 255)
    boxes = {(p.top, p.left, p.patch.height, p.patch.width) for p in components(rgba, rgba[..., 3])}
    assert boxes == {(6, 3, 5, 1), (0, 5, 1, 6)}


def test_a_component_leaves_out_what_else_is_in_its_box():
    rgba = picture(9, 9)
    rgba[:, 0] = rgba[8, :] = (*RED, 255)  # an L around a dot
    rgba[2, 6] = (*BLUE, 255)
    corner, dot = sorted(components(rgba, rgba[..., 3]), key=lambda part: -part.area)
    assert (corner.area, dot.area) == (17, 1)
    np.testing.assert_array_equal(mean_colour(corner.patch), RED)
    np.testing.assert_array_equal(mean_colour(dot.patch), BLUE)


def test_the_palette_has_colours_seen_alone_and_joins_shades():
    figure = picture(4, 4)
    figure[:] = (*RED, 255)
    figure[1, 1] = (*WHITE, 255)  # an eye: white is never alone
    seen = Counter(
        {block(4, 4, BLUE): 50, block(4, 4, DARK_BLUE): 50, block(2, 2, RED): 5,
         patch_of(figure): 50}
    )  # fmt: skip
    palette = find_palette(seen, frames=100)
    assert sorted(map(tuple, palette.colours.tolist())) == [DARK_BLUE, BLUE, RED]
    assert len(set(palette.group.tolist())) == 2
    (whole,) = palette.split(patch_of(figure))
    assert whole.patch == patch_of(figure)


def test_without_a_colour_of_its_own_nothing_is_parted():
    flag = picture(4, 4)
    flag[:2], flag[2:] = (*RED, 255), (*WHITE, 255)
    palette = find_palette(Counter({patch_of(flag): 100}), frames=100)
    (whole,) = palette.split(patch_of(flag))
    assert whole.patch == patch_of(flag)


def test_a_black_thing_has_its_colour_and_size():
    dark = block(3, 5, (0, 0, 0))
    shape, log_size, colour = appearance(dark)
    np.testing.assert_array_equal(shape.reshape(8, 8, 4), np.tile([0, 0, 0, 1.0], (8, 8, 1)))
    np.testing.assert_allclose(log_size, np.log([3, 5]))
    np.testing.assert_array_equal(colour, 0)


def test_clusters_are_the_groups_that_were_made():
    """Sizes of three kinds; a common one does not drown a rare one, and comes first."""
    palette = Palette(np.array([RED, BLUE]), np.array([1, 2]))
    groups = {
        (RED, 20, 4): 1000, (RED, 2, 2): 30, (BLUE, 8, 8): 200,
    }  # fmt: skip
    seen = Counter(
        {
            block(height + extra, width, colour): number // 2
            for (colour, height, width), number in groups.items()
            for extra in (0, 1)
        }
    )
    kinds = find_clusters(seen, palette, seed=0)
    assert [row["colour"] for row in kinds.describe()] == [list(RED), list(BLUE), list(RED)]
    assert [row["detections"] for row in kinds.describe()] == [1000, 200, 30]
    assert kinds.family.tolist() == [1, 2, 1]
    assert kinds.classify(block(19, 4, RED), family=1) == 0
    assert kinds.classify(block(2, 2, RED), family=1) == 2
    assert kinds.classify(block(2, 2, BLUE), family=2) == 1  # its family's only kind


def test_same_seed_same_perception():
    frames = play(60, seed=0).frames
    one, two = (train_classic(frames, seed=1).kinds.get_state() for _ in range(2))
    for name, value in one.items():
        np.testing.assert_array_equal(value, two[name])


def test_saved_and_loaded_it_sees_the_same(perception, tmp_path):
    perception.save(tmp_path)
    loaded = ClassicPerception.load(tmp_path / FILE_NAME)
    assert loaded.kinds.describe() == perception.kinds.describe()
    for frame in play(20, seed=4).frames:
        assert loaded.track(loaded(frame)) == perception.track(perception(frame))


def test_an_altered_or_foreign_file_is_refused(perception, tmp_path):
    path = tmp_path / "c.safetensors"
    perception.save(path)
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"c\.safetensors was altered"):
        ClassicPerception.load(path)
    write_arrays(path, {"background": perception.background}, {"config": {}})
    with pytest.raises(ValueError, match=r"c\.safetensors holds no classic perception"):
        ClassicPerception.load(path)
    with pytest.raises(FileNotFoundError):
        ClassicPerception.load(tmp_path / "none.safetensors")


def test_frames_that_never_change_are_refused():
    with pytest.raises(ValueError, match="nothing moves"):
        train_classic(np.repeat(play(1, seed=0).frames, 10, axis=0), seed=0)


def test_a_wrong_frame_is_refused(perception):
    with pytest.raises(ValueError, match="expected shape"):
        perception(perception.background[:-1])
