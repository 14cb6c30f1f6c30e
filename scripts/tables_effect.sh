#!/usr/bin/env bash
# What tables of one game are worth in another: Breakout with and without those of one Pong run,
# three seeds each. Can be stopped and started again: runs go on where they were, what is finished is
# left out. `scripts/tables_effect.sh [OUT]`, OUT is results/tables if not given; STEPS is the
# budget (5000). The Pong run is the first of `scripts/reproduce.sh pong`.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-results/tables}
steps=${STEPS:-5000}
dsrl=${DSRL:-.venv/bin/dsrl}
export OMP_NUM_THREADS=1

all=()
for seed in ${SEEDS:-0 1 2}; do
    for from in none pong; do
        name="tables-breakout-$from-s$seed" run="runs/tables-breakout-$from-s$seed"
        all+=("$run")
        if [ -s "$run/evaluations.csv" ]; then continue; fi
        options=(--game breakout --sticky 0.25 --seed "$seed" --agent-steps "$steps" --name "$name")
        if [ "$from" != none ]; then options+=(--tables "runs/dsrl-$from-s0"); fi
        if [ -e "$run" ]; then options+=(--resume); fi
        "$dsrl" train "${options[@]}"
        "$dsrl" evaluate "$run" --episodes 30 --seed 1000
    done
done
"$dsrl" compare "${all[@]}" --out "$out"
