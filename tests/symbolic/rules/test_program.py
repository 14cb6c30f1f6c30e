"""Rule files nobody has vouched for: refused with file, line and column, never hanging."""

import os
import re

import pytest

from symbolic import LimitError, Limits, Program, ProgramError, Solver, SymbolicObject, state_facts
from symbolic.rules.syntax import MAX_FILE_BYTES

pytestmark = pytest.mark.usefixtures("small_relations")

FACTS = state_facts(
    [
        SymbolicObject(0, 1, 100, 140, 0, 0, 16, 4),
        SymbolicObject(1, 2, 110, 82, 2, 4, 4, 2),
    ],
    [("controlled", 1)],
)
SHORT = Limits(cpu_seconds=0.6, wall_seconds=20.0, memory_bytes=1024**3)

GOOD = """% Knowledge of mine. %* a comment with #include "x" and #script in it *%
#const limit = 30.
#show danger/1.
danger(I) :- focus(I), me(M), at(I,Y,_), at(M,YM,_), |Y-YM| < limit, not blocked(I).
blocked(I) :- object(I,K), wall(K).
wall(7;8).
cell(danger(K), "as text; % no comment") :- danger(I), object(I,K).
cell(crowd,N) :- N = #count { I : object(I,_) }.
cell(always).
"""


def write(folder, text, name="mine.lp"):
    path = folder / name
    path.write_text(text)
    return path


def test_background_adds_cells_and_relations_without_changing_ours(tmp_path):
    program = Program.load(write(tmp_path, GOOD))
    assert program.warnings == ()
    ours = Solver(Program.load()).solve(FACTS)
    solver = Solver(program)
    theirs = solver.solve(FACTS)
    solver.close()
    assert set(theirs.relations) - set(ours.relations) == {"danger(1)"}
    assert set(theirs.cells) - set(ours.cells) == {
        ("always", ()),
        ("crowd", (2,)),
        ("danger(2)", ('"as text; % no comment"',)),
    }
    assert set(ours.cells) < set(theirs.cells)


