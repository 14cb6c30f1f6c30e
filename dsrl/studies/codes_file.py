"""Codes and factors from anywhere, in one .npz file: what `dsrl metrics --codes` takes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from perception.metrics.draws import Draws, batches_given, pairs_given
from perception.metrics.information import discrete_where_it_is
from perception.metrics.reference import references

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
COLUMNS = {"codes": "latents", "factors": "factors"}  # of the arrays that there must be
DRAWS, PARTS = ("factor_vae", "beta_vae"), ("fixed", "codes")


class CodesFile(NamedTuple):
    """Codes (N, K) and factors (N, F) by name; draws of one's own, if there are any; scores that
    are ``known``, of reference codes."""

    codes: np.ndarray
    factors: np.ndarray
    names: tuple[str, ...]
    batches: Draws | None
    pairs: Draws | None
    known: Mapping[str, float]


def read_codes(given: Path) -> CodesFile:
    """A file, or reference codes by their name where there is no such file.

    The arrays are `codes` (N, K), `factors` (N, F), `names` (F,) if they have any, and of draws of
    one's own `factor_vae_fixed` (D,), `factor_vae_codes` (D, B, K), `beta_vae_fixed` (D,),
    `beta_vae_codes` (D, 2, B, K). Others are not looked at.

    Raises:
        ValueError: it is no such file, an array is missing, of another kind, or does not fit.
    """
    known = references()
    if str(given) in known and not given.exists():
        of = known[str(given)]
        return CodesFile(of.codes, of.factors, of.names, None, None, of.known)
    arrays = _arrays(given, [*known])
    try:
        return _checked(arrays)
    except ValueError as error:
        raise ValueError(f"{given}: {error}") from error


def _arrays(path: Path, known: list[str]) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise ValueError(
            f"--codes {path}: there is no such file; reference codes are {', '.join(known)}"
        )
    wanted = {*COLUMNS, "names", *(f"{name}_{part}" for name in DRAWS for part in PARTS)}
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("it is no zip archive")
        with np.load(path) as file:
            found = {name: file[name] for name in file.files if name in wanted}
            there = ", ".join(file.files) or "none"
    except DAMAGED as error:
        raise ValueError(f"{path} is no .npz file of plain arrays ({error})") from error
    if missing := [name for name in COLUMNS if name not in found]:
        raise ValueError(f"{path} has no array {' or '.join(missing)}: its arrays are {there}")
    return found


def _checked(arrays: dict[str, np.ndarray]) -> CodesFile:
    codes, factors = (_table(name, arrays[name]) for name in COLUMNS)
    if len(codes) != len(factors):
        raise ValueError(
            f"codes have {len(codes)} rows but factors {len(factors)}: one row each a sample"
        )
    names = tuple(str(name) for name in arrays.get("names", np.arange(factors.shape[1])).ravel())
    if len(names) != factors.shape[1] or len(set(names)) < len(names):
        raise ValueError(
            f"names are {', '.join(names)}: give a name of its own to each of the "
            f"{factors.shape[1]} factors"
        )
    sizes = codes.shape[1], len(names)
    return CodesFile(
        codes.astype(float), discrete_where_it_is(factors), names,
        _draws("factor_vae", batches_given, arrays, *sizes),
        _draws("beta_vae", pairs_given, arrays, *sizes), {},
    )  # fmt: skip


def _table(name: str, values: np.ndarray) -> np.ndarray:
    _numbers(name, values)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"{name} are (samples, {COLUMNS[name]}), got shape {values.shape}")
    odd = np.argwhere(~np.isfinite(values))
    if len(odd):
        row, column = odd[0]
        raise ValueError(
            f"{name} hold {len(odd)} nan or inf, the first in row {row}, column {column}"
        )
    return values


def _numbers(name: str, values: np.ndarray) -> None:
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} are {values.dtype}, not real or whole numbers")


def _draws(
    name: str,
    make: Callable[[np.ndarray, np.ndarray], Draws],
    arrays: dict[str, np.ndarray],
    latents: int,
    factors: int,
) -> Draws | None:
    fixed, codes = (arrays.get(f"{name}_{part}") for part in PARTS)
    if fixed is None and codes is None:
        return None
    if fixed is None or codes is None:
        raise ValueError(f"{name}_fixed and {name}_codes go together: one is missing")
    _numbers(f"{name}_codes", codes)
    try:
        draws = make(fixed, codes)
    except ValueError as error:
        raise ValueError(f"{name}_fixed and {name}_codes: {error}") from error
    if codes.shape[-1] != latents:
        raise ValueError(f"{name}_codes have {codes.shape[-1]} latents, codes {latents}")
    if fixed.max() >= factors:
        raise ValueError(f"{name}_fixed names factor {fixed.max()}, of {factors} from 0")
    if len(fixed) < 3:
        raise ValueError(f"{name}_fixed has {len(fixed)} draws: give three or more")
    return draws
