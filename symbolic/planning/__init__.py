"""Planning: what is foreseen of meetings and launches, and the best way to it."""
