"""Eyes whose latents are Gaussian, as in Sherburn 2017, and what they say of objects."""
