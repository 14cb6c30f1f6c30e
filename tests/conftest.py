"""One thread: of small networks more are no faster, and many times slower on a machine in use."""

import torch

torch.set_num_threads(1)
