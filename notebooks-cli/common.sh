# Sourced by the notebooks: builds the program in the repository, and makes a synthetic corpus if DATA is not set.
#   UNDERTONE  the program (default: the one in the repository, which is built)
#   DATA       a manifest (default: a synthetic corpus)
#   MODEL      a model folder (default: the built-in model)
#   OUTPUT     the folder for results (default: output/notebooks)
#   CLIPS      the number of clips per emotion
set -euo pipefail
here="$PWD"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
undertone="${UNDERTONE:-$PWD/.build/release/undertone}"
[ -x "$undertone" ] || make build
# Paths are relative to the caller's folder.
cd "$here"
OUTPUT="${OUTPUT:-output/notebooks}"
CLIPS="${CLIPS:-6}"
if [ -z "${DATA:-}" ]; then
  DATA="$OUTPUT/corpus/manifest.csv"
  [ -f "$DATA" ] || "$undertone" corpus synthesize --clips "$CLIPS" --output "$OUTPUT/corpus"
fi
