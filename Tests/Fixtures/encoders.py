"""Writes the folder encoders beside this file: in a folder for each case, a tiny speech encoder with random weights as
transformers stores it (config.json, preprocessor_config.json, the weights) and expected.safetensors, what transformers
answers for it. Run with transformers 5.15.0, torch 2.13.0, numpy 2.4.6 and safetensors 0.8.0: python3 encoders.py [CASE…]

The version of transformers matters: up to 5.15.0 the last hidden state of an encoder with do_stable_layer_norm is after
its last norm, as in the toolkit where the published heads were trained; later versions take it before the norm.

expected.safetensors holds, all in float32:

waveform            the clips, [batch, samples], zeros after a clip's end; raw, not yet normalised
lengths             samples of each clip, [batch]
logits              [batch, classes]; logits.alone.I is clip I without the others and without padding
last_hidden_state   [batch, frames, hidden]
hidden_states.I     what enters layer I, and last what leaves the encoder
attentions.I        softmax weights of layer I, [batch, heads, queries, keys]
gradient            of the first logit, summed over the batch, at the waveform, through its normalisation; of a model without
                    a head, of the mean over frames of the last hidden state's first channel
gradient.WEIGHT     of the same at a weight, by the name in the file of weights
NAME.everyN         every N-th frame, or sample, of NAME, where all of it would be large
"""

import json
import os
import pathlib
import shutil
import sys
import zlib
from collections import OrderedDict

os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from torch import nn
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2Model, Wav2Vec2PreTrainedModel

transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)  # so that sums are taken in one order

folder = pathlib.Path(__file__).parent / "encoders"

# A tiny encoder. The kernels and strides are those of the published ones: 4,000 samples are 12 frames.
TINY = dict(
    hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40, conv_dim=[16] * 7,
    conv_kernel=[10, 3, 3, 3, 3, 2, 2], conv_stride=[5, 2, 2, 2, 2, 2, 2], num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=4, classifier_proj_size=12, attn_implementation="eager")
# What "large" in a published model's name changes besides the sizes.
LARGE = dict(feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True)


def labels(*names):
    """The two entries of a configuration that name the classes."""
    return dict(id2label=dict(enumerate(names)), label2id={name: i for i, name in enumerate(names)})


# Inputs and weights


def generator(name):
    """A source of random numbers that depends on a name only, and whose stream NumPy keeps the same in all versions."""
    return np.random.RandomState(zlib.crc32(name.encode()))


def drawn(model, case):
    """The model with all weights at random, so that no bias is 0, no scale is 1 and no statistic has its first value:
    what an implementation leaves out then changes the answers. The spreads keep the size of what passes through; queries
    and keys are larger, for attention that is not even."""
    random = generator(case + " weights")
    for name, value in sorted(model.state_dict().items()):
        normal = random.standard_normal(list(value.shape))
        last = name.rsplit(".", 1)[-1]
        if name.endswith("num_batches_tracked"):
            new = np.full(list(value.shape), 250)
        elif last == "running_var":
            new = np.exp(0.5 * normal)
        elif last == "original0":  # the lengths of a convolution's taps
            new = 1 + 0.3 * np.tanh(normal)
        elif last in ("original1", "layer_weights", "masked_spec_embed") or name.endswith("rel_attn_embed.weight"):
            new = normal
        elif last == "gru_rel_pos_const":
            new = 1 + 0.5 * normal
        elif last == "layer_scale_parameter":
            new = 0.6 + 0.3 * normal
        elif last == "weight" and (normal.ndim == 1 or "norm" in name):
            new = 1 + 0.3 * normal
        elif last.startswith(("bias", "running_mean")):
            new = 0.2 * normal
        else:
            inputs = np.prod(normal.shape[1:]) if last.startswith("weight") else normal.shape[-2]
            gain = next((g for key, g in {"q_proj": 1.6, "k_proj": 1.6, "conv": 1.5, "classifier": 2}.items() if key in name), 1)
            new = gain * normal / np.sqrt(inputs)
        value.copy_(torch.tensor(np.asarray(new)))
    return model.eval()


