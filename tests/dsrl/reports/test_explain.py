"""What an explanation says of a step must follow from the record, by hand and by trying all."""

import io
import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from table_agent import build, config

from agents.agent import StepRecord
from dsrl.cli import main
from dsrl.reports.contrast import Contrast, Term, bound, contrast, decisive, rounding
from dsrl.reports.explain import Explanation, as_json, explain, explained
from dsrl.reports.explain_view import show
from dsrl.reports.inspect import Stage, action_of
from dsrl.reports.prospects import Leads
from dsrl.reports.telling import most_telling
from dsrl.runs.rundir import RunDir, RunError
from dsrl.runs.stateblock import LogEntry
from dsrl.runs.statelog import StateLog, StateLogWriter
from dsrl.runs.train import train
from symbolic import Program
from symbolic.planning.foresight import Followed
from symbolic.planning.prospects import Prospect
from symbolic.rules.syntax import Source

SHIPPED = Path(__file__).parents[3] / "results" / "pong" / "dsrl-pong-s0"

ACTIONS = ("NOOP", "UP", "DOWN")
ME, BALL, WALL = (5, 4, 100, 140, 0, 0, 16, 4), (9, 7, 84, 76, 0, 2, 4, 2), (2, 1, 9, 9, 0, 0, 2, 2)
CALM = StepRecord(
    objects=(WALL, ME, BALL),
    facts=("before(4,7)",),
    cells=(
        ("place(4,1)[-11,-16,0,0]", (0.3, 0.1, 0.2)),
        ("place(4,7)[-2,-8,0,0]", (0.1, 0.9, -0.5)),
    ),
    values=(0.4, 1.0, -0.3),
    action=1,
    greedy=True,
    reason="best",
    percepts=(
        ("me(1)", (5,)),
        ("axis(y)", ()),
        ("seen(4,1,-11,-16,0,3,0,0,1)", (5, 2)),
        ("seen(4,7,-2,-8,3,3,0,0,1)", (5, 9)),
    ),
)
LATER = (11, 7, 84, 60, 0, 4, 4, 2)
MEETING = CALM._replace(
    objects=(ME, BALL, LATER),
    facts=("meets(7,36,118,2,4)", "meets(7,50,84,0,4)"),
    cells=(("foresight(7)[18,36]", (0.4, 1.0, -0.3)),),
    percepts=(
        ("me(0)", (5,)),
        ("axis(y)", ()),
        ("comes(7,84,0,50,4,20,190)", (11, 5)),
        ("comes(7,100,2,36,4,20,190)", (9, 5)),
    ),
)


def told(record: StepRecord, other: int | None = None, *background: Source) -> Explanation:
    program = Program(base=Program.load().base, background=background)
    entry = LogEntry(1234, 5, 67, 0.0, False, False, record)
    return explained(entry, Stage(ACTIONS, (210, 160)), contrast(record, other), program)


def printed(found: Explanation) -> str:
    out = io.StringIO()
    Console(file=out, width=240).print(show(found))
    return out.getvalue()


def test_the_contrast_orders_terms_by_what_speaks_for_the_action() -> None:
    found = contrast(CALM)
    assert (found.taken, found.other) == (1, 0)
    assert found.lead == pytest.approx(0.6)
    assert [(t.name, pytest.approx(t.lead)) for t in found.terms] == [
        ("place(4,7)[-2,-8,0,0]", 0.8),
        ("place(4,1)[-11,-16,0,0]", -0.2),
    ]
    assert contrast(CALM, 2).lead == pytest.approx(1.3)
    assert contrast(CALM._replace(action=0)).other == 1  # the best of the others


def one_against(leads: list[int], rest: int = 0) -> Contrast:
    terms = sorted((Term(str(i), x / 1e6, 0.0) for i, x in enumerate(leads)), key=lambda t: -t.lead)
    return Contrast(0, 1, ((sum(leads) + rest) / 1e6, 0.0), tuple(terms))


