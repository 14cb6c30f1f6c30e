"""Shooting: what actions send out, what it meets, and what that is worth."""
