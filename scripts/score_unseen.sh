#!/usr/bin/env bash
# The default perception on play that nobody ever looked at (reset seeds from 5000): trained as in
# `dsrl study perception`, three games with three seeds each. Can be stopped and started again: what
# is trained is left out. `scripts/score_unseen.sh [OUT.csv]`, results/perception/unseen.csv if not
# given.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-results/perception/unseen.csv}
bin=${BIN:-.venv/bin}
export OMP_NUM_THREADS=1

runs=()
for game in pong breakout space_invaders; do
    for seed in 0 1 2; do
        run="runs/unseen-$game-s$seed"
        runs+=("$run")
        if [ -e "$run/perception.safetensors" ]; then continue; fi
        if [ -e "$run" ]; then mv "$run" "$run-unfinished-$(date +%s)"; fi
        "$bin/dsrl" perception train --game "$game" --beta 0.1 --frames 2000 --seed "$seed" --out "$run"
    done
done
"$bin/python" scripts/score_perception.py "${runs[@]}" --frames 2000 --seed 5000 --out "$out"
