"""Writes encoder-training.json beside this file: what transformers' encoders do in training only, for the tests of Encoders.
Run with transformers 5.15.0, torch 2.13.0 and numpy 2.4.6: python3 encoder-training.py

masks       of 2,000 draws of _compute_mask_indices for each case, per clip: mean and standard deviation of the masked share of
            its places, shares of the draws with each number of spans, and of the spans that start in each eighth of its places;
            counts_agree is the share of draws in which all clips as long as the first have its number of spans
layer_drop  of 2,000 passes in training, the share in which each layer left its input as it is, by family
positions   HuBERT's convolution for positions with a batch norm in front, in training: the second of two batches
"""

import json
import os
import pathlib

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import numpy as np
import torch
import transformers
from transformers.models.hubert.modeling_hubert import HubertPositionalConvEmbedding
from transformers.models.wav2vec2 import modeling_wav2vec2

from sampled import by_seed

torch.set_num_threads(1)
DRAWS = 2000
numbers = {}


def sampled(shape, seed):
    return torch.tensor(by_seed(shape, seed))


# Masks. The starts are those that NumPy is asked to choose.
starts = []
choose = np.random.choice


def watched(places, count, replace):
    found = choose(places, count, replace=replace)
    starts.append(found.tolist())
    return found


np.random.seed(1)
numbers["masks"] = []
for clips, size, share, length, least in (
    ([249, 249], 249, 0.05, 10, 2),  # the published models'
    ([249, 100, 15, 8], 249, 0.3, 10, 2),  # clips with one place or none for a span
    ([30, 30], 30, 0.9, 10, 5),  # more spans than fit side by side
    ([64, 64], 64, 0.1, 10, 0),  # features, of which chance decides whether there is a span
):
    mask = torch.tensor([[int(i < clip) for i in range(size)] for clip in clips])
    starts.clear()
    np.random.choice = watched
    shares = []
    for _ in range(DRAWS):
        hidden = modeling_wav2vec2._compute_mask_indices((len(clips), size), share, length, mask, least)
        if not hidden.any():  # it returns before it chooses
            starts.extend([[]] * len(clips))
        shares.append([hidden[i, :clip].mean() for i, clip in enumerate(clips)])
    np.random.choice = choose
    shares = np.array(shares)
    drawn = [starts[i :: len(clips)] for i in range(len(clips))]
    counts = [[len(s) for s in own] for own in drawn]
    places = [max(0, clip - length + 1) for clip in clips]
    alike = [i for i, clip in enumerate(clips) if clip == clips[0]]
    numbers["masks"].append(dict(
        clips=clips, size=size, share=share, length=length, least=least,
        mean=shares.mean(0).tolist(), deviation=shares.std(0).tolist(),
        counts=[(np.bincount(own, minlength=8) / DRAWS).tolist() for own in counts],
        starts=[
            (np.bincount([s * 8 // n for draw in own for s in draw], minlength=8) / max(1, sum(map(len, own)))).tolist()
            for own, n in zip(drawn, places)],
        counts_agree=float(np.mean([len({counts[i][draw] for i in alike}) == 1 for draw in range(DRAWS)]))))

# Layers that are left out: their output is their input.
torch.manual_seed(1)
numbers["layer_drop"] = {}
for name, configuration, kind in (
    ("hubert", transformers.HubertConfig, transformers.HubertModel),
    ("wavlm", transformers.WavLMConfig, transformers.WavLMModel),
):
    model = kind(configuration(
        hidden_size=8, num_hidden_layers=3, num_attention_heads=2, intermediate_size=8, conv_dim=[4] * 2,
        conv_kernel=[10, 3], conv_stride=[5, 2], num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2, layerdrop=0.3,
        apply_spec_augment=False, attn_implementation="eager")).train()
    left = np.zeros(3)
    with torch.no_grad():
        for _ in range(DRAWS):
            states = model(torch.ones(1, 60), output_hidden_states=True).hidden_states
            left += [float(torch.equal(a, b)) for a, b in zip(states, states[1:])]
    numbers["layer_drop"][name] = (left / DRAWS).tolist()

# Positions.
torch.set_default_dtype(torch.float64)
layer = HubertPositionalConvEmbedding(transformers.HubertConfig(
    hidden_size=8, num_conv_pos_embeddings=5, num_conv_pos_embedding_groups=2, conv_pos_batch_norm=True)).train()
with torch.no_grad():
    for seed, (name, parameter) in enumerate(sorted(layer.named_parameters())):
        parameter.copy_(sampled(list(parameter.shape), seed))
layer(sampled([3, 6, 8], 10))
x = (2 * sampled([3, 6, 8], 11) + 1).requires_grad_()
y = layer(x)
(y * sampled([3, 6, 8], 12)).sum().backward()
numbers["positions"] = dict(
    output=y.reshape(-1).tolist(), gradient=x.grad.reshape(-1).tolist(),
    weights={name: p.grad.reshape(-1).tolist() for name, p in layer.named_parameters()},
    statistics={name: b.double().reshape(-1).tolist() for name, b in layer.named_buffers()})

text = json.dumps(numbers, sort_keys=True, indent=1)
(pathlib.Path(__file__).parent / "encoder-training.json").write_text(text + "\n")