@given(st.lists(st.integers(-9, 9), max_size=6), st.integers(-3, 3))
def test_decisive_are_the_fewest_of_all_sets(leads: list[int], rest: int) -> None:
    sets = [
        chosen
        for size in range(len(leads) + 1)
        for chosen in combinations(range(len(leads)), size)
        if sum(leads) + rest - sum(leads[i] for i in chosen) < 0
    ]
    found = decisive(one_against(leads, rest))
    if not sets:
        assert found is None
    else:
        assert found is not None
        assert len(found) == len(sets[0])
        assert tuple(sorted(map(int, found))) in {tuple(sorted(each)) for each in sets}


def test_the_terms_are_the_values_or_it_is_said() -> None:
    assert rounding(CALM) < 1e-12
    assert bound(CALM) == pytest.approx((2 + 1) * 1e-6 + 1e-5)  # two cells, a value of 1
    assert "exact: the contributions sum to the values used" in printed(told(CALM))
    text = printed(told(CALM._replace(values=(0.4, 1.2, -0.3))))
    assert "not exact: the contributions miss the values used by up to 0.2." in text
    line = next(line for line in text.splitlines() if line.startswith("not in any cell"))
    assert line.split()[-3:] == ["+0.200", "+0.000", "+0.200"]


def test_a_cell_is_told_with_its_rule_and_objects() -> None:
    text = printed(told(CALM))
    assert "UP (best) and not NOOP: it is worth 0.600 more, 1.000 against 0.400." in text
    assert "NOOP would have been preferred without place(4,7)[-2,-8,0,0]." in text
    lines = [line.lstrip("│├└─ ") for line in text.splitlines()]
    at = lines.index("place(4,7)[-2,-8,0,0] (+0.800)")
    assert lines[at + 1].startswith("cell(place(A,B),DA,DC,VA,VC) :- seen(A,B,DA,DC,_,_,VA,VC,1).")
    assert "relations.lp:" in lines[at + 1]
    assert lines[at + 2] == "seen(4,7,-2,-8,3,3,0,0,1)  E 5 at 100, 140, H 9 at 84, 76"
    assert "careful" not in text


def test_the_verdict_when_the_other_was_worth_more_or_as_much() -> None:
    explored = told(CALM._replace(action=2, greedy=False, reason="explores"))
    assert explored.decisive == ()
    text = printed(explored)
    assert "DOWN (explores) and not UP: it is worth 1.300 less, -0.300 against 1.000." in text
    assert "UP was worth more anyway" in text
    alike = CALM._replace(cells=(("place(4,7)[-2,-8,0,0]", (0.5,) * 3),), values=(0.5,) * 3)
    assert "UP (best) and not NOOP: both are worth 0.500." in printed(told(alike))
    near = (0.5, 0.49998, 0.5 - 2**-14)
    nearly = CALM._replace(cells=(("place(4,7)[-2,-8,0,0]", near),), values=near, action=0)
    assert "it is worth 0.00002 more, 0.50000 against 0.49998." in printed(told(nearly))


def test_foresight_is_told_by_its_meetings() -> None:
    found = told(MEETING)
    assert found.foresight is not None
    assert [(m.id, m.agent_steps, m.place) for m in found.foresight.meetings] == [
        (9, 9.0, 118),  # 36 pixels at 4 a step, falling 2 a step from row 100
        (11, 12.5, 84),
    ]
    assert found.doubt == ""
    text = printed(found)
    assert (
        "foresight(7)[18,36]: H 9 at 84, 76 will be level with me (E 5 at 100, 140) in 9 agent "
        "steps, at row 118, +18 pixels from where I am." in text
    )
    assert "also foreseen: H 11 at 84, 60 will be level with me (E 5 at 100, 140) in 12.5 " in text
    assert "comes(7,100,2,36,4,20,190)  H 9 at 84, 76, E 5 at 100, 140" in text


