"""What the rows of a suite say together: a line a game, and all games as one number."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean

from dsrl.experiments import HUMAN, RANDOM
from dsrl.studies.jobs import Row
from dsrl.studies.normalised import INTERVAL, Scores, aggregates, human_normalised

Published = Mapping[str, Mapping[str, float]]
"""Scores of others by game and method."""
Kept = dict[str, dict[str, float | None]]
"""By game and change."""


def table_of(rows: list[Row], published: Published | None = None) -> list[str]:
    """A line a game: mean over its seeds, and each; where scores of others are ``published``, their
    and random play's and a person's beside it, and all games as one number for each. Where games
    were played changed too, what was kept of them."""
    games: dict[str, list[Row]] = {}
    for row in rows:
        if not row["change"]:
            games.setdefault(row["game"], []).append(row)
    scores = {g: [float(r["score"]) for r in of if not r["fault"]] for g, of in games.items()}
    methods = list(next(iter(published.values()))) if published else []
    lines = []
    if methods:
        lines.append(f"{'':28} {'ours':>10} " + " ".join(f"{each:>12}" for each in methods))
    for game, of in games.items():
        one = f"{mean(scores[game]):10.1f}" if scores[game] else f"{'-':>10}"
        others = [f"{published[game][each]:12.1f}" for each in methods] if published else []
        each = [] if len(scores[game]) < 2 else [f"{s:g}" for s in scores[game]]
        faults = [row["fault"] for row in of if row["fault"]]
        lines.append(" ".join([f"{game:28}", one, *others, *each, *faults]))
    known = {game: each for game, each in scores.items() if each}
    if published and known:
        lines += _as_one_number(known, published)
    return lines + _changed(rows)


def kept_of(rows: list[Row]) -> Kept:
    """Of each game and change the share that is left, after the half of the steps, of what the
    reward there is above that of chance; means over seeds. None where unchanged nothing is."""
    above: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        if not row["fault"] and row["chance"]:
            gain = float(row["reward_last_half"]) - float(row["chance_last_half"])
            above.setdefault(row["game"], {}).setdefault(row["change"], []).append(gain)
    found: Kept = {}
    for game, gains in above.items():
        one = mean(gains.pop("", [0.0]))
        for change, each in gains.items():
            found.setdefault(game, {})[change] = mean(each) / one if one > 0 else None
    return found


def _changed(rows: list[Row]) -> list[str]:
    kept = kept_of(rows)
    lines = [
        f"{game:28} " + ", ".join(
            f"{change} {'-' if share is None else format(share, '.2f')}"
            for change, share in shares.items()
        )
        for game, shares in kept.items()
    ]  # fmt: skip
    if lines:
        lines.insert(0, "share kept, in the last half, of what is above chance; where changed:")
    for change in dict.fromkeys(change for shares in kept.values() for change in shares):
        known = [s for each in kept.values() if (s := each.get(change)) is not None]
        if known:
            lines.append(f"{change}: mean of {len(known)} games {mean(known):.2f}")
    return lines


def _as_one_number(scores: Scores, published: Published) -> list[str]:
    """Of these games alone, ours with its intervals, and the methods'."""
    ours = aggregates(human_normalised(scores, published))
    lines = [f"of {len(scores)} of {len(published)} games, 0 is random play and 1 a person:"]
    methods = [m for m in next(iter(published.values())) if m not in (RANDOM, HUMAN)]
    theirs = {
        method: aggregates(
            human_normalised({game: [published[game][method]] for game in scores}, published)
        )
        for method in methods
    }
    for name, (value, low, high) in ours.items():
        line = f"{name:7} {value:.3f}"
        if low < high:  # a run alone has no spread
            line += f" ({INTERVAL} %: {low:.3f} to {high:.3f})"
        if name != "iqm":  # of runs, which are not published in this table
            others = ", ".join(f"{method} {theirs[method][name].value:.2f}" for method in methods)
            line += f"; {others}"
        lines.append(line)
    return lines
