"""Runs looked at in a browser: games scrubbed, steps explained, eyes opened, facts searched.

``runs`` reads runs and answers with JSON values; ``server`` hands the answers to the page on
this machine; ``export`` puts page and answers into one file.
"""
