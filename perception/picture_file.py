"""Pictures of one's own from files, as a person sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

WIDE = ("I;16", "I;16B", "I;16L", "I")  # modes of grey in 16 bits


def read_picture(path: Path) -> np.ndarray:
    """(H, W, 3) uint8: red, green, blue; turned as the file says, and white where transparent.

    Raises:
        ValueError: the file cannot be read as a picture.
    """
    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file)
            if picture.mode in WIDE:
                grey = np.asarray(picture).astype(np.int64) >> 8
                picture = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
            shown = picture.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} cannot be read as an image: mend it or take it away") from error
    paper = Image.new("RGBA", shown.size, "white")
    return np.array(Image.alpha_composite(paper, shown).convert("RGB"))
