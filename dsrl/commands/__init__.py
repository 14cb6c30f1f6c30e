"""The commands of the command line, one a file: parse, call, print; no logic."""
