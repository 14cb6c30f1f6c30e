"""What decides how an agent learns to draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from perception.device import Precision
from perception.spiral.agent import AgentConfig, Size
from perception.spiral.discriminator import DiscriminatorConfig
from perception.spiral.env import When
from perception.spiral.pictures import VariationConfig
from perception.spiral.stroke_programs import ProgramConfig
from perception.spiral.strokes import StrokesConfig

Reward = Literal["l2", "discriminator"]


@dataclass(frozen=True, kw_only=True)
class SpiralConfig:
    """Three parts, each of so many updates, 0 to leave one out: *inversion* of programs by chance,
    *improvement* (search from the agent's own programs, which then learns what was found), and the
    paper's *reinforcement*."""

    inversion: int = 2000  # updates on programs by chance
    improvement: int = 2000  # updates on programs that search made better
    reinforcement: int = 0  # updates by reward (eq. 3)
    steps: int = 8  # actions of a program (20 in the paper)
    batch_size: int = 64  # programs an update, as in the paper
    rate: float = 1e-3  # Adam's; falls to 0 over the second half of these two parts
    evaluations: int = 200  # renderings of search for each program it makes better
    searched: int = 32  # pictures an update that the agent draws and search improves
    dreams: float = 0.25  # share of programs by chance in improvement's updates
    remembered: int = 2048  # improved programs that are learned from
    reward: Reward = "l2"  # what reinforcement goes by: distance to the target, or discriminator
    when: When = "end"  # the reward comes: once (eq. 4), or at each step what it rose by
    line_price: float = 0.0  # for each line that is begun (4.3)
    empty_price: float = 0.0  # for a drawing that is left empty (4.3)
    colour_price: float = 0.0  # for a unit of distance between histograms of colours (4.5)
    policy_rate: float = 1e-4  # Adam's in reinforcement
    entropy: float = 1e-3  # weight, in nats of the choices of a step
    value: float = 0.5  # weight of the value's error
    clip: float = 1.0  # largest norm of a gradient
    precision: Precision = "float32"  # bfloat16 is faster where the processor knows it
    size: Size = "small"  # of the agent's network; "paper" as in Figures 12 and 13
    conditional: bool = True  # the agent is shown a picture to draw; without, noise in its place
    blind: bool = False  # it does not see the canvas (4.3), only what it did last
    noise: int = 10  # numbers of noise, of an unconditional agent
    seed: int = 0  # of all chance
    strokes: StrokesConfig = field(default_factory=StrokesConfig)
    programs: ProgramConfig = field(default_factory=ProgramConfig)
    variation: VariationConfig = field(default_factory=VariationConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)

    def __post_init__(self) -> None:
        _ = self.agent  # checked
        for name in ("steps", "batch_size", "evaluations", "searched", "remembered"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in (
            "inversion",
            "improvement",
            "reinforcement",
            "entropy",
            "value",
            "seed",
            "line_price",
            "empty_price",
            "colour_price",
        ):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if not 0 <= self.dreams < 1:
            raise ValueError(f"dreams must be in 0 to below 1, got {self.dreams}")
        for name in ("rate", "policy_rate", "clip"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if not self.iterations:
            raise ValueError(
                "inversion, improvement and reinforcement are all 0: nothing is learned"
            )
        if not self.conditional and self.improvement:
            raise ValueError("improvement searches for pictures, which an unconditional agent is "
                             "not shown: add --improvement 0")  # fmt: skip
        if not self.conditional and self.reinforcement and self.reward == "l2":
            raise ValueError("l2 is the distance to a target, which an unconditional agent lacks: "
                             "add --reward discriminator")  # fmt: skip

    @property
    def agent(self) -> AgentConfig:
        """What the agent is shown, and how large it is."""
        return AgentConfig(
            size=self.size, conditional=self.conditional, blind=self.blind, noise=self.noise
        )

    @property
    def iterations(self) -> int:
        """Updates of all parts."""
        return self.inversion + self.improvement + self.reinforcement

    def part(self, iteration: int) -> int:
        """0 inversion, 1 improvement, 2 reinforcement."""
        return (iteration >= self.inversion) + (iteration >= self.inversion + self.improvement)
