"""``dsrl inspect``."""

from pathlib import Path

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.reports.inspect import inspect, print_text


def command(
    run: RunPath,
    /,
    *,
    episode: int | None = None,
    step: int | None = None,
    recording: str | None = None,
    facts: Flag = False,
    table: Path | None = None,
    json: Flag = False,
) -> None:
    """Shows what the agent saw and why it acted.

    Without a step the events of the episode, without an episode an overview of the log.

    Args:
        run: the run's folder.
        episode: which one, from 0.
        step: which agent step of the episode, from 0.
        recording: of a kept game, by the name of its folder in RUN/games, instead of training.
        facts: print what the rules were told in the step, as a program for clingo.
        table: write all steps, or those of the episode, to this file: .csv, or .parquet (extra
            "table").
        json: print one line of JSON instead.
    """
    if facts + json + (table is not None) > 1:
        raise ValueError("--facts, --table and --json are answers of their own: give one of them")
    if table is not None:
        from dsrl.reports.log_table import write_table

        if step is not None:
            raise ValueError("--table has a row a step: leave out --step")
        rows = write_table(run, table, episode, recording)
        print(f"wrote {table}: {rows:,} steps")
        return
    if facts:
        from dsrl.reports.log_table import facts_program

        if recording is not None and episode is None:
            episode = 0
        if episode is None or step is None:
            raise ValueError("--facts are those of one step: give --episode and --step")
        print(facts_program(run, episode, step, recording))
        return
    shown, plain = inspect(run, episode, step, recording)
    if json:
        print_json(plain)
    else:
        print_text(shown)