def clips(case, lengths):
    """Noise times a slow envelope and a tone, [batch, samples] in about -0.5...0.5, with zeros after each clip's end."""
    random = generator(case + " waveform")
    waveform = np.zeros([len(lengths), max(lengths)], np.float32)
    for i, length in enumerate(lengths):
        time = np.arange(length) / 16_000
        noise = random.uniform(-0.4, 0.4, length) * np.sin(2 * np.pi * 7 * time + i) ** 2
        waveform[i, :length] = noise + 0.1 * np.sin(2 * np.pi * (220 + 110 * i) * time) + 0.02
    return torch.tensor(waveform), torch.tensor(lengths)


def prepared(waveform, lengths, preprocessing):
    """What Wav2Vec2FeatureExtractor makes of the clips, in torch, so that gradients pass: each normalised over its own
    samples, then padded with zeros. With no preprocessing, the clips as they are. And the mask of samples, or None."""
    inputs = []
    for clip, length in zip(waveform, lengths):
        clip = clip[:length]
        if preprocessing and preprocessing["do_normalize"]:
            clip = (clip - clip.mean()) / torch.sqrt(clip.var(unbiased=False) + 1e-7)
        inputs.append(F.pad(clip, (0, waveform.shape[1] - int(length))))
    mask = None
    if preprocessing and preprocessing["return_attention_mask"]:
        mask = (torch.arange(waveform.shape[1])[None] < lengths[:, None]).long()
    return torch.stack(inputs), mask


# What is asked of a model


class WavLMAttentions:
    """The softmax weights of each layer of a WavLM, by the formula: transformers answers their mean over the heads, as
    many times as there are heads. That these are the ones it works with is seen from the layer's output, which they must
    lead to."""

    def __init__(self, model):
        self.found, self.table = [], None
        for layer in model.encoder.layers:
            layer.attention.register_forward_hook(self.hook, with_kwargs=True)

    def hook(self, attention, arguments, keywords, outputs):
        x, mask = arguments[0], keywords["attention_mask"]
        batch, frames, width = x.shape
        heads = x.view(batch, frames, attention.num_heads, -1).transpose(1, 2)  # the layer's input, split
        if hasattr(attention, "rel_attn_embed"):
            self.table = attention.compute_bias(frames, frames)  # the first layer's, for all
        gates = torch.sigmoid(attention.gru_rel_pos_linear(heads).unflatten(-1, (2, 4)).sum(-1))
        gate = gates[..., :1] * (gates[..., 1:] * attention.gru_rel_pos_const - 1) + 2
        split = lambda projection: projection(x).view(heads.transpose(1, 2).shape).transpose(1, 2)
        scores = split(attention.q_proj) @ split(attention.k_proj).transpose(-1, -2) * attention.scaling + gate * self.table
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, None], -torch.inf)
        weights = torch.softmax(scores, -1)
        output = attention.out_proj((weights @ split(attention.v_proj)).transpose(1, 2).flatten(2))
        assert (output - outputs[0]).abs().max() < 2e-5, "not the weights that transformers works with"
        self.found.append(weights)


def answers(model, waveform, lengths, preprocessing, watched, stored_name, every=None):
    """All that expected.safetensors holds of one model. `every`: of frames and of samples only every so-many-th."""
    base = getattr(model, model.base_model_prefix, model)
    own = WavLMAttentions(base) if model.config.model_type == "wavlm" else None
    last = []
    base.register_forward_hook(lambda module, arguments, outputs: last.append(outputs[0]))
    waveform.requires_grad_()
    inputs, mask = prepared(waveform, lengths, preprocessing)
    options = dict(output_hidden_states=True, output_attentions=own is None)
    outputs = model(inputs, attention_mask=mask, **options)
    attentions = own.found if own else outputs.attentions
    score = last[0][:, :, 0].mean(1).sum() if base is model else outputs.logits[:, 0].sum()
    parameters = dict(model.named_parameters())
    gradients = torch.autograd.grad(score, [waveform, *[parameters[name] for name in watched]])

    frames, samples = every or (1, 1)
    suffix = lambda step: f".every{step}" if step > 1 else ""
    found = {"waveform": waveform, "lengths": lengths.float(), "gradient" + suffix(samples): gradients[0][:, ::samples]}
    found["last_hidden_state" + suffix(frames)] = last[0][:, ::frames]
    if base is not model:
        found["logits"] = outputs.logits
    for i, state in enumerate(outputs.hidden_states):
        found[f"hidden_states.{i}" + suffix(frames)] = state[:, ::frames]
    for i, weights in enumerate(attentions):
        found[f"attentions.{i}" + suffix(frames)] = weights[:, :, ::frames, ::frames]
    for name, gradient in zip(watched, gradients[1:]):
        found["gradient." + stored_name(name)] = gradient
    if len(lengths) > 1:
        for i, length in enumerate(lengths):
            alone = prepared(waveform[i : i + 1, :length], lengths[i : i + 1], preprocessing)
            found[f"logits.alone.{i}"] = model(alone[0], attention_mask=alone[1]).logits
    return found


