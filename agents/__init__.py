"""Agents, their environments, and the grounding between perception and symbols."""
