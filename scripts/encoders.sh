#!/usr/bin/env bash
# Every run behind docs/encoders.md: the five simulators of SimVAE, the beta-VAE with a capacity,
# the generator from true factors, the plain VAE beside the beta-VAE on blobs, and Pong with their
# eyes. Can be stopped and started again: runs go on where they were.
#   scripts/encoders.sh [PART...]
# PART is rlc, fourier, dsprites, box, polygon, betavae, factors, blobs or eyes; all of them else.
# OUT is the folder of the results (results/encoders), SEEDS the seeds ("0 1 2"), ITERATIONS those
# of a beta-VAE or a generator from factors, MORE further options of every training but the eyes'
# (--precision bfloat16).
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/trained.sh
out=${OUT:-results/encoders}
read -ra more <<< "${MORE:-}"

simulator() { # which, options of its report
    local which=$1 seed run
    shift
    for seed in ${SEEDS:-0 1 2}; do
        run="runs/simvae-$which-s$seed"
        "$dsrl" simvae train --simulator "$which" --seed "$seed" --out "$run" --resume "${more[@]}"
        "$dsrl" simvae report "$run" --out "$out/$which-s$seed" "$@"
        if [ "$seed" != 0 ]; then rm -f "$out/$which-s$seed"/*.png; fi # one seed's are enough
    done
}

betavae() { # name, factor to leave out or "", options of its training
    local run="runs/$1" to="$out/$1" noise=()
    if [ -n "$2" ]; then noise=(--leave-out "$2"); fi
    shift 2
    mkdir -p "$to"
    "$dsrl" betavae train --out "$run" --resume --json "$@" "${more[@]}" | tail -1 > "$to/trained.part"
    mv "$to/trained.part" "$to/trained.json"
    cp "$run/metrics.csv" "$to/training.csv"
    "$dsrl" betavae traverse "$run" --out "$to"
    "$dsrl" metrics "$run" "${noise[@]}" --json > "$to/metrics.part"
    mv "$to/metrics.part" "$to/metrics.json"
}

for part in ${*:-rlc fourier dsprites box polygon betavae factors blobs eyes}; do
    case $part in
        rlc | box | polygon) simulator "$part" ;;
        fourier)
            simulator fourier
            for drawing in results/encoders/drawings/*.png; do
                if [ ! -e runs/simvae-fourier-s0 ]; then continue; fi # other seeds were asked for
                "$dsrl" simvae invert runs/simvae-fourier-s0 --image "$drawing" \
                    --out "$out/fourier-s0/$(basename "$drawing")"
            done
            ;;
        dsprites)
            simulator dsprites --leave-out shape
            if [ -e runs/simvae-dsprites-s0 ]; then # as above
                "$dsrl" metrics runs/simvae-dsprites-s0 --json > "$out/dsprites-s0/metrics.json"
            fi
            ;;
        betavae)
            for seed in ${SEEDS:-0 1 2}; do
                betavae "betavae-dsprites-s$seed" shape --data dsprites --seed "$seed" \
                    --gamma 100 --capacity 6 --iterations "${ITERATIONS:-20000}"
                if [ "$seed" != 0 ]; then rm -f "$out/betavae-dsprites-s$seed"/*.png; fi
            done
            ;;
        factors)
            for seed in ${SEEDS:-0 1 2}; do
                run="runs/factors-dsprites-s$seed"
                "$dsrl" betavae factors --data dsprites --seed "$seed" --gamma 100 --capacity 12 \
                    --iterations "${ITERATIONS:-12000}" --out "$run" --resume "${more[@]}"
                mkdir -p "$out/factors-s$seed"
                cp "$run/order.csv" "$out/factors-s$seed"
                cp "$run/metrics.csv" "$out/factors-s$seed/training.csv"
                if [ "$seed" = 0 ]; then cp "$run"/{factors,drawn}.png "$out/factors-s0"; fi
            done
            ;;
        blobs)
            betavae vae-blobs "" --data blobs --beta 1 --iterations "${ITERATIONS:-6000}"
            betavae betavae-blobs "" --data blobs --beta 30 --iterations "${ITERATIONS:-6000}"
            ;;
        eyes)
            for eyes in simvae betavae; do
                for seed in ${SEEDS:-0 1 2}; do
                    trained "runs/dsrl-$eyes-pong-s$seed" 100000 30 \
                        --game pong --seed "$seed" --perception "$eyes"
                done
            done
            ;;
        *) echo "$0: there is no part $part" >&2; exit 2 ;;
    esac
done
