"""Where things are said to come to is where foresight has them."""

from pathlib import Path

import pytest

from dsrl.reports.explain import Explainer, Explanation
from dsrl.reports.ghosts import NOTHING, Track, foreseen
from dsrl.runs.rundir import RunDir
from dsrl.runs.statelog import StateLog
from symbolic.facts import fact_of

SHIPPED = Path(__file__).parents[3] / "results" / "pong" / "dsrl-pong-s0"


@pytest.fixture(scope="module")
def explained() -> list[Explanation]:
    """Steps of the last episode, some with a meeting ahead and some without."""
    log, explainer = StateLog(SHIPPED / "states"), Explainer(RunDir.open(SHIPPED))
    entries = log.episode(log.episodes[-1])[1:600:7]
    return [explainer(entry, 0) for entry in entries if len(entry.record.values) > 1]


def test_what_comes_ends_where_the_rules_foresee_it(explained: list[Explanation]) -> None:
    found = [each for each in explained if each.leads and each.leads.actions]
    assert len(found) > 10
    for each in found:
        ghosts, axis = foreseen(each), ("y", "x").index(each.axis)
        assert each.foresight is not None
        comes = {
            ids[0]: fact_of(text)
            for text, ids in each.entry.record.percepts
            if text.startswith("comes(")
        }
        assert {track.id for track in ghosts.common} == {*comes}
        places = {meeting.id: meeting.place for meeting in each.foresight.meetings}
        for track in ghosts.common:
            _, _, _, _, gap, speed, *_ = comes[track.id]
            assert len(track.places) == max(1, -(-int(gap) // int(speed)))
            if track.id in places:
                assert abs(track.places[-1][axis] - places[track.id]) <= int(speed)


def test_each_action_leads_where_explain_says(explained: list[Explanation]) -> None:
    parted = 0
    for each in explained:
        ghosts = foreseen(each)
        if not each.leads or not each.leads.actions:
            assert (ghosts.note, ghosts.tracks, ghosts.common) == (NOTHING, {}, ())
            continue
        axis, taken = ("y", "x").index(each.axis), each.stage.actions[each.contrast.taken]
        for name, lead in zip(each.stage.actions, each.leads.actions, strict=True):
            (track,) = ghosts.tracks[name]
            assert (track.id, track.places[-1][axis]) == (each.me, lead.place)
            (own,) = ghosts.tracks[taken]
            apart = _apart(own, track)
            assert ghosts.parts.get(name) == (apart[0] if apart else None)
            parted += bool(apart)
    assert parted > 10


def _apart(one: Track, other: Track) -> list[int]:
    """The steps, from 1."""
    both = zip(one.places, other.places, strict=True)
    return [i + 1 for i, (a, b) in enumerate(both) if abs(a[0] - b[0]) + abs(a[1] - b[1]) > 1]
