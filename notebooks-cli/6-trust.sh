#!/usr/bin/env bash
# The faithfulness of explanation methods, compared with loudness and chance. The report does not examine it.
#   DATA=manifest.csv METHODS=saliency,deeplift CLIPS=20 notebooks-cli/6-trust.sh
source "$(dirname "$0")/common.sh"
"$undertone" trust --data "$DATA" ${MODEL:+--model "$MODEL"} ${METHODS:+--method "$METHODS"} --clips "$CLIPS" \
  --output "$OUTPUT/6-trust"