def test_foresight_without_a_meeting_tells_what_could_be_met() -> None:
    record = CALM._replace(cells=(("foresight(launch)", (0.4, 1.0, -0.3)),), facts=())
    found = told(record._replace(percepts=CALM.percepts[:2]))
    assert found.foresight is not None
    assert found.foresight.targets == (2,)  # the ball moves across
    assert "It could meet: 1 of kind B." in printed(found)
    assert as_json(found)["foresight"]["named"] is None


def test_names_stand_behind_letters() -> None:
    found = told(MEETING)
    found = found._replace(stage=found.stage._replace(names={7: "ball", 4: "paddle"}))
    text = printed(found)
    assert "H 9 (ball) at 84, 76 will be level with me (E 5 (paddle) at 100, 140)" in text
    assert "comes(7,100,2,36,4,20,190)  H 9 (ball) at 84, 76, E 5 (paddle) at 100, 140" in text
    plain = as_json(found)
    assert [each["name"] for each in plain["objects"]] == ["paddle", "ball", "ball"]
    assert plain["foresight"]["named"]["name"] == "ball"
    assert {each["name"] for each in plain["foresight"]["meetings"]} == {"ball"}
    assert '"name"' not in json.dumps(as_json(told(MEETING))["objects"])


def test_a_kind_that_could_be_met_goes_by_its_name() -> None:
    record = CALM._replace(cells=(("foresight(launch)", (0.4, 1.0, -0.3)),), facts=())
    found = told(record._replace(percepts=CALM.percepts[:2]))
    named = found._replace(stage=found.stage._replace(names={1: "alien"}))
    assert "It could meet: 1 of kind B (alien)." in printed(named)


def test_where_the_actions_lead_is_told_with_what_followed() -> None:
    followed = (
        Followed(("leaves", -8, 2), 0.7, 0.5),
        Followed(("passed", 0, 0), 0.25, -1.0),
        Followed(("gone", 0, 0), 0.05, 0.0),
    )
    same = Prospect(100, 18, -0.001, followed)
    each = [same, Prospect(112, 6, 0.5, (), 0.375), same]
    found = told(MEETING)._replace(leads=Leads(tuple(each), known_after=5000))
    lines = printed(found).splitlines()
    assert any("as far as the run knew after 5000" in line for line in lines)
    header = ["action", "row", "offset", "worth", "value"]
    at = next(i for i, line in enumerate(lines) if line.split()[:5] == header) - 1
    assert lines[at + 2].split()[:5] == ["NOOP,", "DOWN", "100", "+18", "+0.00"]
    assert "70% leaves at -8 along, +2 faster (+0.50); 25% passes (-1.00)" in lines[at + 2]
    assert lines[at + 3].split() == ["UP", "112", "+6", "+0.50", "+0.38"]
    plain = as_json(found)["leads"]
    assert plain["actions"]["NOOP"]["followed"][0]["outcome"] == ("leaves", -8, 2)
    assert json.loads(json.dumps(plain))["known_after"] == 5000
    unknown = found._replace(leads=Leads((), why_not="its checkpoint is gone"))
    assert "where the actions lead is not known: its checkpoint is gone" in printed(unknown)


def test_the_shipped_run_tells_where_its_actions_lead() -> None:
    run = RunDir.open(SHIPPED)
    log = StateLog(run.path / "states")
    met = (e for e in log if any(name.startswith("foresight(") for name, _ in e.record.cells))
    entry = next(met)
    leads = explain(SHIPPED, entry.episode, entry.episode_step).leads
    assert leads is not None and leads.why_not == ""
    assert len(leads.actions) == len(entry.record.values)
    assert leads.known_after == run.config["agent_steps"]


