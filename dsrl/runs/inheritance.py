"""Tables of one run for another: read from a checkpoint, and what became of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dsrl.config import METHOD, Inherited, TrainConfig
from dsrl.runs.checkpoint import checkpoints, load_newest
from dsrl.runs.rundir import CHECKPOINTS, RunDir, RunError
from symbolic.inheritance import NothingLearned, legacy_from, legacy_of, legacy_text


def read_tables(path: str | Path) -> Inherited:
    """What a run has learned of encounters by its newest checkpoint, for a run of another game.

    Raises:
        RunError: it cannot be read, is no run of this agent or of another version of this
            program, or has learned nothing yet that could be inherited.
    """
    run = RunDir.open(Path(path).resolve())
    method = run.config.get("method")
    if method != METHOD:
        raise RunError(
            f"{path} is a run of the method {method!r}: only a {METHOD} run has tables to inherit"
        )
    if run.config["agent"].get("learns") == "model":
        raise RunError(f"{path} plays by a model: it has no tables to inherit")
    folder = run.path / CHECKPOINTS
    if not checkpoints(folder):
        raise _untrained(path, "it has no checkpoint")
    _, state = load_newest(folder)
    try:
        game, steps = run.config["protocol"]["game"], int(state["tally"]["agent_steps"])
        text = legacy_text(legacy_of(state["agent"]["learner"]))
    except NothingLearned as nothing:
        raise _untrained(path, f"after {steps} agent steps {nothing}") from nothing
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise RunError(
            f"{path} was made by another version of this program (commit "
            f"{run.about.get('commit')}): its tables cannot be read ({error!r}). Train it again"
        ) from error
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Inherited(run=run.path.name, game=game, agent_steps=steps, sha256=digest, text=text)


def tables_for(path: str | Path, run: Path, resume: bool) -> Inherited:
    """The tables of the run at ``path`` for the one at ``run``.

    One that goes on has them already, whatever became of the other since. Raises as `read_tables`.
    """
    if resume and run.is_dir():
        own = TrainConfig.from_json(RunDir.open(run).config).tables
        if own is not None and own.run == Path(path).resolve().name:
            return own
    return read_tables(path)


def account(run: RunDir) -> str | None:
    """One line on which kinds inherited, by the run's newest checkpoint; None without tables."""
    tables = run.config.get("tables")
    if tables is None:
        return None
    _, state = load_newest(run.path / CHECKPOINTS)
    heirs = [f"kind {kind}, which {role}" for kind, role in state["agent"]["learner"]["heirs"]]
    if heirs:
        return f"tables of {tables['run']} were given to {'; '.join(heirs)}"
    left = " or ".join(legacy_from(tables["text"]))
    return f"tables of {tables['run']} were given to nothing: no kind was found here that {left}"


def _untrained(path: str | Path, why: str) -> RunError:
    return RunError(
        f"{path} has no tables to inherit: {why}; go on with its `dsrl train` command and --resume"
    )
