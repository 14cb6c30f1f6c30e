"""An explanation of one step, shown so that a person can follow it."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from dsrl.reports.contrast import EXACT, Term, bound
from dsrl.reports.explain import Explanation, Foreseen, place_of
from dsrl.reports.futures import lines
from dsrl.reports.inspect import MOST_CELLS, digits_of, letter, show_scene
from dsrl.reports.prospects import Leads
from dsrl.runs.names import called
from symbolic.decisions import CURIOSITY
from symbolic.planning.prospects import Prospect
from symbolic.rules.explanations import Meeting, Premise
from symbolic.values.encounters import Outcome

MOST_INSTANCES = 3  # of one atom
MOST_MEETINGS = 4
MOST_FOLLOWED = 2
LEAST_SHARE = 0.05
COORDINATES = {"y": "row", "x": "column"}


def show(found: Explanation) -> RenderableType:
    """Scene, verdict, terms, what would have changed the choice, and the rules behind it."""
    digits = digits_of(found.entry.record)
    parts: list[RenderableType] = [
        *([Text(f"this step: {found.chosen}.")] if found.chosen else []),
        show_scene(found.entry, found.stage),
        Text(verdict(found), style="bold"),
        Text(),
        terms_table(found, digits),
        Text(),
        *(Text(text) for text in sentences(found)),
    ]
    if found.leads is not None:
        parts += leads_view(found, found.leads)
    if found.futures is not None:
        parts += [Text(), *map(Text, lines(found.futures))]
    if found.doubt:
        parts += [Text(f"careful: {found.doubt}", style="bold red")]
    trees = rules_view(found)
    if trees:
        parts += [Text(), Text("rules behind it:"), *trees]
    return Group(*parts)


def sentences(found: Explanation) -> list[str]:
    """Whether the terms are all there is, what noise and what else would have changed the choice,
    what was foreseen."""
    return [
        exactness(found),
        *without_noise(found),
        what_would_change(found),
        *foresight_lines(found),
    ]


def rules_view(found: Explanation) -> list[Tree]:
    """The rules that made the cells, and the first meeting, with the objects they were about."""
    digits, trees = digits_of(found.entry.record), []
    shown: set[str] = set()
    leads = {term.name: term.lead for term in found.contrast.terms}
    for name, atom in found.cells.items():
        title = Text(f"{name} ({leads[name]:+.{digits}f})", style="bold")
        trees.append(_tree(found, atom, title, shown))
    for meeting in (found.foresight.meetings if found.foresight else ())[:1]:
        if meeting.atom in found.reasons:
            trees.append(_tree(found, meeting.atom, Text(meeting.atom, style="bold"), shown))
    return trees


def verdict(found: Explanation) -> str:
    """The two actions, and by how much one leads."""
    versus, digits = found.contrast, digits_of(found.entry.record)
    taken, other = _names(found)
    reason = found.entry.record.reason
    head = f"{taken}{f' ({reason})' if reason else ''} and not {other}: "
    if versus.lead == 0:
        return f"{head}both are worth {versus.values[0]:.{digits}f}."
    digits = max(digits, math.ceil(-math.log10(abs(versus.lead))))  # no near tie reads as one
    one, two = (f"{value:.{digits}f}" for value in versus.values)
    more = "more" if versus.lead > 0 else "less"
    return f"{head}it is worth {abs(versus.lead):.{digits}f} {more}, {one} against {two}."


def terms_table(found: Explanation, digits: int) -> Table:
    """What each term adds to both actions, those that speak for the action taken first."""
    versus = found.contrast
    taken, other = _names(found)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("cell", overflow="fold")
    for name in (taken, other, f"for {taken}"):
        table.add_column(name, justify="right", no_wrap=True)
    rows = list(versus.terms)
    if len(rows) > MOST_CELLS:  # the strongest on both sides stay
        half = MOST_CELLS // 2
        rows[half:-half] = [_sum(f"{len(rows) - 2 * half} more cells", rows[half:-half])]
    if found.rounding > EXACT:
        (one, two), known = versus.values, _sum("", versus.terms)
        rows.append(Term("not in any cell", one - known.taken, two - known.other))
    for term in [*rows, Term("value", *versus.values)]:
        numbers = (term.taken, term.other, term.lead)
        table.add_row(Text(term.name), *(f"{x:+.{digits}f}" for x in numbers))
    return table


def _sum(name: str, terms: Sequence[Term]) -> Term:
    return Term(name, sum(term.taken for term in terms), sum(term.other for term in terms))


def exactness(found: Explanation) -> str:
    """Whether the terms are all there is to the values."""
    if found.rounding <= EXACT:
        most = bound(found.entry.record)
        text = "exact: the contributions sum to the values used"
        return f"{text} (the log rounds by about {most:.1e} at most)."
    return f"not exact: the contributions miss the values used by up to {found.rounding:.2g}."


def without_noise(found: Explanation) -> Iterator[str]:
    """Whether the same would have been done without the noise that play explores with."""
    digits, actions = digits_of(found.entry.record), found.stage.actions
    taken = found.contrast.taken
    noise = found.calm
    if noise is None:
        if found.foresight is not None:
            yield (
                "An older version wrote this log: how much of foresight is noise, by which play "
                "explores, is not known."
            )
        return
    if noise.best == taken:
        yield f"Without noise ({CURIOSITY}) {actions[taken]} would have been the best all the same."
        return
    yield (
        f"Exploring: without noise {actions[noise.best]} would have been the best, worth "
        f"{noise.lead:.{digits}f} more than {actions[taken]}; noise ({CURIOSITY}) adds "
        f"{noise.added[0]:+.{digits}f} to {actions[taken]} and {noise.added[1]:+.{digits}f} to "
        f"{actions[noise.best]}."
    )


def what_would_change(found: Explanation) -> str:
    """Without which terms the other action would have been preferred."""
    taken, other = _names(found)
    if found.decisive == ():
        return f"{other} was worth more anyway; {taken} was not chosen for its value."
    if found.decisive is None:
        return f"Whatever cells were left out, {other} would not have been preferred."
    fewest = " (no fewer are enough)" if len(found.decisive) > 1 else ""
    return f"{other} would have been preferred without {', '.join(found.decisive)}{fewest}."


def foresight_lines(found: Explanation) -> Iterator[str]:
    """What the term of foresight was about, in sentences."""
    foresight = found.foresight
    if foresight is None:
        return
    named = foresight.named
    if named is None:
        kinds = Counter(row[1] for row in found.entry.record.objects if row[0] in foresight.targets)
        names = ", ".join(f"{n} of kind {_kind(found, kind)}" for kind, n in sorted(kinds.items()))
        meets = f" It could meet: {names}." if names else ""
        yield (
            f"{foresight.term}: nothing is foreseen to come level with me; this is the worth of "
            f"sending something out from the places within reach.{meets}"
        )
        return
    if not foresight.meetings:
        yield (
            f"{foresight.term}: one of kind {_kind(found, named.kind)} will be level with me in "
            f"{named.time / 4:g} agent steps, {named.offset:+d} pixels from where I am."
        )
    for index, each in enumerate(foresight.meetings[:MOST_MEETINGS]):
        head = f"{foresight.term}: " if index == 0 else "also foreseen: "
        yield f"{head}{_meeting(found, each, named)}."
    if (more := len(foresight.meetings) - MOST_MEETINGS) > 0:
        yield f"and {more} more."


def leads_view(found: Explanation, leads: Leads) -> list[RenderableType]:
    """Where each action leads, what such a strike is worth, and what mostly followed it."""
    if leads.why_not:
        return [Text(f"where the actions lead is not known: {leads.why_not}")]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("action")
    for name in (COORDINATES.get(found.axis, "position"), "offset", "worth", "value"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what followed such strikes")
    alike: dict[Prospect, list[int]] = {}
    for action, each in enumerate(leads.actions):
        alike.setdefault(each._replace(path=()), []).append(action)
    for each, actions in alike.items():
        likely = [f for f in each.followed[:MOST_FOLLOWED] if f.share >= LEAST_SHARE]
        table.add_row(
            Text(
                ", ".join(found.stage.actions[action] for action in actions),
                style="bold" if found.contrast.taken in actions else "",
            ),
            str(each.place),
            f"{each.offset:+d}",
            _worth(each.worth),
            _worth(each.value),
            "; ".join(
                f"{f.share:.0%} {outcome_text(f.outcome)} ({_worth(f.worth)})" for f in likely
            ),
        )
    head = (
        "where each action most likely leads until then, with the best that can follow it, as far "
        f"as the run knew after {leads.known_after} agent steps; value: of this meeting alone, not "
        "of those after it and of all else in the values above, by the plan without noise, over "
        "all ways that it may come, with the button that is kept until then:"
    )
    return [Text(), Text(head), table]


def _worth(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"  # no -0.00


def outcome_text(outcome: Outcome) -> str:
    """What became of a strike, in words; velocities in pixels per agent step."""
    word, along, gain = outcome
    if word == "leaves":
        return f"leaves at {along:+d} along, {gain:+d} faster"
    return {"passed": "passes", "gone": "is gone", "struck": "ends me"}.get(word, word)


def _meeting(found: Explanation, each: Foreseen, named: Meeting) -> str:
    who = f"one of kind {_kind(found, each.kind)}" if each.id is None else _object(found, each.id)
    me = "me" if found.me is None else f"me ({_object(found, found.me)})"
    where = COORDINATES.get(found.axis, "position")
    text = f"{who} will be level with {me} in {each.agent_steps:g} agent steps, at {where} "
    text += str(each.place)
    if (each.kind, each.agent_steps) != (named.kind, named.time / 4):
        return text
    return f"{text}, {named.offset:+d} pixels from where I am"


def _object(found: Explanation, number: int) -> str:
    """An object by its letter on the grid, its id, its kind's name if it has one, its place."""
    row = next((row for row in found.entry.record.objects if row[0] == number), None)
    if row is None:
        return f"object {number}"
    _, kind, y, x, *_ = row
    return f"{called(kind, found.stage.names, f'{letter(kind)} {number}')} at {y}, {x}"


