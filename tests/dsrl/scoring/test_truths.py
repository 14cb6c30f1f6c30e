"""The games' maps of memory against the pixels of real play."""

from collections.abc import Callable, Iterator

import numpy as np

from agents.envs import AtariEnv, Protocol, make_env
from dsrl.experiments import GAMES
from dsrl.scoring.memory_map import BitGrid, Truth
from dsrl.scoring.true_objects import TrueObject, standing, true_fixtures, true_objects

Rams = tuple[np.ndarray, np.ndarray]
INNER = np.zeros((210, 160), bool)  # within the walls and below the bricks
INNER[93:195, 8:152] = True
Policy = Callable[[AtariEnv, np.random.Generator], int]


def at_random(env: AtariEnv, rng: np.random.Generator) -> int:
    return int(rng.integers(env.action_space.n))


def after_the_ball(env: AtariEnv, rng: np.random.Generator) -> int:
    """The paddle under the ball, off by chance; a new ball where there is none."""
    ram, act = env.ram().astype(int), env.action_meanings.index
    if ram[101] == 0:
        return act("FIRE")
    away = ram[99] - ram[72] - 9 + int(rng.integers(-6, 7))
    return act("RIGHT" if away > 2 else "LEFT" if away < -2 else "NOOP")


def truth_of(name: str) -> Truth:
    truth = GAMES[name].truth
    assert truth is not None
    return truth


def play(name: str, policy: Policy, steps: int) -> Iterator[tuple[np.ndarray, Rams]]:
    env = make_env(Protocol(game=GAMES[name].id))
    rng = np.random.default_rng(0)
    env.reset(seed=0)
    for _ in range(steps):
        frame, _, terminated, truncated, _ = env.step(policy(env, rng))
        yield frame, env.rams()
        if terminated or truncated:
            env.reset()
    env.close()


def painted(frame: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (frame == colour).all(axis=2)


def covered(things: list[TrueObject], margin: int = 0) -> np.ndarray:
    """Which pixels lie in any of the boxes, bool (210, 160)."""
    mask = np.zeros((210, 160), bool)
    for t in things:
        top, left = round(t.y - (t.height - 1) / 2), round(t.x - (t.width - 1) / 2)
        mask[
            max(top - margin, 0) : top + int(t.height) + margin,
            max(left - margin, 0) : left + int(t.width) + margin,
        ] = True
    return mask


def cells(grid: BitGrid, frame: np.ndarray) -> np.ndarray:
    """Which cells of a grid show anything wherever they may, bool (rows, columns)."""
    top, left, bottom, right = grid.region
    lit = frame[top:bottom, left:right].any(axis=2)
    shape = len(grid.bits), grid.cell_height, len(grid.bits[0]), grid.cell_width
    return np.asarray(lit.reshape(shape).mean(axis=(1, 3)) > 0.5)


def test_pongs_table_is_where_the_pixels_are():
    truth = truth_of("pong")
    colours = {"ball": (236, 236, 236), "enemy": (213, 130, 74)}
    checked = {"ball": 0, "enemy": 0, "player": 0}
    for frame, rams in play("pong", at_random, 300):
        field = frame[34:194].astype(int)
        for true in true_objects(truth.objects, rams):
            if true.name == "player":  # its colour, pure or blended with what was behind it
                mask = (field[..., 1] == 186) & (field[..., 2] == 92)
            else:
                mask = (field == colours[true.name]).all(axis=2)
            y, x = mask.nonzero()
            if len(y) == 0 or true.height > 40:
                continue
            centre = (y.min() + y.max()) / 2 + 34, (x.min() + x.max()) / 2
            assert np.hypot(centre[0] - true.y, centre[1] - true.x) <= 1.0, true
            checked[true.name] += 1
    assert min(checked.values()) > 50


def test_breakouts_boxes_are_the_pixels_of_paddle_and_ball_and_its_bits_are_the_bricks():
    truth = truth_of("breakout")
    assert truth.wall is not None
    most_gone, checked = 0, {"player": 0, "ball": 0}
    for frame, rams in play("breakout", after_the_ball, 400):
        wall = standing(truth.wall, rams)
        assert (cells(truth.wall, frame) == wall).all()
        most_gone = max(most_gone, int((~wall).sum()))
        things = true_objects(truth.objects, rams)
        red = painted(frame, (200, 72, 72)) & INNER
        assert not (red & ~covered(things)).any()
        for t in things:
            if t.y - t.height / 2 > 94 and t.y + t.height / 2 < 195 and len(things) == 2:
                y, x = (red & covered([t])).nonzero()
                assert (np.ptp(y) + 1, np.ptp(x) + 1) == (t.height, t.width), t
                checked[t.name] += 1
    assert most_gone >= 10
    assert min(checked.values()) > 100


def test_space_invaders_boxes_cover_what_is_painted_and_none_is_empty():
    truth = truth_of("space_invaders")
    alien, shield, ship, shot = (134, 134, 29), (181, 83, 40), (50, 132, 50), (142, 142, 142)
    colours = {"alien": [alien], "player": [ship], "bullet": [shot, ship]}  # a shot behind the ship
    checked, debris = dict.fromkeys(colours, 0), 0
    for frame, rams in play("space_invaders", at_random, 400):
        things = true_objects(truth.objects, rams)
        either = things + true_objects(truth.ignored, rams)
        for name, of_name in colours.items():
            mask = np.logical_or.reduce([painted(frame, colour) for colour in of_name])
            for t in (t for t in things if t.name == name):
                assert (mask & covered([t])).any(), t
                checked[name] += 1
        # debris outlasts its byte by a frame, and the ship is drawn a pixel behind
        debris += bool((painted(frame, alien) & ~covered(either))[20:195].any())
        assert not (painted(frame, ship) & ~covered(either, margin=1))[185:195].any()
        fixtures = covered(true_fixtures(truth.fixtures, rams))
        assert not (painted(frame, shield) & ~fixtures)[157:175].any()
    assert min(checked.values()) > 200
    assert debris <= 8


def test_space_invaders_memory_says_when_the_ship_and_its_shot_are_drawn():
    def names(state: int, counter: int, shot_row: int = 0) -> list[str]:
        ram = np.zeros(128, np.uint8)
        ram[[28, 30, 42, 74, 81, 82, 85, 87]] = 80, 180, state, counter, 246, 246, shot_row, 60
        return [t.name for t in true_objects(truth_of("space_invaders").objects, (ram, ram))]

    assert names(state=0, counter=0) == ["player"]
    assert names(state=1, counter=8) == ["player"]
    assert names(state=1, counter=0) == []
    assert names(state=4, counter=8) == []  # exploding
    assert names(state=4, counter=1, shot_row=50) == ["bullet"]  # on odd frames
    assert names(state=4, counter=0, shot_row=50) == []
