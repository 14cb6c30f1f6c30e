#!/usr/bin/env bash
# Every run behind docs/spiral.md. Can be stopped and started again: runs go on where they were.
#   scripts/spiral.sh [PART...]
# PART is digits, blind, search or reward; all of them else.
# OUT is the folder of the results (results/spiral), SEEDS the seeds ("0"), MORE further options of
# every training (--precision bfloat16 where the processor knows it).
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/trained.sh
out=${OUT:-results/spiral}
read -ra more <<< "${MORE:---precision bfloat16}"

agent() { # name, options of its training
    local name=$1 seed run
    shift
    for seed in ${SEEDS:-0}; do
        run="runs/spiral-$name-s$seed"
        "$dsrl" spiral train --seed "$seed" --out "$run" --resume "$@" "${more[@]}"
        if [ -e "$out/$name-s$seed" ]; then continue; fi # reports are not overwritten
        "$dsrl" spiral report "$run" --out "$out/$name-s$seed"
        cp "$run/metrics.csv" "$out/$name-s$seed/training.csv"
    done
}

start=(--inversion "${INVERSION:-1500}" --improvement "${IMPROVEMENT:-1500}")
for part in ${*:-digits blind search reward}; do
    case $part in
        digits) agent digits "${start[@]}" --reinforcement 300 --when step ;;
        blind) agent blind "${start[@]}" --reinforcement 300 --when step --blind ;;
        search) "$dsrl" spiral search --out "$out/search.csv" ;;
        reward) # from the same start, distance against discriminator
            agent start "${start[@]}"
            agent distance "${start[@]}" --reinforcement 600
            agent discriminator "${start[@]}" --reinforcement 600 --reward discriminator
            ;;
        *)
            echo "no part $part: digits, blind, search or reward" >&2
            exit 2
            ;;
    esac
done
