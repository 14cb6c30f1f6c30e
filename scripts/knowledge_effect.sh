#!/usr/bin/env bash
# What knowledge of one's own is worth: agent steps to a score with and without each example, on
# three seeds. Can be stopped and started again: runs go on where they were, what is finished is
# left out. `scripts/knowledge_effect.sh [OUT]`, OUT is results/knowledge if not given. Each group
# is compared by itself, since `dsrl compare` averages all runs of one protocol and budget;
# OUT/knowledge-GAME.csv has one row a run of all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-results/knowledge}
steps=${STEPS:-50000}
seeds=${SEEDS:-0 1 2}
dsrl=${DSRL:-.venv/bin/dsrl}
runs=${RUNS:-runs}
export OMP_NUM_THREADS=1

train() { # run game seed knowledge
    local options=(--game "$2" --seed "$3" --agent-steps "$steps" --out "$1")
    if [ "$4" != none ]; then options+=(--background "knowledge/$4.lp"); fi
    if [ -s "$1/evaluations.csv" ]; then return; fi
    if [ -e "$1" ]; then options+=(--resume); fi
    "$dsrl" train "${options[@]}"
    "$dsrl" evaluate "$1" --episodes "${EPISODES:-10}" --seed 1000
}

rows() { # game knowledge: its runs, each row behind the knowledge it had
    sed "1s/^/knowledge,/; 2,\$s/^/$2,/" "$out/$1-$2/runs.csv"
}

compare() { # game knowledge...
    local game=$1 knowledge seed group
    local table="$out/knowledge-$game.csv"
    shift
    for seed in $seeds; do
        for knowledge in "$@"; do
            train "$runs/knowledge-$game-$knowledge-s$seed" "$game" "$seed" "$knowledge"
        done
    done
    for knowledge in "$@"; do
        group=()
        for seed in $seeds; do group+=("$runs/knowledge-$game-$knowledge-s$seed"); done
        "$dsrl" compare "${group[@]}" --out "$out/$game-$knowledge"
    done
    { rows "$game" "$1"; for knowledge in "${@:2}"; do rows "$game" "$knowledge" | tail -n +2; done; } \
        > "$table.new"
    mv "$table.new" "$table"
    cat "$table"
}

compare pong none bounce centre
compare space_invaders none cover
