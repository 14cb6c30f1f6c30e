"""``dsrl export``."""

from pathlib import Path

from dsrl.cli import print_json
from dsrl.commands.common import Flag, RunPath
from dsrl.export import export
from dsrl.progress import progress_bar


def command(
    run: RunPath,
    /,
    *,
    rules: int = 30,
    out: Path = Path("policy.lp"),
    episodes: int = 30,
    seed: int = 1000,
    json: Flag = False,
) -> None:
    """Writes what a run learned as a short list of rules that clingo runs alone.

    Says how often the rules do as the agent does, and what they score in the game by themselves.
    Beside the program go facts to try it on (facts.lp), rules.csv and measures.csv.

    Args:
        run: the run's folder.
        rules: the most rules that the list may have.
        out: the program's file.
        episodes: number of games that the rules play at the end.
        seed: of the first of them; each further game has the next one.
        json: end with one line of JSON.
    """
    with progress_bar() as bar:
        task = bar.add_task("exporting", total=None, note="")

        def progress(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total, note=note)

        found = export(run, out, rules, episodes, seed, progress)
    print(
        f"{out}: {found['rules']} rules\n"
        f"fidelity {found['fidelity_way']:.1%} of {found['fidelity_states']} states (actions that "
        f"move alike count as one; the same action: {found['fidelity_action']:.1%}; always the "
        f"same way: {found['fidelity_of_a_constant']:.1%})\n"
        f"return {found['return_mean']:.2f} ± {found['return_sd']:.2f} over {episodes} games"
    )
    if json:
        print_json(found)
