#!/usr/bin/env bash
# Every run behind results/pong: 5 seeds of DSRL and 3 of DQN, with and without sticky actions,
# evaluated and compared. Can be stopped and started again: DSRL runs go on where they were, what
# is finished is left out. `scripts/reproduce_pong.sh [OUT]`, OUT is results/pong if not given.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-results/pong}
steps=${STEPS:-100000}
dsrl=${DSRL:-.venv/bin/dsrl}

evaluated() { [ -s "$1/evaluations.csv" ]; }

train() { # method seed sticky
    local run="runs/$1-pong-s$2" options=(--game pong --seed "$2" --agent-steps "$steps")
    if [ "$3" != 0 ]; then
        run+="-sticky$3"
        options+=(--sticky "$3")
    fi
    runs+=("$run")
    if evaluated "$run"; then return; fi
    if [ "$1" = dsrl ]; then
        if [ -e "$run" ]; then options+=(--resume); fi
        "$dsrl" train "${options[@]}"
    elif [ ! -e "$run/checkpoints" ]; then # SB3's DQN cannot go on exactly, so it starts anew
        if [ -e "$run" ]; then mv "$run" "$run-unfinished-$(date +%s)"; fi
        "$dsrl" baseline "${options[@]}"
    fi
    "$dsrl" evaluate "$run" --episodes 30 --seed 1000
}

runs=()
for sticky in 0 0.25; do
    for seed in 0 1 2 3 4; do train dsrl "$seed" "$sticky"; done
    for seed in 0 1 2; do train dqn "$seed" "$sticky"; done
done
"$dsrl" compare "${runs[@]}" --out "$out"