def test_a_background_is_told_with_the_whole_state() -> None:
    rules = "cell(third,Y/70) :- me(I), at(I,Y,_), not low(I).\nlow(I) :- at(I,Y,_), Y > 150.\n"
    mine = Source(path="mine.lp", text=rules)
    cells = (("third[1]", (0.0, 0.2, 0.0)), *CALM.cells)
    found = told(CALM._replace(cells=cells, values=(0.4, 1.2, -0.3)), None, mine)
    assert found.doubt == ""
    (instance,) = as_json(found)["because"]["cell(third,1)"]
    assert instance["where"] == "mine.lp:1:1"
    assert instance["body"] == [
        {"text": "me(1)", "role": "given", "objects": [5]},
        {"text": "at(1,100,140)", "role": "given", "objects": [5]},
        {"text": "not low(1)", "role": "test", "objects": []},
    ]


def test_a_log_that_the_rules_of_today_do_not_make_is_doubted() -> None:
    gone = told(CALM._replace(facts=("before(4,7)", "nearby(4,7)")))
    assert "do not derive nearby(4,7)" in gone.doubt
    more = told(CALM._replace(cells=CALM.cells[:1], values=CALM.cells[0][1]))
    assert "also derive place(4,7)[-2,-8,0,0]" in more.doubt
    old = told(CALM._replace(percepts=()))
    assert "an older version wrote this log" in old.doubt
    assert not old.reasons
    assert "careful: " in printed(old)


def test_actions_go_by_their_names() -> None:
    assert action_of("down", ACTIONS) == 2
    with pytest.raises(ValueError, match=r"unknown action 'donw': did you mean DOWN\?"):
        action_of("donw", ACTIONS)
    with pytest.raises(ValueError, match="there are NOOP, UP, DOWN"):
        action_of("xyz", ACTIONS)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explain") / "run"
    train(config(150, 150), path, build=build, show=False)
    return path


