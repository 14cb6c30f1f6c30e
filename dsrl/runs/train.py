"""Training the DSRL agent into a run directory, to be stopped and gone on with at any step.

What a checkpoint holds is everything that decides what comes next: agent, environment, counters,
the timestep to be answered, and the lengths of the files written so far. Going on cuts those files
back to these lengths and plays on, so a run in parts ends with the bytes of a run in one.
timing.csv and tensorboard/ alone depend on the clock; a stretch played twice is in them twice.
"""

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.progress import Progress

from agents.agent import Agent, Timestep
from agents.dsrl import SEEING_AGAIN, DSRLAgent
from agents.envs import GameEnv, make_env
from dsrl.config import TrainConfig, differences, in_use
from dsrl.progress import Plan, Stage, Stopped, StopRequests, progress_bar
from dsrl.runs.checkpoint import checkpoints, load_newest, save_checkpoint
from dsrl.runs.files import full_disk_named
from dsrl.runs.loop import Step, Tally, run, start_episode
from dsrl.runs.rundir import CHECKPOINTS, METRICS, STATES, TIMING, RunDir, RunError, resume_command
from dsrl.runs.scalars import Scalars
from dsrl.runs.stateblock import LogEntry
from dsrl.runs.statelog import StateLogWriter
from perception import Object
from perception.detection import LatentEyes
from perception.eyes import LATENTS, PIXELS
from symbolic import Program
from symbolic.inheritance import legacy_from

BuildAgent = Callable[[TrainConfig, GameEnv], Agent]


def build_agent(config: TrainConfig, env: GameEnv) -> Agent:
    """The untrained DSRL agent of a configuration."""
    program = replace(Program.load(), background=config.background)
    legacy = legacy_from(config.tables.text) if config.tables else None
    return DSRLAgent(config.agent, env.action_meanings, program, config.seed, legacy)


def train(
    config: TrainConfig,
    path: str | Path,
    *,
    resume: bool = False,
    build: BuildAgent = build_agent,
    show: bool = True,
) -> RunDir:
    """Trains until the budget of agent steps is spent.

    Args:
        resume: go on with the run at ``path`` (started anew if it was stopped before it began);
            with a greater budget than it had, if that is asked for: the budget alone says when to
            stop, so it becomes the run that it would have been with it from the start.
        build: makes the untrained agent.
        show: whether to show a progress bar.

    Raises:
        RunError: ``path`` exists and ``resume`` is off, or the run there is of another
            configuration or damaged, or the disk is full.
        Stopped: Ctrl-C or SIGTERM came; everything is saved.
    """
    directory = _open(config, Path(path), resume)
    directory.lock()
    try:
        if directory.config["agent_steps"] < config.agent_steps:
            directory.extend(config.to_json())
        comfort = f"what {directory.path} saved before is intact; --resume goes on"
        with full_disk_named(comfort), StopRequests() as stop:
            training = Training(directory, config, build)
            if resume:
                training.restore()
            else:
                training.begin()
            _play(training, stop, show)
    finally:
        directory.unlock()
    return directory


