#!/usr/bin/env bash
# Figure 11 and Table 4 of the report: training curves, and the accuracy of the trained model.
#   DATA=manifest.csv ARCHITECTURE=fcmfcc EPOCHS=60 notebooks-cli/2-training.sh
source "$(dirname "$0")/common.sh"
architecture="${ARCHITECTURE:-cnnatt}"
# By clip, as the report splits; without --by no speaker is in both parts.
"$undertone" corpus split "$DATA" --by clip --output "$OUTPUT/split"
"$undertone" train "$architecture" --data "$OUTPUT/split/train.csv" --validation "$OUTPUT/split/validation.csv" \
  --epochs "${EPOCHS:-25}" --output "$OUTPUT/2-training" --overwrite
"$undertone" evaluate --model "$OUTPUT/2-training" --data "$OUTPUT/split/validation.csv" --output "$OUTPUT/2-training/evaluation"
