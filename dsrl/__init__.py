"""Deep symbolic reinforcement learning: experiments, command line, loop, runs and reports."""
