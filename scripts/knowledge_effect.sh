#!/usr/bin/env bash
# What knowledge of one's own is worth: agent steps to a score with and without each example, on
# three seeds. Can be stopped and started again: runs go on where they were, what is finished is
# left out. `scripts/knowledge_effect.sh [OUT]`, OUT is results/knowledge if not given. OUT/GAME
# holds the comparison: a row for each rule file, named with its content's hash, one without.
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

compare() { # game knowledge...
    local game=$1 knowledge seed run all=()
    shift
    for seed in $seeds; do
        for knowledge in "$@"; do
            run="$runs/knowledge-$game-$knowledge-s$seed"
            train "$run" "$game" "$seed" "$knowledge"
            all+=("$run")
        done
    done
    "$dsrl" compare "${all[@]}" --out "$out/$game"
}

compare pong none bounce centre
compare space_invaders none cover