# How a model is stored


def safetensors(model, case):
    """As transformers stores today."""
    model.save_pretrained(case)


def pickled(model, case):
    """pytorch_model.bin as transformers 4 wrote it: a dictionary of tensors."""
    model.config.architectures = [type(model).__name__]
    model.config.dtype = "float32"
    model.config.save_pretrained(case)
    torch.save(dict(model.state_dict()), case / "pytorch_model.bin")


def older_name(name):
    """A weight's name before torch's weight norm became a parametrization."""
    return name.replace("parametrizations.weight.original0", "weight_g").replace("parametrizations.weight.original1", "weight_v")


def pickled_older(model, case):
    """pytorch_model.bin as the first versions of transformers 4 wrote it: the older names, in an ordered dictionary that
    has its metadata as an attribute."""
    pickled(model, case)
    state = model.state_dict()
    renamed = OrderedDict((older_name(name), value) for name, value in state.items())
    renamed._metadata = state._metadata
    torch.save(renamed, case / "pytorch_model.bin")


def started(name):
    """The case's folder, empty."""
    case = folder / name
    shutil.rmtree(case, ignore_errors=True)
    case.mkdir(parents=True)
    return case


def finished(case, found):
    """Writes what was found, and prints the folder's size."""
    save_file({name: value.detach().contiguous().clone() for name, value in found.items()}, case / "expected.safetensors")
    print(case.name, sum(file.stat().st_size for file in case.iterdir()), "bytes")


def write(name, model, watched, normalised=None, masked=None, lengths=(4000,), store=safetensors, every=None, extra={}):
    """One case. `normalised` and `masked` are the entries of preprocessor_config.json; without them, there is none.
    `extra`: entries of config.json that transformers does not write."""
    case = started(name)
    drawn(model, name)
    store(model, case)
    if extra:
        configuration = json.loads((case / "config.json").read_text()) | extra
        (case / "config.json").write_text(json.dumps(configuration, indent=2, sort_keys=True) + "\n")
    preprocessing = None
    if normalised is not None:
        preprocessing = dict(do_normalize=normalised, return_attention_mask=masked)
        transformers.Wav2Vec2FeatureExtractor(**preprocessing).save_pretrained(case)
    stored_name = older_name if store is pickled_older else str
    finished(case, answers(model, *clips(name, lengths), preprocessing, watched, stored_name, every))


# The cases


def hubert_base_er():
    configuration = transformers.HubertConfig(
        **TINY | dict(num_hidden_layers=3), **labels("neu", "hap", "ang", "sad"), use_weighted_layer_sum=True)
    write("hubert-base-er", transformers.HubertForSequenceClassification(configuration), [
        "layer_weights", "hubert.feature_extractor.conv_layers.0.conv.weight",
        "hubert.encoder.layers.0.attention.q_proj.weight",
        "hubert.encoder.pos_conv_embed.conv.parametrizations.weight.original0",
        "hubert.encoder.pos_conv_embed.conv.parametrizations.weight.original1"], normalised=False, masked=True)


def hubert_large_er():
    configuration = transformers.HubertConfig(
        **TINY | LARGE | dict(num_hidden_layers=3), **labels("neu", "hap", "ang", "sad"), use_weighted_layer_sum=True)
    write("hubert-large-er", transformers.HubertForSequenceClassification(configuration), [
        "layer_weights", "hubert.feature_extractor.conv_layers.0.conv.bias", "hubert.encoder.layer_norm.weight",
        "hubert.encoder.layers.1.attention.k_proj.weight"], normalised=True, masked=True, lengths=(4000, 2900))


