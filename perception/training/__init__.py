"""One loop that fits every autoencoder, and the sets of frames that it learns from."""
