"""Deep symbolic reinforcement learning: experiments, command line, loop, runs and reports.

``dsrl.load(path)`` opens a run (``docs/python.md``); importing this registers the games with
gymnasium (``DSRL/...-v0``), and loads neither torch nor clingo.
"""

from typing import TYPE_CHECKING, Any

import dsrl.experiments  # noqa: F401 (registers the games)

if TYPE_CHECKING:
    from dsrl.api import Run, load

    __version__: str

__all__ = ["Run", "__version__", "load"]


def __getattr__(name: str) -> Any:
    """What is public, imported when it is asked for: the command line needs none of it."""
    if name == "__version__":
        from importlib.metadata import version

        return version("dsrl")
    if name in __all__:
        from dsrl import api

        return getattr(api, name)
    raise AttributeError(f"module 'dsrl' has no attribute {name!r}: it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
