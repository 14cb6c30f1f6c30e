"""Values: tables over cells, and what they are fitted to."""
