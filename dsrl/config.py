"""The configuration of a training run: each part's own settings, composed once."""

import difflib
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from hashlib import sha256
from typing import Any, TypeVar

from agents.dsrl import DSRLConfig
from agents.protocol import FACTS, Protocol
from perception.eyes import PIXELS
from perception.pixels import PixelConfig
from symbolic.rules.syntax import Source

METHOD = "dsrl"
OLD_PIXELS = "fcvae"  # how runs named the eyes of pixels while a network was trained with them
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Inherited:
    """Tables of another run that this one begins with.

    ``run`` is its name, ``agent_steps`` what it had learned from, ``text`` the tables themselves
    (`symbolic.inheritance.legacy_text`), ``sha256`` that of the text.
    """

    run: str
    game: str
    agent_steps: int
    sha256: str
    text: str


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run, as ``config.json`` keeps it.

    ``agent_steps`` is the whole budget, frames looked at by perception included;
    ``checkpoint_every`` counts agent steps. ``background`` are the user's rule files with their
    text, so that a run stands on its own when the files change or go; likewise ``tables``.
    """

    protocol: Protocol
    agent: DSRLConfig
    seed: int = 0
    agent_steps: int = 100_000
    checkpoint_every: int = 5_000
    background: tuple[Source, ...] = ()
    tables: Inherited | None = None

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, got {self.seed}")
        for name in ("agent_steps", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")

    def to_json(self) -> dict[str, Any]:
        """All settings as JSON values, with the method's name and the protocol's fixed facts."""
        background = [asdict(source) for source in self.background]
        own = {"protocol": self.protocol.to_json(), "background": background}
        return {"method": METHOD} | asdict(self) | own

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "TrainConfig":
        """The inverse of ``to_json``.

        Raises:
            ValueError: the run is of another method, or a key does not exist (the nearest is
                suggested).
        """
        if values.get("method") != METHOD:
            raise ValueError(f"a run of the method {values.get('method')!r} is no {METHOD} run")
        settings = {key: value for key, value in values.items() if key != "method"}
        agent = _with_eyes_of_today(settings.get("agent", {}))
        given = {**settings, "agent": agent}
        if stored := settings.get("protocol"):
            _refuse_unknown(
                stored, {*FACTS, *(each.name for each in fields(Protocol))}, "protocol."
            )
            given["protocol"] = Protocol.from_json(stored)  # which imports nothing untrusted
        return _build(cls, given, "")


def eyes_in(agent: Mapping[str, Any]) -> str:
    """The name of the eyes in an agent's stored settings; of old ones, that which they have now."""
    name = str(agent.get("eyes", OLD_PIXELS))
    return PIXELS if name == OLD_PIXELS else name


def _with_eyes_of_today(agent: Mapping[str, Any]) -> Mapping[str, Any]:
    """An agent's settings, those of a run from before `--perception pixels` as they are now.

    What the eyes of pixels find is the same; settings of the network beside them are left out.
    """
    if "perception" not in agent:
        return agent
    rest = {key: value for key, value in agent.items() if key != "perception"}
    pixels = PixelConfig.from_json(agent["perception"]).to_json()
    return {**rest, "eyes": eyes_in(agent), "pixels": pixels}


def _build(cls: type[T], values: Mapping[str, Any], place: str) -> T:
    """Makes a (nested) dataclass from JSON values; ``place`` is where it stands, for errors."""
    _refuse_unknown(values, {field.name for field in fields(cls)}, place)  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    built = {key: _nested(hints[key], value, f"{place}{key}.") for key, value in values.items()}
    try:
        return cls(**built)
    except TypeError as error:
        raise ValueError(f"settings are missing in {place or 'the configuration'}: {error}") from (
            error
        )


def _refuse_unknown(values: Mapping[str, Any], known: set[str], place: str) -> None:
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {place}{near[0]}?" if near else f"known: {sorted(known)}"
            raise ValueError(f"there is no setting {place}{key}: {hint}")


def _nested(hint: Any, value: Any, place: str) -> Any:
    """A JSON value as what its type hint says: a dataclass, a tuple of them, or plain."""
    if isinstance(value, Mapping):
        own = [each for each in (hint, *typing.get_args(hint)) if is_dataclass(each)]
        return _build(own[0], value, place) if own else value  # type: ignore[arg-type]
    if isinstance(value, list):
        return tuple(_nested(typing.get_args(hint)[0], item, place) for item in value)
    return value


def in_use(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """A configuration in JSON without the settings of the learner that the agent has not: these may
    change from version to version, and the run goes on as it did."""
    agent = config.get("agent")
    if not isinstance(agent, Mapping):
        return config
    other = "learner" if agent.get("learns") == "model" else "model"
    return {**config, "agent": {key: agent[key] for key in agent if key != other}}


def differences(stored: Mapping[str, Any], given: Mapping[str, Any], place: str = "") -> list[str]:
    """What differs between two configurations in JSON, one text per setting."""
    found = []
    for key in [*stored, *(key for key in given if key not in stored)]:
        one, other = stored.get(key), given.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found += differences(one, other, f"{place}{key}.")
        elif one != other:
            found.append(f"{place}{key} is {_short(one)} in the run, {_short(other)} was asked for")
    return found


def _file(source: Mapping[str, Any]) -> str:
    """A file that a configuration holds: its path, and what tells its contents from others."""
    return f"{source['path']} ({sha256(source['text'].encode()).hexdigest()[:8]})"


def _short(value: Any) -> str:
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
        return ", ".join(map(_file, value))
    text = repr(value) if value != [] else "none"
    return text if len(text) <= 60 else text[:57] + "..."
