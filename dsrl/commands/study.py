"""``dsrl study autoencoders | toy``: published experiments, made again."""

from pathlib import Path

import tyro

from dsrl.cli import print_json
from dsrl.commands.common import Flag, protocol_of
from dsrl.experiments import GAMES
from dsrl.progress import progress_bar
from dsrl.scoring.play import random_frames
from dsrl.studies.autoencoder_study import TABLE, study_autoencoders
from dsrl.studies.thesis_methods import BETAS
from dsrl.studies.thesis_page import write_page as fill_page
from dsrl.studies.thesis_pictures import draw_all
from dsrl.studies.thesis_study import TABLE as THESIS_TABLE
from dsrl.studies.thesis_study import run_study
from dsrl.studies.toy_page import write_page
from dsrl.studies.toy_perception import write_perception
from dsrl.studies.toy_study import plan, study_toy

AUTOENCODER_FRAMES = 2_000
SCORED = tuple(name for name, game in GAMES.items() if game.truth is not None)
command = tyro.extras.SubcommandApp()


@command.command(name="perception")
def perception_command(
    *,
    games: tuple[str, ...] = SCORED,
    methods: tuple[str, ...] = (),
    betas: tuple[float, ...] = BETAS,
    seeds: int = 3,
    train_frames: int = 2_000,
    frames: int = 600,
    epochs: int | None = None,
    updates: int | None = None,
    agents: tuple[Path, ...] = (),
    jobs: int = 1,
    resume: Flag = False,
    out: Path,
    json: Flag = False,
) -> None:
    """Trains every latent space of the thesis on whole frames; scores what its latents say.

    Args:
        games: short names or ids; their memory must be known, for scoring.
        methods: of the study, its controls and peers; without any, all of them.
        betas: prices of the KL; the first is every seed's, the others the first seed's.
        seeds: trainings of each method.
        train_frames: observations of random play that each one learns from.
        frames: held-out observations that each one is scored on, of each player.
        epochs: most a training may last; without a number, each method's own.
        updates: of the network, in an epoch; without a number, each method's own.
        agents: runs of train whose agents' play is scored too, beside random play.
        jobs: processes at once, of one thread each.
        resume: go on where an earlier study of the same folder stopped.
        out: folder of the table, the networks and the plays.
        json: print one line of JSON alone, and all else on standard error.
    """
    with progress_bar() as bar:
        task = bar.add_task("study of latent spaces", total=None, note="recording play")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        rows = run_study(
            out, games, methods, betas, seeds, train_frames, frames, epochs, updates, agents, jobs,
            resume, progress,
        )  # fmt: skip
    failed = [row for row in rows if row["failed"]]
    print(f"{out / THESIS_TABLE}: {len(rows)} rows, {len(failed)} of jobs that failed")
    if json:
        print_json(rows)


@command.command(name="page")
def page_command(*, study: Path, page: Path) -> None:
    """Fills the tables of a page from a study of perception.

    Args:
        study: folder of a study of perception.
        page: Markdown with a table's place between <!-- table GAME --> and <!-- end GAME -->.
    """
    fill_page(study, page)
    print(page)


@command.command(name="pictures")
def pictures_command(*, study: Path, out: Path, scale: float = 0.75) -> None:
    """Draws the figures of thesis chapter 6: every game and method, a row a beta.

    Args:
        study: folder of a study of perception, which holds the networks.
        out: folder for the pictures.
        scale: of the pictures.
    """
    for path in draw_all(study, out, scale):
        print(path)


@command.command(name="autoencoders")
def autoencoders_command(
    *,
    mnist: Path | None = None,
    mnist_sample: Flag = False,
    frames_of: tuple[str, ...] = (),
    beta: float = 4.0,
    seed: int = 0,
    out: Path,
    json: Flag = False,
) -> None:
    """Trains the autoencoders and VAEs of thesis chapter 3 side by side.

    Args:
        mnist: a folder with MNIST's files; without it scikit-learn's digits are taken.
        mnist_sample: 5,000 of MNIST's digits, of the project's extra "study".
        frames_of: games (short names or ids); a VAE learns 2000 frames of each one's random play.
        beta: of the beta-VAE.
        seed: of all chance.
        out: new folder of the table, the pictures, the weights and TensorBoard's events.
        json: print one line of JSON alone, and all else on standard error.
    """
    if out.exists():
        raise FileExistsError(f"{out} exists: remove it or name another folder")
    if mnist is not None and mnist_sample:
        raise ValueError("--mnist and --mnist-sample both say which digits: give one of them")
    frames = {
        game: random_frames(protocol_of(game, sticky=0.0), AUTOENCODER_FRAMES, seed)
        for game in frames_of
    }
    with progress_bar() as bar:
        task = bar.add_task("training autoencoders", total=None, note="")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        rows = study_autoencoders(
            out,
            beta=beta,
            seed=seed,
            mnist=mnist,
            sample=mnist_sample,
            frames=frames,
            progress=progress,
        )
    for row in rows:
        print(
            f"{row['data_set']}, {row['method']}: {row['validation_bce_nats']} nats an image of "
            "validation"
        )
    print(out / TABLE)
    if json:
        print_json(rows)


@command.command(name="toy")
def toy_command(
    *, seeds: int = 5, jobs: int = 1, resume: Flag = False, out: Path, json: Flag = False
) -> None:
    """Learns crosses and circles on one layout and plays another: tables, DSRL, SRL+CS, DQN.

    Args:
        seeds: of every method; DQN has 3 at most.
        jobs: processes at once, of one thread each.
        resume: go on where an earlier study of the same folder stopped.
        out: folder of the rows (CSV), the tables, the pictures, and the score of the eyes of
            pixels on them.
        json: print one line of JSON alone, and all else on standard error.
    """
    todo = plan(seeds)
    with progress_bar() as bar:
        task = bar.add_task("study of toy worlds", total=len(todo), note="")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        rows = study_toy(out, todo, jobs, resume, progress)
    print(write_page(out, rows), end="", flush=True)
    print(write_perception(out))
    if json:
        print_json(rows)
