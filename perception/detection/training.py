"""Training the eyes: learn to draw, then learn to read what is drawn.

This is the sleep phase of a Helmholtz machine (wake-sleep, Hinton et al. 1995): the encoder lowers
-log q(z | dream) over dreams of the dictionary; it is not trained by the ELBO, which is reported on
real frames by `LatentEyes.elbo`.
"""

from collections.abc import Callable

import numpy as np
import torch

from perception.background import all_alike, check_frames
from perception.detection.config import LatentConfig
from perception.detection.drawing import learn_to_draw
from perception.detection.dreams import Dreamer, counts_of
from perception.detection.eyes import LatentEyes, to_input
from perception.detection.kinds import find_kinds
from perception.models.sprites import Scene, build_encoder, place_prior, scene_nll

Progress = Callable[[int, int, str], None]
REPORT_EVERY = 20
MOST_GRADIENT = 5.0  # norm
WARM_UP = 0.1  # share of the updates over which the learning rate rises
FEWEST = 1  # objects a dream is taken to hold at least, where its loss is divided by their number


def train_latents(
    frames: np.ndarray, config: LatentConfig, seed: int, progress: Progress | None = None
) -> LatentEyes:
    """Learn from (N, H, W, 3) uint8 frames, in the order they were played, without labels.

    Deterministic given `seed` and torch's thread count. `progress(done, total, note)` counts
    updates. Raises ValueError for frames of a wrong kind, that never change, or in which nothing
    repeats (as where the whole picture scrolls).
    """
    check_frames(frames)
    say = progress or (lambda done, total, note: None)
    if all_alike(frames):
        raise ValueError(
            f"the {len(frames)} frames are all alike: nothing moves, so there is nothing to "
            "learn; give frames of play"
        )
    say(0, config.updates, "learning to draw")
    drawing = learn_to_draw(frames, config)
    if not len(drawing.dictionary):
        raise ValueError(
            f"no patch repeats in these {len(frames)} frames (the whole picture may scroll): there "
            "is no sprite to learn; give more frames, lower repeats, or use --perception fcvae"
        )
    sprites = f"{len(drawing.dictionary)} sprites are {drawing.explained:.0%} of what was met"
    say(0, config.updates, sprites)
    presence, kind, offset = map(torch.from_numpy, counts_of(drawing))
    prior = place_prior(presence, kind, offset, len(drawing.layouts))
    encoder = build_encoder(len(drawing.dictionary), config.filters, seed, prior)
    dreamer = Dreamer(drawing)
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.updates, pct_start=WARM_UP
    )
    encoder.train()
    for update in range(config.updates):
        dreams = [dreamer(rng) for _ in range(config.batch_size)]
        pictures, *answers = (np.stack(part) for part in zip(*dreams, strict=True))
        nll = scene_nll(encoder(to_input(pictures)), Scene(*map(torch.from_numpy, answers)))
        objects = max(FEWEST, int(answers[0].sum()) / len(dreams))
        optimiser.zero_grad(set_to_none=True)
        (nll / objects).backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), MOST_GRADIENT)
        optimiser.step()
        schedule.step()
        if (update + 1) % REPORT_EVERY == 0 or update + 1 == config.updates:
            note = f"learning to read, {nll.item() / objects:.2f} nats an object"
            say(update + 1, config.updates, note)
    eyes = LatentEyes(config, encoder, drawing.background, drawing.dictionary)
    say(config.updates - 1, config.updates, "telling kinds apart")
    seen = [eyes.sprites_in(frame) for frame in frames]
    eyes.kinds = find_kinds(seen, drawing.dictionary, frames.shape[1:3], config)
    say(config.updates, config.updates, "telling kinds apart")
    return eyes
