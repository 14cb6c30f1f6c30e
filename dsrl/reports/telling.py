"""Which step of a log to look at first."""

from collections.abc import Sequence

from dsrl.reports.contrast import contrast
from dsrl.runs.rundir import RunError
from dsrl.runs.stateblock import LogEntry
from dsrl.runs.statelog import StateLog

BEFORE = 20  # agent steps before something is lost or won, in which that was decided
MOST_EPISODES = 50  # that are looked through


def most_telling(log: StateLog, episode: int | None = None) -> tuple[LogEntry, str]:
    """The step to look at, and why that one.

    Of the episode, or of the latest one that holds any values, the steps that led to the last
    loss; without a loss to the last reward; without either all of them. Of these the one at which
    most depended on the choice: the action taken and the best other are farthest apart.

    Raises:
        RunError: there is no such episode, or no step in it was decided by values.
    """
    entries = _latest(log) if episode is None else _valued(log.episode(episode))
    if not entries:
        where = f"episode {episode}" if episode is not None else "its latest episodes"
        raise RunError(
            f"{log.path}: no step of {where} was decided by values, so there is nothing to "
            "explain: until perception is trained, actions are random"
        )
    lost = [e for e in entries if e.reward < 0 or e.life_lost]
    won = [e for e in entries if e.reward > 0]
    for what, ends in (("loss", lost), ("reward", won)):
        if ends:
            end = ends[-1]
            led = [e for e in entries if end.step - BEFORE < e.step <= end.step]
            found = max(led, key=_gap)
            event = "a life lost" if end.life_lost and not end.reward else f"reward {end.reward:+g}"
            return found, (
                f"of the {len(led)} steps that led to the last {what} of episode {end.episode} "
                f"({event} at step {end.episode_step}), the one at which the action taken and the "
                f"best other are farthest apart, by {_gap(found):.3f}"
            )
    found = max(entries, key=_gap)
    return found, (
        f"nothing is lost or won in episode {found.episode}; of its steps this is the one at which "
        f"the action taken and the best other are farthest apart, by {_gap(found):.3f}"
    )


def _gap(entry: LogEntry) -> float:
    return abs(contrast(entry.record).lead)


def _valued(entries: Sequence[LogEntry]) -> list[LogEntry]:
    return [entry for entry in entries if len(entry.record.values) > 1]


def _latest(log: StateLog) -> list[LogEntry]:
    """The latest episode with values that was played to its end, or else the latest with any."""
    under_way: list[LogEntry] = []
    for number in reversed(log.episodes[-MOST_EPISODES:]):
        whole = log.episode(number)
        if found := _valued(whole):
            if whole[-1].last:
                return found
            under_way = under_way or found
    return under_way
