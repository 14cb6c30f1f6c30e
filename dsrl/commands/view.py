"""``dsrl view``."""

import importlib.util
import sys
from pathlib import Path

from dsrl.commands.common import Flag, RunPaths

PACKAGES = ("starlette", "uvicorn")


def command(
    runs: RunPaths,
    /,
    *,
    port: int = 0,
    no_browser: Flag = False,
    export: Path | None = None,
    episode: int | None = None,
    latents: Flag = False,
) -> None:
    """Looks at runs in a browser: games scrubbed, steps explained, eyes opened, facts searched.

    Of runs of betavae and simvae, and with --latents of an agent's eyes (--perception gaussian),
    the latents have sliders; what they draw is drawn as they move.

    The page is served on this machine alone, until Ctrl-C; of a run under way it shows how far it
    has come. With --export it is written to one file instead, with one recorded game of each run.

    Args:
        runs: the folders of the runs.
        port: where to serve; 0 is any that is free.
        no_browser: print the address, and open nothing.
        export: write the page to this file, which any browser opens without a server.
        episode: with --export: which of the recorded games, from 0; without it the last.
        latents: move the latent filters of eyes that are Gaussian, and add noise to them.
    """
    from dsrl.view.encoders import encoders_of
    from dsrl.view.runs import Library

    encoders = encoders_of(runs, latents)
    if encoders is not None and (export is not None or episode is not None):
        raise ValueError("an encoder draws while the page is served: leave out --export, --episode")
    if export is not None:
        from dsrl.view.export import export_page

        size = export_page(Library(runs), export, episode)
        print(f"wrote {export}: {size / 1e6:.1f} MB, open it in a browser")
        return
    if episode is not None:
        raise ValueError("--episode chooses the game of --export FILE: give both")
    if not 0 <= port < 2**16:
        raise ValueError(f"--port is 0 to {2**16 - 1}, not {port}")
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise ValueError(f"dsrl view needs {' and '.join(missing)}: pip install dsrl[view]")
    from dsrl.view.server import serve

    if encoders is not None:
        encoders.about()  # what cannot be read is said here, not in the page
        serve(encoders, port, not no_browser)
        return
    library = Library(runs)
    for run in library.runs:
        if note := run.about()["note"]:
            print(f"note: {note}", file=sys.stderr)
    serve(library, port, not no_browser)
