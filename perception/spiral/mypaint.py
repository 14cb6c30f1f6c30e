"""MyPaint's brushes (libmypaint), as the paper has them: the same strokes in another hand.

A stroke is painted over the picture as it is, so that it depends on nothing else: the picture is
put on the surface as opaque paint, and each stroke has a brush of its own, as one that is used
again goes on with its random numbers. libmypaint and its brushes are packages of the system; of
them alone are brushes taken, as the library does not survive every file.
"""

from __future__ import annotations

import colorsys
import ctypes
import ctypes.util
import difflib
import json
import weakref
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from perception.spiral.brush import Strokes

LIBRARY = "mypaint-1.5"
FOLDERS = tuple(Path(f"/usr/share/mypaint-data/{version}/brushes") for version in ("2.0", "1.0"))
INSTALL = "sudo apt-get install libmypaint-1.5-1 mypaint-brushes"
TILE = 64  # pixels a side
FULL = 1 << 15  # of paint or light, in a tile
POINTS = 50  # of a stroke, as published
SECONDS = 0.1  # between two of them
COLOUR = "color_h", "color_s", "color_v"
CRASHES = "posterize"  # a setting of one brush: libmypaint 1.6 reads outside of its memory
KEPT = 8  # surfaces, by their size


class _Tile(ctypes.Structure):
    """MyPaintTileRequest."""

    _fields_ = (
        ("tx", ctypes.c_int),
        ("ty", ctypes.c_int),
        ("readonly", ctypes.c_int),
        ("buffer", ctypes.POINTER(ctypes.c_uint16)),
        ("context", ctypes.c_void_p),
        ("thread_id", ctypes.c_int),
        ("mipmap_level", ctypes.c_int),
    )


