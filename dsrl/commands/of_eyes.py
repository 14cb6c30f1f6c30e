"""What the commands share that train eyes."""

from agents.dsrl import GAUSSIAN_OF_BETA_1
from perception.detection import LatentConfig
from perception.eyes import GAUSSIAN, LATENTS, PIXELS
from perception.gaussian_eyes import GaussianEyesConfig
from perception.pixels import PixelConfig


def of_others_refused(
    eyes: str,
    latents: LatentConfig,
    pixels: PixelConfig,
    gaussian: GaussianEyesConfig = GAUSSIAN_OF_BETA_1,
) -> None:
    """ValueError where settings of eyes were given that are not asked for; dense eyes learn the
    scene that those of pixels find."""
    of_others = (
        (LATENTS, latents != LatentConfig() and eyes != LATENTS),
        (PIXELS, pixels != PixelConfig() and eyes in (LATENTS, GAUSSIAN)),
        (GAUSSIAN, gaussian != GAUSSIAN_OF_BETA_1 and eyes != GAUSSIAN),
    )
    for name, given in of_others:
        if given:
            raise ValueError(
                f"--{name}.* set the eyes of {name}: leave them out, or --perception {name}"
            )
