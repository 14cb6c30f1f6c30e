#!/usr/bin/env bash
# What knowledge of one's own is worth: agent steps to a score with and without each example, on
# three seeds. Can be stopped and started again: runs go on where they were, what is finished is
# left out. `scripts/knowledge_effect.sh [OUT]`, OUT is results/knowledge if not given; STEPS is the
# budget (15000), GAMES which ("pong breakout freeway space_invaders"). OUT/GAME holds the
# comparison: a row for each rule file, named with its content's hash, one without.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/trained.sh

compare() { # game sticky knowledge...
    local game=$1 sticky=$2 knowledge seed run options all=()
    shift 2
    for seed in ${SEEDS:-0 1 2}; do
        for knowledge in none "$@"; do
            run="runs/knowledge-$game-$knowledge-s$seed"
            options=(--game "$game" --perception pixels --seed "$seed" --sticky "$sticky")
            if [ "$knowledge" != none ]; then options+=(--background "knowledge/$knowledge.lp"); fi
            trained "$run" "${STEPS:-15000}" "${EPISODES:-10}" "${options[@]}"
            all+=("$run")
        done
    done
    "$dsrl" compare "${all[@]}" --out "$out/$game"
}

out=${1:-results/knowledge}
for game in ${GAMES:-pong breakout freeway space_invaders}; do
    case $game in
        pong) compare pong 0 bounce centre ;;
        breakout) compare breakout 0.25 bounce ;;
        freeway) compare freeway 0.25 onward ;;
        space_invaders) compare space_invaders 0.25 cover ;;
        *) echo "$0: no example is of $game" >&2; exit 2 ;;
    esac
done
