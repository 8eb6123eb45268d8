"""Writes the folder heads beside this file: tiny speech encoders with random weights in the layouts of SpeechBrain's and
Vox-Profile's published emotion models, and expected.safetensors as encoders.py writes it. Both are written here from their
sources' formulas, on the encoders of transformers. Run as encoders.py: python3 heads.py [CASE…]

speechbrain-er      SpeechBrain's recipe IEMOCAP/emotion_recognition with wav2vec 2.0: layer_norm of the waveform and, over all
                    steps and features at once, of the last state; their mean, a linear map without bias. Without the noise
                    of at most 9e-5 that its StatisticsPooling adds to the mean.
vox-profile-er      Vox-Profile's wavlm_emotion.py: the softmax sum of all states, three pointwise convolutions with ReLU, the
                    mean over valid steps, two linear maps with ReLU; LoRA in the layers after the middle.
vox-profile-dimensions  its wavlm_emotion_dim.py on the base encoder: three branches, each through a sigmoid.
"""

import json
import pathlib
import sys
from collections import OrderedDict

cases, sys.argv[1:] = sys.argv[1:], ["none of its cases"]
from encoders import LARGE, TINY, clips, drawn, generator  # noqa: E402

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from torch import nn

folder = pathlib.Path(__file__).parent / "heads"


def random(name, *shape, spread=None):
    """Normal random numbers; of a matrix such that sums over its columns keep their size."""
    spread = spread or (shape[1] ** -0.5 if len(shape) > 1 else 0.2)
    return torch.tensor(generator(name).standard_normal(shape) * spread, dtype=torch.float32)


def started(name):
    (folder / name).mkdir(parents=True, exist_ok=True)
    return folder / name


def finished(case, waveform, lengths, logits):
    """Writes the answers; the gradient is that of the first output's sum, at the waveform."""
    gradient, = torch.autograd.grad(logits[:, 0].sum(), waveform)
    found = {"waveform": waveform, "lengths": lengths.float(), "logits": logits, "gradient": gradient}
    save_file({name: value.detach().contiguous() for name, value in found.items()}, case / "expected.safetensors")


def older(state):
    """The arrays with PyTorch's names before 2.0 for a normalised weight."""
    names = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    renamed = OrderedDict()
    for name, value in state.items():
        for new, old in names.items():
            name = name.replace(new, old)
        renamed[name] = value
    return renamed


def speechbrain_er():
    case = started("speechbrain-er")
    # 64 features a head, as all published ones have.
    sizes = TINY | dict(
        hidden_size=64, num_attention_heads=1, num_hidden_layers=1, intermediate_size=16, num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=8)
    encoder = drawn(transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**sizes)), case.name)
    weight = random("speechbrain output", 4, 64, spread=2)
    torch.save(OrderedDict(("model." + name, value) for name, value in older(encoder.state_dict()).items()),
               case / "wav2vec2.ckpt")
    torch.save(OrderedDict({"0.w.weight": weight}), case / "model.ckpt")
    (case / "label_encoder.txt").write_text(
        "'neu' => 0\n'ang' => 1\n'hap' => 2\n'sad' => 3\n================\n'starting_index' => 0\n")
    (case / "config.json").write_text('{"speechbrain_interface": "CustomEncoderWav2vec2Classifier"}\n')
    (case / "hyperparams.yaml").write_text(
        "wav2vec2_hub: facebook/wav2vec2-base\nencoder_dim: 64  # features\nwav2vec2: !new:Wav2Vec2\n"
        "    source: !ref <wav2vec2_hub>\n    output_norm: True\n    freeze: True\n"
        "avg_pool: !new:StatisticsPooling\n    return_std: False\noutput_mlp: !new:Linear\n    bias: False\n")
    waveform, lengths = clips(case.name, [2400, 1700])
    waveform.requires_grad_()
    logits = []
    for clip, length in zip(waveform, lengths):  # each alone: padding would change its steps
        clip = F.layer_norm(clip[:length], [int(length)])[None]
        state = encoder(clip).last_hidden_state
        logits.append(F.layer_norm(state, state.shape[1:]).mean(1) @ weight.T)
    finished(case, waveform, lengths, torch.cat(logits))


class Branch(nn.Sequential):
    def __init__(self, width, outputs):
        super().__init__(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs))


