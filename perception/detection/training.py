"""Training the eyes: learn to draw, then learn to read what is drawn.

This is the sleep phase of a Helmholtz machine (wake-sleep, Hinton et al. 1995): the encoder lowers
-log q(z | dream) over dreams of the dictionary. Once it reads, it may be tuned by the ELBO of real
frames (`wake`), which silences what is not drawn to the pixel.
"""

import warnings
from collections.abc import Callable

import numpy as np
import torch

from perception.background import check_frames
from perception.detection.config import LatentConfig
from perception.detection.dictionary import Dictionary, layers
from perception.detection.drawing import (
    MOST_LOOKS,
    Drawing,
    grouped,
    layout_of,
    learn_to_draw,
    patches_of,
)
from perception.detection.dreams import Dreamer, counts_of
from perception.detection.eyes import LatentEyes
from perception.detection.kinds import find_kinds
from perception.detection.wake import fine_tune
from perception.models.sprites import (
    LAYERS,
    OFFSETS,
    Scene,
    SpriteEncoder,
    build_encoder,
    place_prior,
    scene_nll,
    to_input,
)

Progress = Callable[[int, int, str], None]
REPORT_EVERY = 20
MOST_GRADIENT = 5.0  # norm
WARM_UP = 0.09  # share of the updates over which the learning rate rises
MOST_KEPT = 300  # layouts of play that are kept to grow with
FEWEST = 1  # objects a dream is taken to hold at least, where its loss is divided by their number


def train_latents(
    frames: np.ndarray, config: LatentConfig, seed: int, progress: Progress | None = None
) -> LatentEyes:
    """Learn from (N, H, W, 3) uint8 frames, in the order they were played, without labels.

    Deterministic given `seed` and torch's thread count. `progress(done, total, note)` counts
    updates. Where nothing moves or nothing repeats (as where the whole picture scrolls), warns: the
    eyes see nothing then, until play shows what does. Raises ValueError for frames of a wrong kind.
    """
    check_frames(frames)
    say = progress or (lambda done, total, note: None)
    say(0, config.updates, "learning to draw")
    drawing = learn_to_draw(frames, config)
    sprites = f"{len(drawing.dictionary)} sprites are {drawing.explained:.0%} of what was met"
    say(0, config.updates, sprites)
    _say_if_full(drawing.dictionary, config)
    encoder = build_encoder(layers(drawing.dictionary), config.filters, seed, prior_of(drawing))
    if len(drawing.dictionary):
        rng = np.random.default_rng(seed)
        learn_to_read(encoder, drawing, config, config.updates, rng, say)
        fine_tune(encoder, drawing, frames, config, rng, say)
    else:
        warnings.warn(
            f"nothing repeats in these {len(frames)} frames (nothing moves, or the whole picture "
            "does): there is no sprite to learn, and these eyes see nothing until play shows some",
            stacklevel=2,
        )
    stride = max(1, len(drawing.layouts) // MOST_KEPT)
    eyes = LatentEyes(config, encoder, drawing._replace(layouts=drawing.layouts[::stride]))
    say(config.updates, config.updates, "telling kinds apart")
    seen = [eyes.sprites_in(frame) for frame in frames]
    eyes.kinds = find_kinds(seen, drawing.dictionary, frames.shape[1:3], config)
    return eyes


def grow(eyes: LatentEyes, seed: int, progress: Progress | None = None) -> int:
    """Take what stayed unexplained in play up into the dictionary; how many sprites are new.

    What is known keeps its number, sprites as well as kinds. Deterministic as `train_latents`;
    numbers of its updates are said.
    """
    config, unexplained = eyes.config, eyes.unexplained
    looks = [list(each) for each in eyes.dictionary.looks]
    before = len(looks)
    pieces = grouped(unexplained.often, unexplained.patches, looks, config)
    dictionary = Dictionary(tuple(tuple(each[:MOST_LOOKS]) for each in looks))
    _say_if_full(dictionary, config)
    if dictionary.looks != eyes.dictionary.looks:
        layouts = list(eyes.drawing.layouts)
        for frame, read in zip(unexplained.frames, unexplained.shown, strict=True):
            placed = patches_of(frame, eyes.background, config)
            layouts.append(read + layout_of(placed, pieces))
        drawing = eyes.drawing._replace(dictionary=dictionary, layouts=layouts)
        encoder = wider(eyes.encoder, layers(dictionary), prior_of(drawing), seed)
        rng = np.random.default_rng([seed, len(looks), unexplained.steps])
        say = progress or (lambda done, total, note: None)
        learn_to_read(encoder, drawing, config, config.grow_updates, rng, say)
        eyes.kinds.extend(dictionary)
        eyes.take_up(encoder, drawing)
    unexplained.wanted *= 2
    unexplained.forget()
    return len(looks) - before


def _say_if_full(dictionary: Dictionary, config: LatentConfig) -> None:
    if len(dictionary) >= config.max_sprites:
        warnings.warn(
            f"the dictionary is full with {len(dictionary)} sprites: whatever else repeats is not "
            "seen; raise max_sprites (--latents.max-sprites) to take up more",
            stacklevel=3,
        )


def prior_of(drawing: Drawing) -> torch.Tensor:
    """What each cell begins with, from where pieces were."""
    presence, kind, offset = map(torch.from_numpy, counts_of(drawing))
    layer = layers(drawing.dictionary)
    return place_prior(presence, kind, offset, layer, max(1, len(drawing.layouts)))


def wider(
    encoder: SpriteEncoder, layer_K: np.ndarray, prior: torch.Tensor, seed: int
) -> SpriteEncoder:
    """The encoder with more sprites: the weights of what it knew stay as they were."""
    other = build_encoder(layer_K, encoder.filters, seed, prior)
    other.body.load_state_dict(encoder.body.state_dict())
    known = LAYERS + encoder.sprites
    with torch.no_grad():
        for new, old in zip(other.head.parameters(), encoder.head.parameters(), strict=True):
            new[:known] = old[:known]
            new[-OFFSETS:] = old[-OFFSETS:]
    return other


def learn_to_read(
    encoder: SpriteEncoder,
    drawing: Drawing,
    config: LatentConfig,
    updates: int,
    rng: np.random.Generator,
    say: Progress,
) -> None:
    """Lower the nats of the encoder's answers to dreams of this drawing."""
    dreamer = Dreamer(drawing, config.dreams)
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=updates, pct_start=WARM_UP
    )
    encoder.train()
    for update in range(updates):
        dreams = [dreamer(rng) for _ in range(config.batch_size)]
        pictures, *answers = (np.stack(part) for part in zip(*dreams, strict=True))
        nll = scene_nll(encoder(to_input(pictures)), Scene(*map(torch.from_numpy, answers)))
        if not torch.isfinite(nll):
            raise ValueError(
                f"the eyes' loss is no number after {update} of {updates} updates: "
                f"lower learning_rate, now {config.learning_rate:g}"
            )
        objects = max(FEWEST, int(answers[0].sum()) / len(dreams))
        optimiser.zero_grad(set_to_none=True)
        (nll / objects).backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), MOST_GRADIENT)
        optimiser.step()
        schedule.step()
        if (update + 1) % REPORT_EVERY == 0 or update + 1 == updates:
            say(update + 1, updates, f"learning to read, {nll.item() / objects:.2f} nats an object")
    encoder.eval()
