#!/usr/bin/env bash
# The report's five models under the same attacks, on clips of speakers that they were not trained on: a curve of accuracy over budget
# of each in one figure, beside random noise as large. If MODELS is empty, small ones are trained: the speech encoder and the ConvNeXt
# are tiny ones of random weights.
#   DATA=manifest.csv MODELS="output/train/cnnatt output/train/mmfusion" ATTACK=pgd,fgsm RATIO=60,50,40 notebooks-cli/11-attack.sh
source "$(dirname "$0")/common.sh"
folder="$OUTPUT/11-attack"
if [ "$DATA" = "$OUTPUT/corpus/manifest.csv" ]; then
  # The speakers of another seed have other voices.
  training="$DATA" tested="$folder/clips/manifest.csv"
  [ -f "$tested" ] || "$undertone" corpus synthesize --clips "$CLIPS" --seed 1 --output "$folder/clips"
else
  training="$folder/split/train.csv" tested="$folder/split/validation.csv"
  [ -f "$training" ] || "$undertone" corpus split "$DATA" --output "$folder/split"
fi
# small NAME EPOCHS [OPTION…]: trains a model, once.
small() {
  [ -f "$folder/$1/model.safetensors" ] || "$undertone" train "$1" --data "$training" --epochs "${EPOCHS:-$2}" \
    --output "$folder/$1" --overwrite "${@:3}"
}
if [ -z "${MODELS:-}" ]; then
  for name in cnnatt fcmfcc cnnlstm; do small "$name" 25; done
  small hubertft 40 --rate 0.003 --encoder tiny-random
  small mmfusion 12 --rate 0.001 --encoder tiny-random --convnext tiny-random
  MODELS="$folder/cnnatt $folder/fcmfcc $folder/cnnlstm $folder/hubertft $folder/mmfusion"
fi
read -ra models <<< "$MODELS"
others="$(IFS=,; echo "${models[*]:1}")"
"$undertone" attack --model "${models[0]}" ${others:+--against "$others"} --data "$tested" --clips "$CLIPS" \
  --attack "${ATTACK:-pgd}" --ratio "${RATIO:-50,40,30,20}" --steps "${STEPS:-20}" --output "$folder"
