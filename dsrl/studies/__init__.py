"""Studies: the papers' experiments, with their pages and pictures."""