@cache
def _library() -> Any:
    """libmypaint, with the types of what is called. ValueError where it is not installed."""
    found = ctypes.util.find_library(LIBRARY)
    if found is None:
        raise ValueError(f"MyPaint's brushes need its library: {INSTALL}")
    library, pointer = ctypes.CDLL(found), ctypes.c_void_p
    number, real, double = ctypes.c_int, ctypes.c_float, ctypes.c_double
    for name, answer, asked in (
        ("mypaint_fixed_tiled_surface_new", pointer, (number, number)),
        ("mypaint_surface_unref", None, (pointer,)),
        ("mypaint_surface_begin_atomic", None, (pointer,)),
        ("mypaint_surface_end_atomic", None, (pointer, pointer)),
        ("mypaint_tile_request_init", None, (pointer, number, number, number, number)),
        ("mypaint_tiled_surface_tile_request_start", None, (pointer, pointer)),
        ("mypaint_tiled_surface_tile_request_end", None, (pointer, pointer)),
        ("mypaint_brush_new", pointer, ()),
        ("mypaint_brush_unref", None, (pointer,)),
        ("mypaint_brush_from_string", number, (pointer, ctypes.c_char_p)),
        ("mypaint_brush_setting_from_cname", number, (ctypes.c_char_p,)),
        ("mypaint_brush_set_base_value", None, (pointer, number, real)),
        ("mypaint_brush_stroke_to", number, (pointer, pointer, *[real] * 5, double)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = answer, asked
    return library


def brush_names() -> list[str]:
    """Those that are installed, by folder and name, such as classic/pen."""
    files = {
        str(f.relative_to(folder).with_suffix(""))
        for folder in FOLDERS
        for f in folder.glob("*/*.myb")
    }
    return sorted(files)


@lru_cache(maxsize=KEPT)
def read_brush(name: str) -> bytes:
    """The settings of a brush that is installed. ValueError where there is none of that name."""
    known = brush_names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=2, cutoff=0.4)
        hint = "give round, or one such as classic/pen" if known else f"none are here: {INSTALL}"
        if near:
            hint = f"did you mean {' or '.join(near)}?"
        raise ValueError(f"no brush {name}: {hint}")
    _library()
    files = [folder / f"{name}.myb" for folder in FOLDERS]
    settings = next(each for each in files if each.is_file()).read_bytes()
    if any(json.loads(settings)["settings"].get(CRASHES, {}).values()):
        raise ValueError(f"the brush {name} crashes libmypaint: choose another")
    return settings


class _Surface:
    """A picture as tiles of paint, all of which are whole: brushes look beyond the picture too."""

    def __init__(self, height: int, width: int) -> None:
        library = _library()
        whole = (-(-side // TILE) * TILE for side in (width, height))
        self.pointer = library.mypaint_fixed_tiled_surface_new(*whole)
        release = weakref.finalize(self, library.mypaint_surface_unref, self.pointer)
        release.atexit = False
        self._tiles: list[tuple[int, int, np.ndarray]] = []
        for top in range(0, height, TILE):
            for left in range(0, width, TILE):
                tile = _Tile()
                at = left // TILE, top // TILE
                library.mypaint_tile_request_init(ctypes.byref(tile), 0, *at, 0)
                library.mypaint_tiled_surface_tile_request_start(self.pointer, ctypes.byref(tile))
                pixels = np.ctypeslib.as_array(tile.buffer, (TILE, TILE, 4))
                library.mypaint_tiled_surface_tile_request_end(self.pointer, ctypes.byref(tile))
                self._tiles.append((top, left, pixels))

    def show(self, picture_HWC: np.ndarray) -> None:
        """Put a picture on it."""
        for top, left, tile in self._tiles:
            tile[..., :3] = 0
            part = picture_HWC[top : top + TILE, left : left + TILE].astype(np.uint32)
            tile[: len(part), : part.shape[1], :3] = (part * FULL + 127) // 255
            tile[..., 3] = FULL

    def read(self, picture_HWC: np.ndarray) -> None:
        """Fill in what it shows; of a grey picture the light."""
        channels = picture_HWC.shape[2]
        for top, left, tile in self._tiles:
            part = picture_HWC[top : top + TILE, left : left + TILE]
            shown = tile[: len(part), : part.shape[1], :channels].astype(np.uint32)
            part[:] = np.minimum((shown * 255 + FULL // 2) // FULL, 255)


@lru_cache(maxsize=KEPT)
def _surface(height: int, width: int) -> _Surface:
    return _Surface(height, width)


def paint(pictures_NHWC: np.ndarray, strokes: Strokes, name: str) -> None:
    """One stroke on each picture, in place, with this brush; by one thread at a time. ValueError as
    `read_brush`."""
    settings, surface = read_brush(name), _surface(*pictures_NHWC.shape[1:3])
    along_P1 = np.linspace(0.0, 1.0, POINTS)[:, None]
    for n in np.flatnonzero(strokes.pen_down_N):
        ends = strokes.starts_N2[n], strokes.controls_N2[n], strokes.ends_N2[n]
        weights = (1 - along_P1) ** 2, 2 * (1 - along_P1) * along_P1, along_P1**2  # eq. 7
        points_P2 = sum(w * each for w, each in zip(weights, ends, strict=True))
        colour = np.broadcast_to(strokes.colours_NC[n], 3) / 255
        look = dict(zip(COLOUR, colorsys.rgb_to_hsv(*colour), strict=True))
        look["radius_logarithmic"] = float(np.log(strokes.radii_N[n]))
        surface.show(pictures_NHWC[n])
        _stroke(surface, settings, look, points_P2 + 0.5, float(strokes.pressures_N[n]))
        surface.read(pictures_NHWC[n])


def _stroke(
    surface: _Surface,
    settings: bytes,
    look: dict[str, float],
    points_P2: np.ndarray,
    pressure: float,
) -> None:
    library = _library()
    brush = library.mypaint_brush_new()
    library.mypaint_brush_from_string(brush, settings)
    for name, value in look.items():
        setting = library.mypaint_brush_setting_from_cname(name.encode())
        library.mypaint_brush_set_base_value(brush, setting, value)
    library.mypaint_surface_begin_atomic(surface.pointer)
    pressures = [0.0, *[pressure] * len(points_P2)]  # a new brush is first put somewhere
    for (y, x), pressed in zip([points_P2[0], *points_P2], pressures, strict=True):
        library.mypaint_brush_stroke_to(brush, surface.pointer, x, y, pressed, 0.0, 0.0, SECONDS)
    library.mypaint_surface_end_atomic(surface.pointer, None)
    library.mypaint_brush_unref(brush)
