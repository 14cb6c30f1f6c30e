"""Compiled code on disk is of the sources that are there, or it goes.

Numba compiles a function anew when its own file has changed, not when one that it calls in another
file has: after an update in place the futures of before would be imagined.
"""

from hashlib import sha256
from pathlib import Path

MARK = "compiled-of"


def forget_stale(folder: Path) -> bool:
    """Remove what was compiled of other sources than the folder has now; whether that was so."""
    sources = sha256()
    for file in sorted(folder.glob("*.py")):
        sources.update(file.read_bytes())
    mark, now = folder / "__pycache__" / MARK, sources.hexdigest()
    try:
        if mark.exists() and mark.read_text() == now:
            return False
        mark.parent.mkdir(exist_ok=True)
        for kept in mark.parent.glob("*.nb[ci]"):
            kept.unlink(missing_ok=True)
        mark.write_text(now)
    except OSError:  # a folder that cannot be written to: nothing was compiled into it
        return False
    return True
