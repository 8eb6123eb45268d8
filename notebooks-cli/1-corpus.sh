#!/usr/bin/env bash
# Tables 1 and 2, Figures 1 and 2 of the report: the number, loudness and length of the clips by emotion, and one clip of
# each; then a split into training and validation.
#   DATA=manifest.csv notebooks-cli/1-corpus.sh
source "$(dirname "$0")/common.sh"
"$undertone" corpus describe "$DATA" --format png --output "$OUTPUT/1-corpus"
"$undertone" corpus split "$DATA" --by clip --output "$OUTPUT/split"
