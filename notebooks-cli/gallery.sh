#!/usr/bin/env bash
# Makes the small pictures of output/README.md again, at 96 dpi (--scale 1): a model trained on synthetic clips, its
# explanations of them, and its results on clips that were not used in training.
#   notebooks-cli/gallery.sh
CLIPS="${CLIPS:-24}"
source "$(dirname "$0")/common.sh"
gallery="$(cd "$(dirname "$0")/.." && pwd)/output/gallery"
model="$OUTPUT/2-training"
[ -f "$model/model.safetensors" ] || "$(dirname "$0")/2-training.sh"
clip="$(dirname "$DATA")/speaker-02/sadness-002.wav"
run() { "$undertone" "$@" --scale 1; }
run explain "$clip" --model "$model" --output "$gallery"
run explain "$clip" --model "$model" --method deeplift --input mel --versus angry --output "$gallery/versus"
run figures --data "$DATA" --model "$model" --clips "$CLIPS" --drawn 3 --which correct --output "$gallery/figures"
run compare --model "$model" --model built-in "$clip" --output "$gallery/compare"
run trust --data "$DATA" --model "$model" --clips 30 --method saliency,integrated-gradients,deeplift,grad-cam \
  --output "$gallery/trust"
run evaluate --data "$OUTPUT/split/validation.csv" --model "$model" --output "$gallery/evaluate"
run curves "$model" --output "$gallery/curves"
run decompose "$clip" --model "$model" --output "$gallery/decompose"
run features "$clip" --augment stretch,pitch:3,noise,masks --output "$gallery/features"
run corpus describe "$DATA" --format png --output "$gallery/corpus"
# The page of `serve`, at a link to a made voice whose pitch is lowered between 0.4 and 1.2 s, where there is a browser.
if command -v chromium > /dev/null; then
  "$undertone" serve --port 8931 &
  trap 'kill %1' EXIT
  sleep 2
  link="source=made+made-angry&method=saliency&changes=0~built-in~pitch~-3~0.4~1.2~~&region=0.4~1.2~~"
  chromium --headless --no-sandbox --hide-scrollbars --window-size=800,1800 --virtual-time-budget=30000 \
    --screenshot="$gallery/page.png" "http://127.0.0.1:8931/#$link"
fi
# A transformer and a fusion: tiny encoders of random weights, whose last layers learn the made clips.
tiny() { "$undertone" train "$@" --data "$OUTPUT/split/train.csv" --validation "$OUTPUT/split/validation.csv" --overwrite; }
tiny hubertft --encoder tiny-random --rate 0.003 --epochs 40 --output "$OUTPUT/hubertft"
tiny mmfusion --encoder tiny-random --convnext tiny-random --rate 0.001 --epochs 12 --output "$OUTPUT/mmfusion"
run explain "$clip" --model "$OUTPUT/hubertft" --method integrated-gradients --output "$gallery/transformer"
run compare --model "$OUTPUT/hubertft" --model built-in "$clip" --output "$gallery/heads"
run layers "$OUTPUT/hubertft" --data "$DATA" --cache "$OUTPUT/states" --output "$gallery/layers"
run modalities --model "$OUTPUT/mmfusion" --data "$DATA" --output "$gallery/modalities"
cd "$gallery"
mv transformer/sadness-002.integrated-gradients.png transformer.png
mv heads/sadness-002.attention-hubertft.png heads.png
mv layers/layers.png layers-by-state.png
mv modalities/modalities.png inputs.png
rm -r transformer heads layers modalities
mv sadness-002.saliency.png explain.png
mv versus/sadness-002.deeplift.png versus.png
mv compare/sadness-002.saliency.png compare.png
mv compare/sadness-002.attention-2-training.png attention.png
mv decompose/sadness-002.components.png components.png
mv features/sadness-002.augmented.png augmented.png
mv figures/{sadness,profiles,measures}.png trust/trust.png evaluate/{calibration,coverage}.png curves/curves.png corpus/voice.png .
rm -r versus figures compare trust evaluate curves decompose features corpus
