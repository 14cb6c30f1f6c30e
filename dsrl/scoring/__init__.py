"""Scoring: what perception finds, against the console's memory."""
