"""Play as a video: MP4 through FFmpeg, or a GIF."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from dsrl.runs.files import check_writable, full_disk_named
from perception.files import staged_file
from perception.png import encode_png

MP4, GIF = ".mp4", ".gif"
ENCODER = "imageio_ffmpeg"
INSTALL = "python -m pip install imageio-ffmpeg"
SCALE = {MP4: 4, GIF: 2}  # sides of a pixel of the game, in pixels of the video
QUALITY = 6.5  # of 10: no difference is seen

Film = Callable[[np.ndarray], None]
"""Takes the next frame, uint8 (H, W, 3), all of one shape."""


@contextmanager
def film(path: Path, steps_per_second: int) -> Iterator[Film]:
    """Takes frames, and puts a video of them at `path` once the block ends well.

    A block that raises leaves what was there. Raises ValueError where `path` is neither .mp4 nor
    .gif or a folder, or the encoder is not installed or fails; OSError where it cannot be written,
    DiskFullError.
    """
    _check(path)
    check_writable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with full_disk_named(f"{path} was not written"), staged_file(path) as staged:
        encoder = (_Mp4 if path.suffix == MP4 else _Gif)(staged, steps_per_second)
        try:
            yield encoder.add
            encoder.finish()
        finally:
            encoder.stop()


def _check(path: Path) -> None:
    if path.suffix not in SCALE:
        raise ValueError(f"a video is a file {MP4} or {GIF}, and {path} is neither")
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file")
    if path.suffix == MP4 and importlib.util.find_spec(ENCODER) is None:
        raise ValueError(f"{MP4} needs an encoder: {INSTALL} (the extra dsrl[video]); {GIF} none")


class _Mp4:
    """H.264; pixels are enlarged without smoothing."""

    def __init__(self, path: Path, steps_per_second: int) -> None:
        self._path, self._rate = path, steps_per_second
        self._frames = 0
        self._ffmpeg: Generator[None, bytes | None, None] | None = None

    def add(self, frame: np.ndarray) -> None:
        if self._ffmpeg is None:
            self._ffmpeg = self._begin(*frame.shape[:2])
        try:
            self._ffmpeg.send(frame.tobytes())
        except OSError as error:  # a pipe that broke: what it means stands in the encoder's output
            raise self._failed() from error
        self._frames += 1

    def _begin(self, height: int, width: int) -> Generator[None, bytes | None, None]:
        from imageio_ffmpeg import write_frames

        larger = f"scale=iw*{SCALE[MP4]}:ih*{SCALE[MP4]}:flags=neighbor"
        ffmpeg: Generator[None, bytes | None, None] = write_frames(
            self._path,
            (width, height),
            fps=self._rate,
            quality=QUALITY,
            macro_block_size=1,
            ffmpeg_log_level="quiet",
            output_params=["-vf", larger, "-movflags", "+faststart", "-f", MP4[1:]],
        )
        ffmpeg.send(None)
        return ffmpeg

    def finish(self) -> None:
        """Ends the file. ValueError where frames are missing, which the encoder does not tell."""
        from imageio_ffmpeg import count_frames_and_secs

        self.stop()
        try:
            count, _ = count_frames_and_secs(self._path)
        except RuntimeError as error:
            raise self._failed() from error
        if count != self._frames:
            raise self._failed()

    def stop(self) -> None:
        if self._ffmpeg is not None:
            self._ffmpeg.close()

    def _failed(self) -> ValueError:
        return ValueError(f"the encoder stopped after {self._frames} frames: is the disk full?")


class _Gif:
    """The colours of each frame as they are, up to 256; written at the end."""

    def __init__(self, path: Path, steps_per_second: int) -> None:
        self._path, self._rate = path, steps_per_second
        self._frames: list[bytes] = []  # as PNG files: a long game fits into memory

    def add(self, frame: np.ndarray) -> None:
        self._frames.append(encode_png(frame))

    def finish(self) -> None:
        first, *rest = map(_coloured, self._frames)
        duration = round(1000 / self._rate, -1)  # milliseconds; a GIF counts in hundredths
        with self._path.open("wb") as file:
            first.save(file, "GIF", save_all=True, append_images=rest, duration=duration, loop=0)

    def stop(self) -> None:
        """Nothing is open."""


def _coloured(png: bytes) -> Image.Image:
    picture = Image.open(BytesIO(png)).convert("RGB")
    size = picture.width * SCALE[GIF], picture.height * SCALE[GIF]
    few = picture.quantize(colors=256, dither=Image.Dither.NONE)
    return few.resize(size, Image.Resampling.NEAREST)