def _kind(found: Explanation, kind: int) -> str:
    return called(kind, found.stage.names, letter(kind))


def _names(found: Explanation) -> tuple[str, str]:
    actions = found.stage.actions
    return actions[found.contrast.taken], actions[found.contrast.other]


def _tree(found: Explanation, atom: str, title: Text, shown: set[str]) -> Tree:
    """The instances that derive an atom, each atom's once."""
    tree = Tree(title, guide_style="dim")
    _grow(found, atom, tree, shown)
    return tree


def _grow(found: Explanation, atom: str, tree: Tree, shown: set[str]) -> None:
    if atom in shown:
        tree.add(Text("as above", style="dim"))
        return
    shown.add(atom)
    instances = found.reasons.get(atom, ())
    for instance in instances[:MOST_INSTANCES]:
        rule = Text(instance.rule)
        rule.append(f"  {place_of(instance)}", style="dim")
        branch = tree.add(rule)
        for premise in instance.body:
            leaf = branch.add(_premise(found, premise))
            if premise.role == "derived":
                _grow(found, premise.text, leaf, shown)
    if (more := len(instances) - MOST_INSTANCES) > 0:
        tree.add(Text(f"and in {more} more ways", style="dim"))


def _premise(found: Explanation, premise: Premise) -> Text:
    text = Text(premise.text, style="dim" if premise.role == "test" else "")
    if numbers := found.about.get(premise.text):
        text.append("  " + ", ".join(_object(found, n) for n in numbers), style="green")
    return text
