# To be sourced by the scripts that run experiments: where dsrl is, and `trained`.
dsrl=${DSRL:-.venv/bin/dsrl}
export OMP_NUM_THREADS=1

# finished RUN STEPS: it was evaluated after so many agent steps.
finished() { grep -qs "^$2," "$1/evaluations.csv"; }

# trained RUN STEPS EPISODES OPTION...: a run of runs/ that is trained with these options and
# evaluated on seeds from 1000. One that was stopped, or had a smaller budget, goes on; one that is
# finished is left alone.
trained() {
    local run=$1 steps=$2 episodes=$3
    shift 3
    if finished "$run" "$steps"; then return; fi
    if [ -e "$run" ]; then set -- "$@" --resume; fi
    "$dsrl" train "$@" --agent-steps "$steps" --name "${run#runs/}"
    "$dsrl" evaluate "$run" --episodes "$episodes" --seed 1000
}
