#!/usr/bin/env bash
# What a random split is worth: the report's convolutional models by a cross-validation of clips, as the report splits, and of
# speakers, with the same recipe. What was stopped goes on where it was.
#   DATA=manifest.csv ARCHITECTURES="cnnlstm cnnatt" EPOCHS=45 FOLDS=5 SEEDS=3 notebooks-cli/7-splits.sh
source "$(dirname "$0")/common.sh"
for name in ${ARCHITECTURES:-cnnlstm fcmfcc cnnatt}; do
  for by in speaker clip; do
    "$undertone" train "$name" --data "$DATA" --folds "${FOLDS:-5}" --repeat-seeds "${SEEDS:-1}" --by "$by" \
      ${EPOCHS:+--epochs "$EPOCHS"} --output "$OUTPUT/7-splits/$name-by-$by"
  done
  "$undertone" runs "$OUTPUT/7-splits/$name"-by-* --against "$OUTPUT/7-splits/$name-by-speaker"
done
