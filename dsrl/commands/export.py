"""``dsrl export``."""

from pathlib import Path

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath, check_seed
from dsrl.exporting.export import export
from dsrl.exporting.export_whole import STATES, export_whole
from dsrl.progress import progress_bar


def command(
    run: RunPath,
    /,
    *,
    rules: int | None = None,
    out: Path = Path("policy.lp"),
    states: int = STATES,
    episodes: int = 30,
    seed: int = 1000,
    json: Flag = False,
) -> None:
    """Writes what a run learned as a program that clingo runs alone: all of it, or a short list.

    The whole policy is written once clingo was seen to do as the agent does, without its noise, in
    so many states; stopped meanwhile, the same command goes on from there. Of a short list it is
    said how often it does as the agent does, and what it scores by itself. Beside the program go
    facts to try it on (facts.lp) and measures.csv, and rules.csv beside a list.

    Args:
        run: the run's folder.
        rules: write a list of so many rules at most; without this, the whole policy.
        out: the program's file.
        states: number of states that the whole policy is tried in, about half a second each.
        episodes: number of games that are played at the end.
        seed: of the first of them; each further game has the next one.
        json: print one line of JSON alone, and all else on standard error.
    """
    check_seed(seed)
    with progress_bar() as bar:
        task = bar.add_task("exporting", total=None, note="")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        if rules is None:
            found = export_whole(run, out, states, episodes=episodes, seed=seed, progress=progress)
        else:
            found = export(run, out, rules, episodes, seed, progress)
    if rules is None:
        print(
            f"{out}: the same action as the settled agent in {found['states']} of "
            f"{found['states']} states, {found['seconds_a_state']} s each; as the agent with its "
            f"noise in {found['same_as_unsettled']:.1%}"
        )
    else:
        print(
            f"{out}: {found['rules']} rules\n"
            f"fidelity {found['fidelity_way']:.1%} of {found['fidelity_states']} states (actions "
            f"that move alike count as one; the same action: {found['fidelity_action']:.1%}; "
            f"always the same way: {found['fidelity_of_a_constant']:.1%})"
        )
    print(f"return {found['return_mean']:.2f} over {episodes} games")
    if json:
        print_json(found)