def test_a_step_of_a_run_as_text_and_json(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = StateLog(finished / "states").find(1, 4)
    main(["explain", str(finished), "--episode", "1", "--step", "4"])
    assert "episode 1, step 4" in capsys.readouterr().out
    main(["explain", str(finished), "--episode", "1", "--step", "4", "--json"])
    plain = json.loads(capsys.readouterr().out)
    assert list(plain["values"].values()) == list(entry.record.values)
    assert plain["exact"] is True
    assert plain["lead"] == pytest.approx(sum(term["lead"] for term in plain["terms"]))


def test_what_cannot_be_explained_is_said(finished: Path) -> None:
    with pytest.raises(RunError, match="no step 9999 of episode 1: it goes from episode 0"):
        explain(finished, 1, 9999)
    with pytest.raises(ValueError, match="unknown action 'FIER': did you mean FIRE"):
        explain(finished, 1, 4, "FIER")
    taken = ("NOOP", "FIRE", "RIGHT", "LEFT")[
        StateLog(finished / "states").find(1, 4).record.action
    ]
    with pytest.raises(ValueError, match=f"{taken} is the action that was taken at step 4"):
        explain(finished, 1, 4, taken.lower())


def test_a_step_without_values_is_refused(tmp_path: Path) -> None:
    class Silent:
        """An agent with nothing to say."""

        last_record = progress = None
        learning = True

        def step(self, t: object) -> int:
            return 0

        def reset(self) -> None: ...

        def get_state(self) -> dict:
            return {}

        def set_state(self, state: object) -> None: ...

    train(config(5, 5), tmp_path / "run", build=lambda config, env: Silent(), show=False)
    with pytest.raises(RunError, match="step 2 of episode 0 was logged without values"):
        explain(tmp_path / "run", 0, 2)


NOISY = MEETING._replace(
    cells=(
        ("foresight(7)[18,36]", (0.4, 0.5, -0.3)),
        ("foresight(button)", (0.0, -0.3, 0.0)),
        ("curiosity", (-0.1, 0.8, 0.2)),
    ),
    values=(0.3, 1.0, -0.1),
)


def test_noise_that_tips_the_choice_is_said() -> None:
    found = told(NOISY)
    assert found.calm is not None
    assert (found.calm.best, found.calm.lead) == (0, pytest.approx(0.2))
    assert found.doubt == ""
    assert found.foresight is not None and found.foresight.term == "foresight(7)[18,36]"
    text = printed(found)
    assert (
        "Exploring: without noise NOOP would have been the best, worth 0.200 more than UP; noise "
        "(curiosity) adds +0.800 to UP and -0.100 to NOOP." in text
    )
    for name in ("foresight(7)[18,36]", "foresight(button)", "curiosity"):
        assert any(line.startswith(name) for line in text.splitlines())
    assert as_json(found)["without_noise"]["best"] == "NOOP"


def test_noise_that_changes_nothing_is_said() -> None:
    calm = (("foresight(7)[18,36]", (0.4, 1.0, -0.3)), ("curiosity", (0.1, 0.1, 0.1)))
    found = told(MEETING._replace(cells=calm, values=(0.5, 1.1, -0.2)))
    assert "Without noise (curiosity) UP would have been the best all the same." in printed(found)


def test_a_log_that_does_not_tell_noise_apart_is_not_taken_at_its_word() -> None:
    found = told(MEETING)
    assert found.calm is None
    assert "how much of foresight is noise, by which play explores, is not known" in printed(found)
    assert "noise" not in printed(told(CALM))  # nothing was foreseen


def logged(tmp_path: Path, *steps: tuple[float, bool, float]) -> StateLog:
    """A log of one episode of (reward, whether a life is lost, by how much UP leads)."""
    writer = StateLogWriter(tmp_path)
    for number, (reward, lost, lead) in enumerate(steps):
        values = (0.0, lead, -9.0)
        record = CALM._replace(cells=(("place(4,7)[-2,-8,0,0]", values),), values=values)
        last = number == len(steps) - 1
        writer.append(LogEntry(number, 0, number, reward, lost, last, record))
    writer.close()
    return StateLog(tmp_path)


def test_the_most_telling_step_leads_to_the_last_loss(tmp_path: Path) -> None:
    quiet = (0.0, False, 0.1)
    steps = [(0.0, False, 5.0), *[quiet] * 25, (0.0, False, 0.7), quiet, (-1.0, False, 0.2)]
    log = logged(tmp_path, *steps, quiet, (1.0, False, 3.0))
    entry, why = most_telling(log)
    assert entry.episode_step == 26  # not 0, which is too long before, nor the reward
    assert "led to the last loss of episode 0 (reward -1 at step 28)" in why
    assert "farthest apart, by 0.700" in why


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ((0.0, True, 0.1), "last loss of episode 0 (a life lost at step 2)"),
        ((1.0, False, 0.1), "last reward of episode 0 (reward +1 at step 2)"),
        ((0.0, False, 0.1), "nothing is lost or won in episode 0"),
    ],
)
def test_it_says_why_that_step(
    tmp_path: Path, event: tuple[float, bool, float], words: str
) -> None:
    entry, why = most_telling(logged(tmp_path, (0.0, False, 0.3), (0.0, False, 0.9), event))
    assert entry.episode_step == 1
    assert words in why


def test_explain_without_a_step_says_which_and_why(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["explain", str(finished)])
    out = capsys.readouterr().out
    assert out.startswith("this step: ")
    main(["explain", str(finished), "--json"])
    plain = json.loads(capsys.readouterr().out)
    assert plain["chosen"] and plain["chosen"] in " ".join(out.split())
    main(["explain", str(finished), "--episode", "0", "--json"])
    assert json.loads(capsys.readouterr().out)["episode"] == 0
    with pytest.raises(ValueError, match="give --episode as well"):
        explain(finished, None, 3)


def test_no_path_of_the_disk_is_told() -> None:
    plain = json.dumps(as_json(told(CALM)))
    assert "relations.lp:" in plain
    assert str(Path(__file__).parents[3]) not in plain
