"""Deep symbolic reinforcement learning: experiments, command line, loop, runs and reports.

``dsrl.load(path)`` opens a run (`docs/python.md`); importing this registers the games with
gymnasium (``DSRL/...-v0``), and loads neither torch nor clingo.
"""

import dsrl.experiments  # noqa: F401 (registers the games)
