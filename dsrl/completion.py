"""What completes a command line at Tab: a script for bash and zsh that asks no Python.

tyro knows every option, and its own scripts would do, but they complete no folder of a run, offer
lines of help as words, and know of no games.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dsrl.experiments import game_names

SCRIPT = """\
# Completes dsrl at Tab, in bash and zsh. Write it anew after an update, and source it at start:
#   dsrl --completion > ~/.dsrl-completion && echo '. ~/.dsrl-completion' >> ~/.bashrc  # or .zshrc
_dsrl() {{
  local games="{games}"
  local word=${{COMP_WORDS[COMP_CWORD]}} words= before= said= each
  for each in "${{COMP_WORDS[@]:1:$((COMP_CWORD - 1))}}"; do
    case "$each" in {anywhere}) continue ;; esac
    before=$each said+="$each "
  done
  case "$said" in
{branches}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))  # where there is none, files and folders
}}
if [ -n "${{ZSH_VERSION-}}" ]; then
  whence compdef > /dev/null || {{ autoload -U compinit && compinit; }}
  autoload -U bashcompinit && bashcompinit
fi
complete -o default -F _dsrl dsrl
"""


def script(of_tyro: str, anywhere: Iterable[str]) -> str:
    """The script, given the one that tyro prints and the flags that may stand anywhere."""
    head = "COMPLETION_SPEC = "
    line = next(line for line in of_tyro.splitlines() if line.startswith(head))
    spec = ast.literal_eval(line.removeprefix(head))
    return SCRIPT.format(
        games=" ".join(game_names()), anywhere="|".join(anywhere),
        branches="\n".join(_branches("", spec)),
    )  # fmt: skip


def _branches(path: str, spec: Mapping[str, Any]) -> Iterator[str]:
    """What may follow each command, the longest first. Options are offered once a dash is there:
    what stands without is a folder."""
    parts = spec["subcommands"]
    for name, part in parts.items():
        yield from _branches(f"{path}{name} ", part)
    flags, cases, free = [], [], []
    for option in spec["options"]:
        flags += option["flags"]
        either = "|".join(option["flags"])
        if option["type"] == "choice":
            cases.append(f'{either}) words="{" ".join(option["choices"])}" ;;')
        elif either == "--game":
            cases.append("--game) words=$games ;;")
        elif option["type"] not in ("flag", "boolean"):
            free.append(either)
    cases += [f"{'|'.join(free)}) ;;"] if free else []
    cases += [f'*) words="{" ".join(parts)}"; [[ $word == -* ]] && words="{" ".join(flags)}" ;;']
    pattern = f'"{path}"*' if path else '""'
    yield f'  {pattern}) case "$before" in {" ".join(cases)} esac ;;'
