"""Questions find the steps that fit them, and no others."""

from pathlib import Path

import pytest

from agents.agent import StepRecord
from dsrl.runs.stateblock import LogEntry
from dsrl.runs.statelog import FILE_NAME, StateLogWriter
from dsrl.view.search import Steps, search
from symbolic.rules.syntax import ProgramError

ACTIONS = ("NOOP", "FIRE", "LEFT")
FACTS = (("contact(1,4)", "level(1,3)"), ("contact(1,4)",), ("contact(4,1)",), ())
REWARDS = (0.0, -1.0, -1.0, 2.0)


def entry(step: int) -> LogEntry:
    # a log may hold them in any order
    objects = ((9, 4, 90, 40, 0, 0, 4, 4), (7, 1, 100 + step, 40, 1, -2, 4, 6))
    percepts = (("me(0)", (7,)),)
    record = StepRecord(objects, FACTS[step], (), (), 1, step != 2, "best", percepts)
    return LogEntry(step, 0, step, REWARDS[step], step == 2, step == 3, record)


def written(path: Path, entries: list[LogEntry]) -> Path:
    log = StateLogWriter(path)
    for each in entries:
        log.append(each)
    log.close()
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("log"), [entry(step) for step in range(4)])


def found(question: str, folder: Path) -> list[int]:
    told = search(question, [(Steps(0, "a", folder), ACTIONS)])
    assert (told["steps"], told["games"]) == (4, 1)
    assert told["count"] == len(told["found"])
    assert all((each["run"], each["game"]) == (0, "a") for each in told["found"])
    return [each["index"] for each in told["found"]]