def test_background_in_a_batch_answers_as_one_by_one(tmp_path):
    program = Program.load(write(tmp_path, GOOD))
    states = [FACTS, (), (*FACTS, ("range", 2, 0, 100, 0, 159))]
    single, batch = Solver(program), Solver(program)
    assert batch.solve_batch(states) == [single.solve(facts) for facts in states]
    assert single.solve(()).cells == (("always", ()), ("crowd", (0,)))


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("ok.\n\nx(1) :- object(1,.\n", "3:18", "syntax error"),
        ("ok.\nx(1)", "2:5", "syntax error"),
        ("ok.\nx(1)\n\n% end\n", "2:5", "syntax error"),
        ("% c\nx(I,J) :- object(I,_).\n", "2:1", "'J' is unsafe"),
        ("% c\nx(I) :- object(I,_), not at(I,Y,0).\n", "2:1", "'Y' is unsafe"),
        ("ok.\n  at(1,2,3).\n", "2:3", "at/3 is observed"),
        ("ok.\nobject(I,1;J,2) :- at(I,J,_).", "2:1", "object/2 is observed"),
        ("ok.\n\npair(1,2).\n", "3:1", "pair/2 belongs to relations.lp"),
        ("{ jump }.\n", "1:1", "choice"),
        ("ok.\n1 { jump(X) : object(X,_) } 1.\n", "2:1", "choice"),
        ("a ; b.\n", "1:1", "disjunction"),
        ("ok.\n:- object(1,_).\n", "2:1", "constraint"),
        ("ok.\na :- not b.\nb :- not a.\n", "2:1", "depends on itself"),
        ("p(X) :- X = #count { Y : p(Y) }.\n", "1:1", "depends on itself"),
        (
            "ok.\na :- not b.\nb :- c(1).\nc(X) :- not a, X = 1.\n",
            "2:1",
            "a/0 rests on b/0 (FILE:2:1), b/0 rests on c/1 (FILE:3:1), c/1 rests on a/0 (FILE:4:1)",
        ),
        ("not a :- b.\n", "1:1", "heads no fact"),
        ("x(0.5).\n", "1:4", "numbers are whole"),
        ("ok.\nx(1)\ny(2).\n", "3:1", "is a full stop missing at the end of line 2?"),
        ("x(1)\n", "1:5", "is a full stop missing at the end of line 1?"),
        ("Cell(x,1).\n", "1:5", "Cell is a variable: names begin with a small letter"),
        ("% ä\ncell(ä,1).\n", "2:6", "'ä' (U+00E4) is no character of a program"),
        ("x(Y) :- at(_,Y,_), Y ≤ 3.\n", "1:22", "'≤' (U+2264)"),
        ("x(99999999999).\n", "1:3", "clingo counts to 2147483647"),
        ("x(1) :- object(1,.\n", "1:18", "FILE:1:18-19: syntax error, unexpected ."),
        ("-a.\n", "1:1", "-a"),
        ("ok.\n\n#script (python)\nimport os\n#end.\n", "3:1", "scripts"),
        ("ok.\n#script (lua) x #end.\n", "2:1", "scripts"),
        ("x(@system(1)).\n", "1:1", "@system"),
        ("#external x.\n", "1:1", "#external"),
        ("ok.\n#program step(t).\n", "2:1", "#program"),
        ("#minimize { 1 : object(1,_) }.\n", "1:1", "not allowed"),
        (":~ object(1,_). [1]\n", "1:1", "not allowed"),
        ("#theory t { s { + : 1, unary }; &a/0 : s, head }.\n", "1:1", "not allowed"),
        ("ok.\nx :- &sum { 1 } = 1.\n", "2:1", "theory"),
        ("&sum { 1 } = 1.\n", "1:1", "theory"),
        ("#show a : object(1,_).\n", "1:1", "not allowed"),
        ("#const above = 3.\n", "1:1", "would change relations.lp"),
        ("cell.\n", "1:1", "names its table"),
        ("ok.\nadvice(up,1).\n", "2:1", "advice takes three: advice(Why,Way,Hundredths)"),
        ("x(State__) :- object(State__,_).\n", "1:3", "reserved"),
        ("#include <incmode>.\n", "1:1", "#include takes a file name"),
        ('ok.\n#include "none.lp".\n', "2:1", "no such file"),
        ('ok.\n#include "../other.lp".\n', "2:1", "outside"),
        ('ok.\n#include "/etc/passwd".\n', "2:1", "outside"),
        ('a("#include").\n', "1:4", "#include is not allowed"),
    ],
)
def test_refused_with_place_and_reason(tmp_path, text, where, reason):
    write(tmp_path, "secret.\n", "other.lp")
    (tmp_path / "inner").mkdir()
    path = write(tmp_path / "inner", text)
    reason = reason.replace("FILE", str(path))
    with pytest.raises(ProgramError, match=re.escape(reason)) as caught:
        Program.load(path)
    assert str(caught.value).startswith(f"{path}:{where}")


def test_a_script_is_not_run(tmp_path):
    witness = tmp_path / "witness"
    scripts = [
        f'#script (python)\nopen(r"{witness}", "w")\n#end.\n',
        f'%* %* *% #script (python)\nopen(r"{witness}", "w")\n#end. *%\n',
        f'x("%*"). #script (python)\nopen(r"{witness}", "w")\n#end. y("*%").\n',
    ]
    for text in scripts:
        path = write(tmp_path, text + "x(@main()).")
        with pytest.raises(ProgramError):
            Program.load(path)
        assert not witness.exists()


def test_includes_within_the_folder_are_read_and_checked(tmp_path):
    (tmp_path / "parts").mkdir()
    path = write(tmp_path, 'cell(a).\n#include "parts/b.lp".\n')
    write(tmp_path / "parts", 'cell(b).\n#include "../mine.lp".\n', "b.lp")
    program = Program.load(path)
    assert {("a", ()), ("b", ())} <= set(Solver(program).solve(FACTS).cells)

    inner = write(tmp_path / "parts", "cell(b).\n\n  {c}.\n", "b.lp")
    with pytest.raises(ProgramError, match=rf"^{re.escape(str(inner))}:3:3: .*choice"):
        Program.load(path)


