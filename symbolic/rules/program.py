"""Rule programs: relations.lp and, if the user has some, knowledge of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from symbolic.rules.syntax import ProgramError, Source, read_sources
from symbolic.rules.worker import LimitError, Limits, Worker

RELATIONS = Path(__file__).with_name("relations.lp")

_TRIAL = Limits(cpu_seconds=3.0, wall_seconds=20.0, memory_bytes=1024**3)


@dataclass(frozen=True, kw_only=True)
class Program:
    """Checked rule files. ``background`` is empty when only relations.lp is used."""

    base: Source
    background: tuple[Source, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def load(cls, background: Path | None = None, *, trial: Limits = _TRIAL) -> Program:
        """Read, check and try the rules; the user's file is grounded in a process of its own.

        Raises:
            ProgramError: a file that cannot be used: file, line, column and reason.
            LimitError: grounding a crowded state took more than ``trial`` allows.
        """
        if background is not None:
            return cls.of(read_sources(Path(background)), trial=trial)
        (base,) = read_sources(RELATIONS)
        return cls(base=base)

    @classmethod
    def of(cls, sources: tuple[Source, ...], *, trial: Limits = _TRIAL) -> Program:
        """Check and try rules that were read already. Raises as `load` does."""
        (base,) = read_sources(RELATIONS)
        worker = Worker(base, sources, trial)
        try:
            found = worker.check()
        except LimitError as error:
            raise _blame(base, sources, trial, error) from None
        finally:
            worker.close()
        if found["mistakes"]:
            raise ProgramError(found["mistakes"][0])
        return cls(base=base, background=sources, warnings=tuple(found["warnings"]))


def _blame(
    base: Source, sources: tuple[Source, ...], limits: Limits, error: LimitError
) -> LimitError:
    """Find the first rule with which grounding explodes, by halving."""
    limits = replace(limits, cpu_seconds=min(1.5, limits.cpu_seconds))
    worker = Worker(base, sources, limits)
    try:
        rules = worker.check(rules=0)["where"]
        good, bad = 0, len(rules)
        while bad - good > 1:
            middle = (good + bad) // 2
            try:
                worker.check(rules=middle)
                good = middle
            except LimitError:
                bad = middle
    except ProgramError:
        return error  # not one rule's doing
    finally:
        worker.close()
    if not rules:
        return error
    for where, text, endless in reversed(rules[:bad]):
        if endless:
            return LimitError(
                f"{where}: {text}: grounding was stopped: this rests on itself, each time with a "
                "greater term; bound it, such as X < 100"
            )
    where, text, _ = rules[bad - 1]
    reason = str(error).split(": ", 1)[1]
    return LimitError(f"{where}: {text}: {reason}")
