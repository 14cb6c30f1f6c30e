#!/usr/bin/env bash
# Every run behind results/GAME: 5 seeds of DSRL, and DQN with the same budget, with and without
# sticky actions, evaluated and compared. Can be stopped and started again: DSRL runs go on where
# they were, what is finished is left out.
#   scripts/reproduce.sh GAME [OUT]     OUT is results/GAME if not given
# EYES are those of DSRL (pixels), STEPS is the budget (100000), STICKY the chances ("0 0.25"),
# SEEDS and DQN_SEEDS the seeds;
# DQN_STEPS are the budgets of DQN, where it is to have others beside the same.
set -euo pipefail
cd "$(dirname "$0")/.."
game=${1:?which game, for example pong}
out=${2:-results/$game}
steps=${STEPS:-100000} eyes=${EYES:-pixels}
source scripts/trained.sh

train() { # method seed sticky budget
    local run="runs/$1-$game-s$2" options=(--game "$game" --seed "$2")
    if [ "$4" != "$steps" ]; then run+="-$4"; fi
    if [ "$3" != 0 ]; then
        run+="-sticky$3"
        options+=(--sticky "$3")
    fi
    runs+=("$run")
    if [ "$1" = dsrl ]; then
        trained "$run" "$4" 30 "${options[@]}" --perception "$eyes"
        return
    fi
    if finished "$run" "$4"; then return; fi
    if [ ! -e "$run/checkpoints" ]; then # SB3's DQN cannot go on exactly, so it starts anew
        if [ -e "$run" ]; then mv "$run" "$run-unfinished-$(date +%s)"; fi
        "$dsrl" baseline "${options[@]}" --agent-steps "$4" --name "${run#runs/}"
    fi
    "$dsrl" evaluate "$run" --episodes 30 --seed 1000
}

runs=()
for sticky in ${STICKY:-0 0.25}; do
    for seed in ${SEEDS-0 1 2 3 4}; do train dsrl "$seed" "$sticky" "$steps"; done
    for seed in ${DQN_SEEDS-0 1 2}; do
        for budget in ${DQN_STEPS:-$steps}; do train dqn "$seed" "$sticky" "$budget"; done
    done
done
"$dsrl" compare "${runs[@]}" --out "$out"