@pytest.mark.parametrize(
    ("question", "steps"),
    [
        ("contact(1,4)", [0, 1]),
        ("contact(1,4), do(fire), reward < 0", [1]),
        ("reward < 0", [1, 2]),
        ("reward(2)", [3]),
        ("1 <= step, step <= 2.", [1, 2]),
        ("contact(1,4), not level(_,3)", [1]),
        ("contact(A,B), A > B", [2]),
        ("object(I,1), at(I,Y,_), Y >= 102", [2, 3]),
        ("lost", [2]),
        ("not greedy", [2]),
        ("last, do(fire)", [3]),
        ("do(left)", []),
        ("me(0)", [0, 1, 2, 3]),
        ("step(1..2)", [1, 2]),
        ('lost, "a.b" != "c"', [2]),
        ("lost % of a life.", [2]),
        ("me(I)", [0, 1, 2, 3]),
        ("me(I), I > 0", []),
        ("me(0;1), do(noop;fire), reward < 0", [1, 2]),
        ("me(I), object(I,1)", [0, 1, 2, 3]),
        ("me(I), object(I,4)", []),
        ("me(I), at(I,Y,_), Y >= 102", [2, 3]),
        ("me(I), velocity(I,1,-2), size(I,4,6)", [0, 1, 2, 3]),
        ("at(0,Y,_), Y >= 102", [2, 3]),
        ("at(1,Y,_), Y >= 91", []),
        ("at(0,_,_), not me(0)", []),
    ],
)
def test_what_fits_is_found(question: str, steps: list[int], folder: Path) -> None:
    assert found(question, folder) == steps


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "ask for something"),
        ("contct(1,4)", "no step has a fact contct: did you mean contact?"),
        ("contact(1", "syntax error"),
        ("contact(X,4), Y < 2", "unsafe"),
        ('reward < 0. #script (python) print("x") #end', "scripts are not allowed"),
        ('lost, #include "/etc/passwd". last', "includes no files"),
        ('lost. #include "/etc/passwd".', "#include takes a file name"),
        ("reward < @do(1)", "not allowed"),
        ("lost, _p(1)", "no step has a fact _p"),
        ("lots", "no step has a fact lots: did you mean lost"),
        ("reward < 0, not greddy", "no step has a fact greddy: did you mean greedy"),
        ("not (lost, greedy)", "syntax error.*; write facts .* and not before a single one$"),
        ("lost and greedy", "syntax error.* with , between them"),
        ("reward < 0. contact(1,4)", "without a full stop: put , between parts"),
        ("lost. #show contact/2", "without a full stop"),
        ('lost %* " *% . fits__ %* " *%', "without a full stop"),
        ("step(1...fits__", "without a full stop"),
        ("reward < 0.5", "without a full stop"),
        ("do(FIRE), reward < 0", r"^actions are in small letters: do\(fire\)$"),
        ("do(LEFT;FIRE)", r"^actions are in small letters: do\(left\)$"),
        ("lost, not do((fire;LEFT))", r"^actions are in small letters: do\(left\)$"),
        ("reward", "^reward is a number: compare it, as in reward > 0$"),
        ("lost, not step, greedy", "^step is a number: compare it, as in step > 0$"),
        ("lost, fire", r"^no step has a fact fire: an action is asked for as do\(fire\)$"),
        ("lost, #const n = 1", "syntax error"),
        (f"reward = {'-' * 450}1", "^terms are nested too deeply$"),
        ("a" * 501, "at most 500 characters"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(
    question: str, message: str, folder: Path
) -> None:
    with pytest.raises(ProgramError, match=message) as refused:
        found(question, folder)
    assert "\n" not in str(refused.value)


def test_a_game_that_was_recorded_again_is_read_again(tmp_path: Path) -> None:
    entries = [entry(step) for step in range(4)]
    log = written(tmp_path / "a", entries) / FILE_NAME
    assert found("lost", tmp_path / "a") == [2]
    lost = [each._replace(life_lost=each.step == 1) for each in entries]
    again = written(tmp_path / "b", lost) / FILE_NAME
    assert again.stat().st_size == log.stat().st_size
    again.replace(log)
    assert found("lost", tmp_path / "a") == [1]


def test_a_question_that_explodes_is_stopped(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    from dsrl.view import search as module

    monkeypatch.setattr(module, "LIMITS", module.Limits(cpu_seconds=0.5, wall_seconds=30.0))
    with pytest.raises(ProgramError, match=r"^grounding was stopped"):
        found("A = 1..99999, B = 1..99999, A * B = 7777777", folder)


def test_of_a_log_of_training_each_episode_is_a_game(tmp_path: Path) -> None:
    """The third began before the log did; the last is not over."""
    ends = (1, 3)
    entries, episode, episode_step = [], 3, 5
    for step in range(6):
        entries.append(
            entry(step % 4)._replace(
                step=step, episode=episode, episode_step=episode_step, last=step in ends
            )
        )
        episode, episode_step = (episode + 1, 0) if step in ends else (episode, episode_step + 1)
    folder = written(tmp_path / "states", entries)
    told = search("reward < 0", [(Steps(2, "episode-", folder, range(3, 6)), ACTIONS)])
    assert (told["steps"], told["games"], told["count"]) == (6, 3, 3)
    places = [(each["run"], each["game"], each["index"]) for each in told["found"]]
    assert places == [(2, "episode-3", 1), (2, "episode-4", 0), (2, "episode-5", 1)]
    newest = search("reward < 0", [(Steps(0, "episode-", folder, range(5, 6)), ACTIONS)])
    assert (newest["steps"], newest["games"], newest["count"]) == (2, 1, 1)


def test_a_kind_that_is_asked_for_by_its_name_is_told_by_number(folder: Path) -> None:
    games = [(Steps(0, "a", folder), ACTIONS)]
    with pytest.raises(ProgramError, match=r"^kinds are asked for by number: ball is 4$"):
        search("object(I,ball), lost", games, [{4: "ball", 1: "lost"}])
    assert search('lost, "ball" != "a"', games, [{4: "ball"}])["count"] == 1
    assert search("object(I,4), do(fire), last", games, [{4: "fire", 1: "I"}])["count"] == 1


def test_where_there_are_no_games_nothing_is_found() -> None:
    assert search("level(1,2)", []) == {"found": [], "count": 0, "steps": 0, "games": 0}


def test_facts_without_arguments_are_asked_for_like_others(tmp_path: Path) -> None:
    entries = [entry(step) for step in range(4)]
    record = entries[3].record._replace(facts=("danger", "near(0,1)"))
    folder = written(tmp_path, [*entries[:3], entries[3]._replace(record=record)])
    assert found("danger", folder) == [3]
    assert found("not danger, do(fire)", folder) == [0, 1, 2]
    assert found("danger, near(I,_), object(I,1), step > 2", folder) == [3]
    assert found("danger, step(1..3)", folder) == [3]  # by clingo


def test_a_term_within_a_term_is_found(tmp_path: Path) -> None:
    entries = [entry(step) for step in range(4)]
    facts = ('threat(close(2),1,"a b")', "threat(close(3),1,(left,2))")
    record = entries[3].record._replace(facts=facts)
    folder = written(tmp_path, [*entries[:3], entries[3]._replace(record=record)])
    assert found("threat(close(2),1,_)", folder) == [3]
    assert found("threat(close(1+1),1,_)", folder) == [3]
    assert found("threat(close(4),_,_)", folder) == []
    assert found('threat(A,I,"a b"), threat(close(3),I,(left,2)), A != close(3)', folder) == [3]
    assert found("threat(close(N),_,(D,_)), N > 2, not do(D)", folder) == [3]  # by clingo
    assert found("not threat(close(N),_,_), step(N)", folder) == [0, 1, 2]


def test_a_text_is_asked_for_as_it_is_written(tmp_path: Path) -> None:
    entries = [entry(step) for step in range(4)]
    record = entries[3].record._replace(facts=('word("is, not (reward)")',))
    folder = written(tmp_path, [*entries[:3], entries[3]._replace(record=record)])
    assert found('word("is, not (reward)"), reward = 2', folder) == [3]
    assert found('word(W), not word("is, not (reward)")', folder) == []