class VoxProfile(nn.Module):
    def __init__(self, configuration, width, branches):
        super().__init__()
        self.backbone_model = transformers.WavLMModel(configuration)
        self.model_seq = nn.Sequential(
            nn.Conv1d(configuration.hidden_size, width, 1), nn.ReLU(), nn.Dropout(), nn.Conv1d(width, width, 1), nn.ReLU(),
            nn.Dropout(), nn.Conv1d(width, width, 1))
        self.weights = nn.Parameter(torch.empty(configuration.num_hidden_layers + 1))
        for name, outputs in branches.items():
            self.add_module(name, Branch(width, outputs))

    def steps(self, inputs, mask=None):
        states = self.backbone_model(inputs, attention_mask=mask, output_hidden_states=True).hidden_states
        shares = torch.softmax(self.weights, -1)
        return self.model_seq(sum(share * state for share, state in zip(shares, states)).transpose(1, 2)).transpose(1, 2)


def drawn_vox(configuration, width, branches, name):
    model = drawn(VoxProfile(configuration, width, branches), name)
    model.weights.data = random(name + " sum", len(model.weights), spread=1)
    return model


def vox_profile_er():
    case = started("vox-profile-er")
    configuration = transformers.WavLMConfig(
        **TINY | LARGE | dict(num_hidden_layers=3, intermediate_size=16, conv_bias=False), num_buckets=32, max_bucket_distance=800)
    branches = dict(
        emotion_layer=9, detailed_out_layer=17, arousal_layer=1, valence_layer=1, dominance_layer=1)
    model = drawn_vox(configuration, 12, branches, case.name)
    state, rank = dict(model.state_dict()), 4
    arrays = {name: value.clone() for name, value in state.items()}
    for index in range(configuration.num_hidden_layers // 2 + 1, configuration.num_hidden_layers):
        for part in ("intermediate_dense", "output_dense"):
            start = f"backbone_model.encoder.layers.{index}.feed_forward.{part}."
            outputs, inputs = state[start + "weight"].shape
            arrays[start + "lora_A"] = random(start + "A", rank, inputs)
            arrays[start + "lora_B"] = random(start + "B", outputs, rank, spread=0.5)
            state[start + "weight"] += arrays[start + "lora_B"] @ arrays[start + "lora_A"] / rank
    save_file({name: value.contiguous() for name, value in arrays.items()}, case / "model.safetensors")
    (case / "config.json").write_text(json.dumps(dict(
        detailed_class_num=17, finetune_method="lora", freeze_params=True, hidden_dim=12, lora_rank=rank,
        output_class_num=9, pretrain_model="wavlm_large", use_conv_output=True), indent=2) + "\n")
    waveform, lengths = clips(case.name, [2400, 1700])
    waveform.requires_grad_()
    inputs = []
    for clip, length in zip(waveform, lengths):
        clip = clip[:length]
        clip = (clip - clip.mean()) / torch.sqrt(clip.var(unbiased=False) + 1e-7)
        inputs.append(F.pad(clip, (0, waveform.shape[1] - int(length))))
    mask = (torch.arange(waveform.shape[1])[None] < lengths[:, None]).long()
    steps = model.steps(torch.stack(inputs), mask)
    counts = model.backbone_model._get_feat_extract_output_lengths(lengths)
    means = torch.stack([clip[:count].mean(0) for clip, count in zip(steps, counts)])
    finished(case, waveform, lengths, model.emotion_layer(means))


def vox_profile_dimensions():
    case = started("vox-profile-dimensions")
    configuration = transformers.WavLMConfig(
        **TINY | dict(num_hidden_layers=1), num_buckets=16, max_bucket_distance=800)
    names = ["arousal_layer", "valence_layer", "dominance_layer"]
    model = drawn_vox(configuration, 10, dict.fromkeys(names, 1), case.name)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, case / "model.safetensors")
    (case / "config.json").write_text(json.dumps(dict(
        finetune_method="finetune", hidden_dim=10, predict_gender=False, pretrain_model="wavlm"), indent=2) + "\n")
    waveform, lengths = clips(case.name, [2000])
    means = model.steps(waveform.requires_grad_()).mean(1)
    values = torch.cat([torch.sigmoid(model.get_submodule(name)(means)) for name in names], 1)
    finished(case, waveform, lengths, values)


for case in [speechbrain_er, vox_profile_er, vox_profile_dimensions]:
    if not cases or case.__name__.replace("_", "-") in cases:
        case()
