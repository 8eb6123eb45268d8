# Sourced by the notebooks: goes to the repository, builds the program, and makes a corpus where DATA names none.
#   DATA     a manifest; the built-in material where there is none
#   MODEL    a model folder; the built-in model where there is none
#   OUTPUT   where results go (output/notebooks)
#   CLIPS    clips an emotion
set -euo pipefail
here="$PWD"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
undertone="$PWD/.build/release/undertone"
[ -x "$undertone" ] || make build
# Paths are the caller's.
cd "$here"
OUTPUT="${OUTPUT:-output/notebooks}"
CLIPS="${CLIPS:-6}"
if [ -z "${DATA:-}" ]; then
  DATA="$OUTPUT/corpus/manifest.csv"
  [ -f "$DATA" ] || "$undertone" corpus synthesize --clips "$CLIPS" --output "$OUTPUT/corpus"
fi