def test_an_include_cannot_leave_by_a_link(tmp_path):
    write(tmp_path, "secret.\n", "other.lp")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "link.lp").symlink_to(tmp_path / "other.lp")
    (tmp_path / "inner" / "up").symlink_to(tmp_path)
    for name in ("link.lp", "up/other.lp"):
        path = write(tmp_path / "inner", f'ok.\n#include "{name}".\n')
        with pytest.raises(ProgramError, match=r":2:1: .*outside the folder"):
            Program.load(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"ok.\n\xff\xfe.\n", ":2:1: not UTF-8"),
        (b"ok.\nx\0y.\n", ":2:2: NUL"),
        (b"% " + b"x" * MAX_FILE_BYTES, "larger than"),
    ],
)
def test_what_is_no_rule_file_is_refused(tmp_path, content, reason):
    path = tmp_path / "mine.lp"
    path.write_bytes(content)
    with pytest.raises(ProgramError, match=re.escape(reason)):
        Program.load(path)


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, what in (
        (tmp_path / "none.lp", "no such file"),
        (tmp_path, "a folder"),
        (pipe, "not a file"),
    ):
        with pytest.raises(ProgramError, match=re.escape(f"{path}: {what}; give the path")):
            Program.load(path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("n(1..400).\nok.\np(X,Y,Z,W) :- n(X), n(Y), n(Z), n(W).\nlast.\n", 3),
        ("ok.\nn(1..100000000).\nlast.\n", 2),
        ("ok.\nn(0).\nn(X+1) :- n(X).\n", 3),
        ("n(X+1) :- n(X).\nok.\nn(0).\n", 1),
        ("m(f(X)) :- n(X).\nn(X) :- m(X).\nn(X) :- object(X,_).\n", 1),
        ("ok.\nn(0).\nn(f(X,X)) :- n(X).\n", 3),
        # Nothing is derived, so nothing would ever be seen of it.
        ("n(1..90000).\nempty :- n(X), n(Y), X * Y < 0.\n", 2),
    ],
)
def test_a_grounding_that_explodes_is_stopped_and_its_rule_named(tmp_path, text, line):
    path = write(tmp_path, text)
    with pytest.raises(LimitError, match=rf"^{re.escape(str(path))}:{line}:1: .*stopped"):
        Program.load(path, trial=SHORT)


def test_deep_nesting_ends_in_a_message(tmp_path):
    path = write(tmp_path, "x(" + "f(" * 20_000 + "1" + ")" * 20_001 + ".\n")
    with pytest.raises(ProgramError, match=rf"^{re.escape(str(path))}: .*(nested|stopped)"):
        Program.load(path, trial=SHORT)


def test_an_explosion_that_the_trial_did_not_meet_is_stopped_and_the_run_goes_on(tmp_path):
    text = "cell(big,X,Y,Z) :- range(9,1,2,3,4), X = 1..1000, Y = 1..1000, Z = 1..1000.\n"
    path = write(tmp_path, text)
    solver = Solver(Program.load(path), limits=SHORT)
    before = solver.solve(FACTS)
    with pytest.raises(LimitError, match=re.escape(str(path))):
        solver.solve((*FACTS, ("range", 9, 1, 2, 3, 4)))
    other = (*FACTS, ("range", 9, 0, 0, 0, 0))  # not asked before, of no object
    assert solver.solve(other).relations == before.relations
    solver.close()


def test_a_closed_solver_starts_again(tmp_path):
    solver = Solver(Program.load(write(tmp_path, "cell(x).\n")), memory=1)
    first = solver.solve(FACTS)
    solver.close()
    solver.solve(())
    assert solver.solve(FACTS) == first


def test_values_that_are_no_fact_are_refused_in_the_worker_too(tmp_path):
    solver = Solver(Program.load(write(tmp_path, "cell(x).\n")))
    with pytest.raises(ValueError, match="objct/1"):
        solver.solve((("objct", 1),))
    with pytest.raises(ValueError, match="no constant"):
        solver.solve((("object", 1, "a. b"),))
    assert ("x", ()) in solver.solve(FACTS).cells


def test_limits_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        Limits(cpu_seconds=0)
