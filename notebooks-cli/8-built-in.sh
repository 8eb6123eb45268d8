#!/usr/bin/env bash
# The built-in model: what each part of its recipe brings on speakers that a model has not heard, and the model itself, on all
# clips. What was stopped goes on where it was; for RAVDESS a row takes a quarter of an hour on two cores.
#   DATA=ravdess/manifest.csv SEEDS=3 ROWS="plain masks recipe" notebooks-cli/8-built-in.sh
# DEGRADED=1 also tests each fold's model on its clips through worse equipment, which degrade.py makes: PYTHON needs numpy,
# scipy and soundfile, and DATA clips of 16 kHz.
source "$(dirname "$0")/common.sh"
scripts="$(dirname "${BASH_SOURCE[0]}")"
recipe="$scripts/../Sources/Models/BuiltIn/recipe.toml"
folder="$OUTPUT/8-built-in"
folds="${FOLDS:-5}"
measure() {
  case " ${ROWS:-cnnatt plain masks recipe} " in *" $1 "*) ;; *) return 0 ;; esac
  "$undertone" train "${@:2}" --data "$DATA" --folds "$folds" --repeat-seeds "${SEEDS:-1}" \
    ${EPOCHS:+--epochs "$EPOCHS"} --output "$folder/rows/$1"
}
measure cnnatt cnnatt
measure plain --recipe "$recipe" --augment none
measure masks --recipe "$recipe" --augment masks
measure recipe --recipe "$recipe"
"$undertone" runs "$folder/rows" --sort name --against "$folder/rows/recipe"
if [ -n "${DEGRADED:-}" ]; then
  "${PYTHON:-python3}" "$scripts/degrade.py" "$DATA" "$folder/degraded"
  for kind in "$folder"/degraded/*; do
    "$undertone" corpus split "$kind/manifest.csv" --folds "$folds" --output "$kind/folds"
    for fold in $(seq "$folds"); do
      "$undertone" evaluate --model "$folder/rows/recipe/seed-0/fold-$fold" --data "$kind/folds/fold-$fold-validation.csv" \
        --output "$kind/fold-$fold"
    done
  done
fi
"$undertone" train --recipe "$recipe" --data "$DATA" ${EPOCHS:+--epochs "$EPOCHS"} --output "$folder/model"
