#!/usr/bin/env bash
# What tables of one game are worth in another: Breakout with and without those of one Pong run,
# three seeds each. Can be stopped and started again: runs go on where they were, what is finished is
# left out. `scripts/tables_effect.sh [OUT]`, OUT is results/tables if not given; STEPS is the
# budget (5000). The Pong run is the first of `scripts/reproduce.sh pong`.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/trained.sh

all=()
for seed in ${SEEDS:-0 1 2}; do
    for from in none pong; do
        run="runs/tables-breakout-$from-s$seed"
        options=(--game breakout --perception pixels --sticky 0.25 --seed "$seed")
        if [ "$from" != none ]; then options+=(--tables "runs/dsrl-$from-s0"); fi
        trained "$run" "${STEPS:-5000}" 30 "${options[@]}"
        all+=("$run")
    done
done
"$dsrl" compare "${all[@]}" --out "${1:-results/tables}"
