"""Rules that clingo would take and that say nothing: each told with its place and its mend."""

import re

import pytest

from symbolic import Program, ProgramError
from symbolic.rules.program import RELATIONS
from symbolic.rules.syntax import read_sources
from symbolic.rules.trial import Verdict, check
from symbolic.rules.worker import crowded_state


def write(folder, text):
    path = folder / "mine.lp"
    path.write_text(text)
    return path


def looked_over(path) -> Verdict:
    """As a run does before it begins, but in this process."""
    return check(*read_sources(RELATIONS), read_sources(path), state=crowded_state())


@pytest.mark.parametrize(
    ("text", "where", "mend"),
    [
        # unknown predicates, wherever they stand
        ("cell(a) :- objct(I,_).", "1:12", "nothing derives objct/2; did you mean object(I,Kind)?"),
        ("ok.\ncell(a) :- ok, not mets(1).", "2:20", "did you mean meets(K,T,P,V,W)?"),
        ("cell(a,N) :- N = #count { I : objekt(I,_) }.", "1:31", "did you mean object(I,Kind)?"),
        ("cell(a) :- zzz.", "1:12", "write #defined zzz/0."),
        ("mine(1).\ncell(a) :- mien(_).", "2:12", "did you mean mine/1?"),
        # wrong arity
        ("cell(a) :- at(I,Y), me(I).", "1:12", "at has not 2 arguments but 3: write at(I,Y,X)"),
        ("cell(a) :- meets(_).", "1:12", "meets has not 1 argument but 5: write meets(K,T,P,V,W)"),
        # no whole number
        ("cell(a) :- at(ball,Y,_).", "1:15", "write at(I,Y,X) with a number or a Variable"),
        ("cell(a) :- axis(z).", "1:17", "an axis is y or x"),
        ("cell(a) :- at(_,Y,_), Y > top.", "1:27", "#const top = 1."),
        ("cell(a,Y/top) :- at(_,Y,_).", "1:8", "#const top = 1."),
        ("cell(a,-top).", "1:8", "#const top = 1."),
        (
            "#show dange/1.\ndanger(I) :- me(I). cell(d,I) :- danger(I).",
            "1:1",
            "did you mean danger",
        ),
        ("ok.\n#show me/2.", "2:1", "#show me/2: me has not 2 arguments but 1: write me("),
        # advice
        ("advice(a,2,10) :- me(_).", "1:10", "Way of -1, 0, 1"),
        ("advice(a,up,10) :- me(_).", "1:10", "Way of -1, 0, 1"),
        ("advice(a,1,much) :- me(_).", "1:12", "a whole number"),
        ("advice(a,1,101) :- me(_).", "1:12", "at most 100 either way"),
        ("advice(a,1,-200) :- me(_).", "1:12", "at most 100 either way"),
        ("advice(a,1,100+Y) :- at(_,Y,_), Y > 0.", "1:1", "in a state that was tried"),
        ("#const w=3.\nadvice(a,w,10) :- me(_).", "2:1", "in a state that was tried"),
        ("advice(b,1,9).\nadvice(a,Y,10) :- at(_,Y,_).", "2:1", "in a state that was tried"),
        ("ok.\nadvice(a,Y,10) :- at(_,Y,_).", "2:1", "Way of -1, 0, 1"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_mend(tmp_path, text, where, mend):
    path = write(tmp_path, text)
    told = looked_over(path).mistakes[0]
    assert told.startswith(f"{path}:{where}: ")
    assert mend in told


def test_a_program_with_a_mistake_is_refused_and_odd_ones_are_warned_of(tmp_path):
    path = write(tmp_path, "ok.\ncell(a) :- objct(I,_).")
    with pytest.raises(ProgramError, match=re.escape(f"{path}:2:12: nothing derives objct/2")):
        Program.load(path)
    (told,) = Program.load(write(tmp_path, "ok.\n")).warnings
    assert told.startswith(f"{path}:1:1: no rule derives a cell")


@pytest.mark.parametrize(
    "text",
    [
        "#defined later/1.\ncell(a) :- not later(1).",
        "#const top = 30.\ncell(a,Y/top) :- at(top,Y,_), Y > top.",
        'cell(names, ball, "a text", near(K)) :- object(_,K), axis(y).',
        "near(5).\ncell(a) :- near(5).",  # one argument: another predicate than near/2
        "cell(a) :- kind(K), K != ball, object(_,K).\nkind(1;ball).",
        'advice(f(1,"x,y"),W,10) :- me(_), W = -1..1.',
        "cell(a,Y/V) :- me(I), at(I,Y,_), velocity(I,V,_), V != 0.",
        'cell("a__",0) :- me(_).',
        "cell(a,|X-9|*1000000/7) :- me(I), at(I,_,X).",
        "cell(a,X*8000000) :- me(I), object(I,7), at(I,_,X), object(I,6).",
        "#const w = 1. #const much = 100. advice(a,w,much) :- me(_). advice(a,-w,-much) :- me(_).",
    ],
)
def test_what_is_meant_is_let_be(tmp_path, text):
    verdict = looked_over(write(tmp_path, text))
    assert (verdict.mistakes, verdict.warnings) == ([], [])


@pytest.mark.parametrize(
    ("text", "where", "warning"),
    [
        ("ok.\ncell(a,A+1) :- axis(A).", "2:1", "(A+1) is no number for some objects"),
        ("cell(a,Y/V) :- at(I,Y,_), velocity(I,V,_).", "1:1", "divides by 0"),
        ("cell(a,Y/V) :- me(I), at(I,Y,_), velocity(I,V,_).", "1:1", "divides by 0"),
        ("cell(a,X*100000000) :- me(I), at(I,_,X).", "1:1", "X*100000000) may be up to"),
        ("far(I,X*99999) :- at(I,_,X).\ncell(a,D*D) :- far(_,D), me(_).", "2:1", "D*D) may be up"),
        ("cell(a,(0-X)**5) :- me(I), at(I,_,X).", "1:1", "may be up to -"),
        ("#show danger/1.\ndanger(I) :- me(I).", "1:1", "no rule derives a cell or advice"),
        ("% nothing\n", "1:1", "no rule derives a cell or advice"),
    ],
)
def test_what_may_be_meant_is_warned_of(tmp_path, text, where, warning):
    path = write(tmp_path, text)
    verdict = looked_over(path)
    (told,) = verdict.warnings
    assert verdict.mistakes == []
    assert told.startswith(f"{path}:{where}: ")
    assert warning in told
