"""A process of its own for rules that nobody has vouched for.

Grounding cannot be interrupted, so what it may cost is bounded by the operating system: each
request has a CPU-time and a wall-clock limit, the process an address-space limit. Requests and
answers are lines of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from symbolic.facts import Fact, Facts, SymbolicObject, state_facts
from symbolic.rules.compiled import Keep, compile_sources
from symbolic.rules.grounder import Answer, Grounder
from symbolic.rules.syntax import ProgramError, Source
from symbolic.rules.trial import check

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from symbolic.rules.worker import main; main()"
)

OUT_OF_MEMORY = 77  # the child's exit status


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one request may cost."""

    cpu_seconds: float = 5.0
    wall_seconds: float = 30.0
    memory_bytes: int = 2 * 1024**3

    def __post_init__(self) -> None:
        if min(self.cpu_seconds, self.wall_seconds, self.memory_bytes) <= 0:
            raise ValueError("limits must be positive")


class LimitError(ProgramError):
    """Grounding took more time or memory than allowed and was stopped."""


class Worker:
    """A child process that checks rule files and answers states; started when first needed."""

    def __init__(
        self,
        base: Source,
        background: Sequence[Source],
        limits: Limits,
        *,
        keep: Keep = "shown",
    ) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._limits = limits
        self._files = ", ".join(source.path for source in background)
        self._setup = {
            "base": asdict(base),
            "background": [asdict(source) for source in background],
            "keep": keep,
            "limits": asdict(limits),
        }

    def check(self, rules: int | None = None) -> dict[str, Any]:
        """Compile, and ground a crowded state with the first ``rules`` background rules.

        Returns the fields of `symbolic.rules.trial.Verdict`.

        Raises:
            ProgramError: what is wrong with the files, and where.
            LimitError: grounding was stopped.
        """
        return self._request({"check": True, "rules": rules})

    def solve(self, states: Sequence[Facts]) -> list[Answer]:
        """Answers of the states, in one grounding if there are several.

        Raises:
            LimitError: grounding was stopped; the next call starts a new process.
        """
        reply = self._request({"states": states})
        return [
            Answer(
                tuple((table, tuple(key)) for table, key in cells),
                tuple(relations),
            )
            for cells, relations in reply["answers"]
        ]

    def close(self) -> None:
        """End the process; a later request starts a new one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(BrokenPipeError):  # closing sends what it still holds
                    if pipe is not None:
                        pipe.close()

    def __del__(self) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).resolve().parents[2])
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _BOOT, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the run, which then closes the worker
        )
        self._process = process
        self._send(process, self._setup)
        return process

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            process = self._process or self._start()
            self._send(process, request)
            line = self._receive(process)
        except BrokenPipeError:
            line = b""
        if not line.endswith(b"\n"):
            raise LimitError(f"{self._files}: {self._why_stopped()}")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise {"limit": LimitError, "program": ProgramError}.get(reply["kind"], ValueError)(
                reply["error"]
            )
        return reply

    def _why_stopped(self) -> str:
        """The dead or overdue process's story; it is gone afterwards."""
        process, limits = self._process, self._limits
        if process is not None:
            with suppress(subprocess.TimeoutExpired):  # its end of the pipe closes before it dies
                process.wait(timeout=0.5)
        self.close()
        ended = process.returncode if process is not None else 0
        if -ended in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT):
            return "clingo crashed on it; are terms nested too deeply?"
        if ended == OUT_OF_MEMORY:
            reason = f"it needs more than {limits.memory_bytes // 1024**2} MiB"
        elif -ended not in (signal.SIGPROF, signal.SIGALRM, signal.SIGKILL):
            return f"grounding stopped, and did not say why (exit status {ended})"
        else:
            reason = f"it takes more than {limits.cpu_seconds:g} s"
        return f"grounding was stopped: {reason}; make the rules match fewer combinations"

    def _send(self, process: subprocess.Popen[bytes], message: dict[str, Any]) -> None:
        assert process.stdin is not None
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()

    def _receive(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], self._limits.wall_seconds)
        return process.stdout.readline() if ready else b""


def crowded_state() -> Facts:
    """About the worst a screen offers: 40 moving objects of 8 kinds, and all facts of others."""
    kinds = range(8)
    objects = [
        SymbolicObject(
            id=i,
            kind=i % 8,
            y=(i * 53) % 210,
            x=(i * 37) % 160,
            dy=i % 7 - 3,
            dx=i % 5 - 2,
            height=4 + i % 9,
            width=2 + i % 8,
        )
        for i in range(40)
    ]
    facts: list[Fact] = [("me", 0), ("axis", "y"), ("range", 20, 190)]
    facts += [("attribute", latent, 3 * latent - 20) for latent in range(16)]
    for kind in kinds:
        facts += [("seen", a, kind, kind - 4, 3, kind % 3, 2, 1, -1, a) for a in (0, 1)]
        facts += [("comes", kind, 90, 2, 40, 3, 20, 190)]
        facts += [("strike", kind, 3, 2, 1, 1), ("leaves", kind, 90, 2, 2)]
        facts += [("passed", kind), ("gone", kind), ("struck", kind), ("launch", kind, 3)]
    return state_facts(objects, facts)


class _Server:
    """The child's side: one compiled program, answering requests."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.base = Source(**setup["base"])
        self.background = [Source(**source) for source in setup["background"]]
        self.keep: Keep = setup["keep"]
        self.grounder: Grounder | None = None

    def check(self, rules: int | None) -> dict[str, Any]:
        sources = self.base, self.background
        return check(*sources, state=crowded_state(), first_rules=rules)._asdict()

    def solve(self, states: list[list[list[str | int]]]) -> dict[str, Any]:
        if self.grounder is None:
            self.grounder = Grounder(compile_sources(self.base, self.background, keep=self.keep))
        grounder = self.grounder
        facts = [tuple(tuple(fact) for fact in state) for state in states]
        return {"answers": grounder.answers(facts)}

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            if "check" in request:
                return self.check(request["rules"])
            return self.solve(request["states"])
        except ProgramError as error:
            return {"kind": "program", "error": str(error)}
        except RecursionError:
            files = ", ".join(source.path for source in self.background)
            return {"kind": "program", "error": f"{files}: terms are nested too deeply"}
        except (ValueError, TypeError) as error:
            return {"kind": "value", "error": str(error)}


def main() -> None:
    """Serve requests from standard input until it closes."""
    requests = sys.stdin.buffer
    answers = sys.stdout.buffer
    setup = json.loads(requests.readline())
    limits = Limits(**setup["limits"])
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    server = _Server(setup)
    for line in requests:
        # Left to their defaults, these signals end the process even inside clingo.
        signal.setitimer(signal.ITIMER_PROF, limits.cpu_seconds)
        signal.setitimer(signal.ITIMER_REAL, limits.wall_seconds)
        try:
            reply = server.reply(json.loads(line))
        except (MemoryError, RuntimeError):
            os._exit(OUT_OF_MEMORY)  # inside clingo: nothing left to trust, the parent says so
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(reply).encode() + b"\n")
        answers.flush()
