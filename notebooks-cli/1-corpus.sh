#!/usr/bin/env bash
# Tables 1 and 2, Figures 1 and 2 of the report: how many clips of each emotion, how loud and how long they are, a clip of
# each; and the parts of a split.
#   DATA=manifest.csv notebooks-cli/1-corpus.sh
source "$(dirname "$0")/common.sh"
"$undertone" corpus describe "$DATA" --format png --output "$OUTPUT/1-corpus"
"$undertone" corpus split "$DATA" --output "$OUTPUT/split"