def refuse_another(path: Path, stored: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raises RunError, naming what differs, where a run is of another configuration than given."""
    if different := differences(stored, given):
        raise RunError(
            f"{path} is a run of another configuration: {'; '.join(different)}. "
            "Give the same settings, or start another run with --name or --out"
        )


def load_agent(
    directory: RunDir, build: BuildAgent = build_agent, training: bool = False
) -> tuple[Agent, int]:
    """The agent of a run's newest whole checkpoint, and the agent steps it was trained for."""
    config = TrainConfig.from_json(directory.config)
    env = make_env(config.protocol)
    agent = build(config, env)
    env.close()
    _, state = load_newest(directory.path / CHECKPOINTS)
    _take_up(agent, state["agent"], directory)
    agent.learning = training
    return agent, int(state["tally"]["agent_steps"])


def _take_up(agent: Agent, state: dict[str, Any], directory: RunDir) -> None:
    """Sets the agent's state. RunError where it is of another version of this program."""
    try:
        agent.set_state(state)
    except KeyError as missing:
        raise RunError(
            f"{directory.path} was made by another version of this program (commit "
            f"{directory.about['commit']}): its checkpoint has no {missing}. "
            "Use that version, or train again"
        ) from missing


def _open(config: TrainConfig, path: Path, resume: bool) -> RunDir:
    if not resume:
        return RunDir.create(path, config.to_json())
    if not path.exists():
        raise RunError(f"there is no run {path} to go on with: leave out --resume")
    directory = RunDir.open(path)
    budget = {"agent_steps": max(directory.config.get("agent_steps", 0), config.agent_steps)}
    stored = {**_completed(directory.config), **budget}
    refuse_another(path, in_use(stored), in_use(config.to_json()))
    return directory


def _completed(stored: dict[str, Any]) -> dict[str, Any]:
    """A run's settings with the defaults of those there were not when it was made."""
    try:
        return TrainConfig.from_json(stored).to_json()
    except ValueError:
        return stored  # of another method or version: what differs is named by the comparison


class Training:
    """All that moves while a run is trained."""

    def __init__(self, directory: RunDir, config: TrainConfig, build: BuildAgent) -> None:
        self.directory = directory
        self.config = config
        self.env = make_env(config.protocol)
        self.agent = build(config, self.env)
        self.log = StateLogWriter(directory.path / STATES)
        self.tally = Tally()
        self.latest: Step | None = None  # not yet, in this process
        self._timestep: Timestep | None = None
        self._saved_at = -1

    @property
    def checkpoints(self) -> Path:
        """The folder of the run's checkpoints."""
        return self.directory.path / CHECKPOINTS

    def begin(self) -> None:
        """Starts the first episode and saves, so that there is always something to go on from."""
        self._timestep = start_episode(self.agent, self.env, self.config.seed)
        self.save()

    def restore(self) -> None:
        """Goes back to the newest whole checkpoint.

        Raises:
            RunError: there is none though the run had begun, or its files lost what it saw.
        """
        if not checkpoints(self.checkpoints) and not (
            self.directory.size(METRICS) or self.log.path.stat().st_size
        ):
            self.begin()
            return
        _, state = load_newest(self.checkpoints)
        self.directory.truncate(METRICS, state["bytes"][METRICS])
        self.log.set_state(state["log"])
        self.env.set_state(state["env"])
        _take_up(self.agent, state["agent"], self.directory)
        self.tally.set_state(state["tally"])
        self._timestep = Timestep(**state["timestep"])
        self._saved_at = self.tally.agent_steps

    def get_state(self) -> dict[str, Any]:
        """Everything that decides what comes next."""
        assert self._timestep is not None
        return {
            "agent": self.agent.get_state(),
            "env": self.env.get_state(),
            "tally": self.tally.get_state(),
            "timestep": self._timestep._asdict(),
            "log": self.log.get_state(),
            "bytes": {METRICS: self.directory.size(METRICS)},
        }

    def save(self) -> None:
        """Writes a checkpoint unless this step has one."""
        if self._saved_at != self.tally.agent_steps:
            save_checkpoint(self.checkpoints, self.tally.agent_steps, self.get_state())
            self._saved_at = self.tally.agent_steps

    def steps(self) -> Iterator[Mapping[str, Any] | None]:
        """Plays until the budget is spent; yields after each step the row of an ended episode."""
        assert self._timestep is not None
        budget = self.config.agent_steps - self.tally.agent_steps
        for _, step in zip(range(budget), run(self.agent, self.env, self._timestep), strict=False):
            tally = self.tally
            place = (tally.agent_steps, tally.episode, tally.episode_steps)
            after = step.after
            self.log.append(
                LogEntry(*place, after.reward, after.life_lost, after.last, step.record)
            )
            self._timestep, self.latest = after, step
            row = tally.add(step)
            if row:
                self.directory.append(METRICS, row)
            if tally.agent_steps % self.config.checkpoint_every == 0:
                self.save()
            yield row


def _play(training: Training, stop: StopRequests, show: bool) -> None:
    total, tally = training.config.agent_steps, training.tally
    report = _Report(training)
    with progress_bar(disable=not show) as bar:
        watch = _Watch(bar, training, stop)
        training.agent.progress = watch.long_step
        for row in training.steps():
            report.step(row)
            watch.step(row)
            if stop.received is not None:
                break
        training.save()
        training.log.close()
        report.close()
    if getattr(training.agent, "powerless", False):  # the baseline's agents do not say
        warnings.warn(
            f"after {tally.agent_steps} agent steps nothing that is seen was found to obey the "
            "actions: it plays by chance",
            stacklevel=2,
        )
    if stop.received is not None and tally.agent_steps < total:
        raise Stopped(_how_to_go_on(tally.agent_steps), stop.received)


LOOKING, EYES, AGAIN, PLAYING = (
    "random play", "training the eyes", "learning from that play", "playing and learning"
)  # fmt: skip
SECONDS_OF_EYES = {LATENTS: 45.0, PIXELS: 5.0}  # guesses, for the time left at first
SECONDS_OF_OTHER_EYES = 120.0
EYES_UNITS = 1000  # thousandths of a training of eyes, whatever it counts
SHOW_EVERY = 25  # agent steps
PICTURES = 10  # of each sort that TensorBoard gets of a run; it shows no more


def plan_of(config: TrainConfig) -> Plan:
    """The stages of a training; seconds as on one core, put right by what is measured."""
    look, total = config.agent.look_steps, config.agent_steps
    eyes = SECONDS_OF_EYES.get(config.agent.eyes, SECONDS_OF_OTHER_EYES)
    return Plan(
        [
            Stage(LOOKING, min(look, total), 0.0005),
            Stage(EYES, EYES_UNITS if total >= look else 0, eyes / EYES_UNITS),
            Stage(AGAIN, look if total >= look else 0, 0.008),
            Stage(PLAYING, max(0, total - look), 0.01),
        ]
    )


class _Watch:
    """Shows which stage a training is in, how far, and when all of it will be over."""

    def __init__(self, bar: Progress, training: Training, stop: StopRequests) -> None:
        self._bar, self._tally, self._stop = bar, training.tally, stop
        self._look, self._total = training.config.agent.look_steps, training.config.agent_steps
        self._plan = plan_of(training.config)
        at = self._tally.agent_steps
        if self._plays:
            self._plan.begin_at(PLAYING, at - self._look)
        else:
            self._plan.begin_at(LOOKING, at)
        self._task = bar.add_task(
            self._plan.name, total=self._total, completed=at, note="", plan=self._plan
        )
        self._grown = bar.add_task("", total=None, note="", visible=False)

    @property
    def _plays(self) -> bool:
        return self._tally.agent_steps >= self._look

    def step(self, row: Mapping[str, Any] | None) -> None:
        """An agent step is over; ``row`` of the episode that it ended."""
        at = self._tally.agent_steps
        if row:
            self._bar.update(self._task, note=f"episode {row['episode']}: return {row['return']:g}")
        if not row and at % SHOW_EVERY and at not in (self._look, self._total):
            return
        self._plan.reach(*((PLAYING, at - self._look) if self._plays else (LOOKING, at)))
        self._bar.update(self._task, description=self._plan.name, completed=at, total=self._total)

    def long_step(self, done: int, total: int, note: str) -> None:
        """How far a step is in which eyes are trained, or grow."""
        if self._stop.received is not None:
            note = "stopping after this; Ctrl-C again stops at once, and this is done again"
        if self._plays:
            self._bar.update(
                self._grown, description="growing the eyes", completed=done, total=total,
                note=note, visible=done < total,
            )  # fmt: skip
            return
        stage = AGAIN if note == SEEING_AGAIN else EYES
        self._plan.reach(
            stage, done if stage == AGAIN else round(EYES_UNITS * done / max(1, total))
        )
        self._bar.update(
            self._task, description=self._plan.name, completed=done, total=total,
            note="" if stage == AGAIN else note,
        )  # fmt: skip


def _how_to_go_on(agent_steps: int) -> str:
    return f"stopped and saved after {agent_steps} agent steps; go on with: {resume_command()}"


class _Report:
    """What depends on the clock: timing.csv and TensorBoard."""

    def __init__(self, training: Training) -> None:
        self._training, self._directory = training, training.directory
        self._steps_before = training.tally.agent_steps
        self._scalars = Scalars(self._directory, self._steps_before)
        rows = self._directory.rows(TIMING)
        self._seconds_before = float(rows[-1]["seconds"]) if rows else 0.0
        self._began = time.monotonic()
        self._decisions, self._deciding = 0, 0.0  # of this episode: how many, and their seconds

    def step(self, row: Mapping[str, Any] | None) -> None:
        """An agent step is over; ``row`` of the episode that it ended."""
        latest, at = self._training.latest, self._training.tally.agent_steps
        assert latest is not None
        self._decisions += 1
        self._deciding += latest.seconds
        if at % math.ceil(self._training.config.agent_steps / PICTURES) == 0:
            self._show(latest, at)
        if row:
            self._add(row)

    def _show(self, step: Step, at: int) -> None:
        """What is seen: the frame decided on, and the sprites that its eyes know."""
        from dsrl.reports.eyes_figures import pixels, seen  # and matplotlib with it
        from dsrl.reports.eyes_kinds import sheet

        objects = [Object(*each) for each in step.record.objects]
        title = f"after {at:,} agent steps"
        self._scalars.picture("frame", pixels(seen(step.frame, objects, title)), at)
        eyes = getattr(self._training.agent, "perception", None)
        if isinstance(eyes, LatentEyes) and len(eyes.dictionary):
            self._scalars.picture("dictionary", pixels(sheet(eyes, title=title)), at)

    def _add(self, row: Mapping[str, Any]) -> None:
        gone = time.monotonic() - self._began
        rate = (row["agent_steps"] - self._steps_before) / gone
        self._directory.append(
            TIMING,
            {
                "agent_steps": row["agent_steps"],
                "seconds": round(self._seconds_before + gone, 3),
                "steps_per_second": round(rate, 2),
            },
        )
        self._scalars.game(row, rate)
        tells = getattr(self._training.agent, "told", dict[str, float])  # not all agents do
        told = {**tells(), "decision_ms": 1000 * self._deciding / self._decisions}
        self._scalars.learner(told, row["agent_steps"])
        self._decisions, self._deciding = 0, 0.0

    def close(self) -> None:
        """Writes what TensorBoard still holds back."""
        self._scalars.close()