def hubert_variants():
    """What HuBERT alone has: no norm before the projection, batch norm in place of weight norm. And an odd kernel."""
    configuration = transformers.HubertConfig(
        **TINY | dict(num_conv_pos_embeddings=15), **labels("neutral", "happy", "angry"), feat_proj_layer_norm=False,
        conv_pos_batch_norm=True, use_weighted_layer_sum=False)
    write("hubert-variants", transformers.HubertForSequenceClassification(configuration), [
        "hubert.encoder.pos_conv_embed.batch_norm.weight", "hubert.encoder.pos_conv_embed.conv.weight",
        "hubert.encoder.layers.0.attention.v_proj.weight", "projector.weight"], normalised=True, masked=False)


def hubert_bare():
    """No head, so no prefix; masked_spec_embed, which is for training only, is stored."""
    write("hubert-bare", transformers.HubertModel(transformers.HubertConfig(**TINY)), [
        "feature_extractor.conv_layers.0.conv.weight", "encoder.layers.1.attention.q_proj.weight",
        "encoder.pos_conv_embed.conv.parametrizations.weight.original0",
        "encoder.pos_conv_embed.conv.parametrizations.weight.original1"],
        normalised=True, masked=False, store=pickled_older)


def wav2vec2_base_er():
    """No labels in config.json: there are two classes then, LABEL_0 and LABEL_1."""
    configuration = transformers.Wav2Vec2Config(**TINY, use_weighted_layer_sum=False)
    write("wav2vec2-base-er", transformers.Wav2Vec2ForSequenceClassification(configuration), [
        "classifier.weight", "wav2vec2.feature_extractor.conv_layers.0.layer_norm.weight",
        "wav2vec2.feature_projection.layer_norm.weight",
        "wav2vec2.encoder.pos_conv_embed.conv.parametrizations.weight.original1"],
        normalised=True, masked=False, store=pickled)


class TanhHead(nn.Module):
    """dense, tanh and an output layer with a name of the model's own."""

    def __init__(self, configuration, output):
        super().__init__()
        self.dense = nn.Linear(configuration.hidden_size, configuration.hidden_size)
        self.add_module(output, nn.Linear(configuration.hidden_size, configuration.num_labels))
        self.output_name = output

    def forward(self, pooled):
        return self.get_submodule(self.output_name)(torch.tanh(self.dense(pooled)))


class Wav2Vec2ForSpeechClassification(Wav2Vec2PreTrainedModel):
    """The mean over valid frames and a head with tanh: a class that those who trained such models wrote themselves."""

    output_name = "out_proj"

    def __init__(self, configuration):
        super().__init__(configuration)
        self.wav2vec2 = Wav2Vec2Model(configuration)
        self.classifier = TanhHead(configuration, self.output_name)
        self.post_init()

    def forward(self, inputs, attention_mask=None, **options):
        outputs = self.wav2vec2(inputs, attention_mask=attention_mask, **options)
        states = outputs.last_hidden_state
        keep = torch.ones(states.shape[:2], dtype=torch.bool)
        if attention_mask is not None:
            keep = self._get_feature_vector_attention_mask(states.shape[1], attention_mask)
        pooled = (states * keep[..., None]).sum(1) / keep.sum(1, keepdim=True)
        return transformers.modeling_outputs.SequenceClassifierOutput(
            logits=self.classifier(pooled), hidden_states=outputs.hidden_states, attentions=outputs.attentions)


class Wav2Vec2WithOutput(Wav2Vec2ForSpeechClassification):
    output_name = "output"


def wav2vec2_dimensions():
    """Regression: three numbers, no softmax."""
    configuration = transformers.Wav2Vec2Config(
        **TINY | LARGE, **labels("arousal", "dominance", "valence"), problem_type="regression", vocab_size=None)
    write("wav2vec2-dimensions", Wav2Vec2ForSpeechClassification(configuration), [
        "classifier.dense.weight", "wav2vec2.feature_extractor.conv_layers.0.conv.weight",
        "wav2vec2.encoder.pos_conv_embed.conv.parametrizations.weight.original0",
        "wav2vec2.encoder.layers.0.feed_forward.intermediate_dense.bias"], normalised=True, masked=True)


CASES = [hubert_base_er, hubert_large_er, hubert_variants, hubert_bare, wav2vec2_base_er, wav2vec2_dimensions]

for case in CASES:
    if len(sys.argv) == 1 or case.__name__.replace("_", "-") in sys.argv[1:]:
        case()
