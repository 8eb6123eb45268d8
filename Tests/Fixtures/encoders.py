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
NAME.everyN         every N-th frame, or sample, of NAME, where all of it would be large; then also attentions.0.first and
                    .last, the weights of the first and of the last query, [batch, heads, keys]
"""

import json
import os
import pathlib
import shutil
import sys
import warnings
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
warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask")  # of a call in transformers' WavLM
torch.set_num_threads(1)  # so that sums are taken in one order

folder = pathlib.Path(__file__).parent / "encoders"

# A tiny encoder. The kernels and strides are those of the published ones: 3,600 samples are 11 frames.
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

# Factors of a matrix's spread, by a part of its name.
GAINS = {
    "q_proj": 1.6, "k_proj": 1.6, ".query": 2, ".key": 2, "conv": 1.5, "classifier": 2, "lstm": 1.5, "embed_mfcc": 5,
    "embed_spectrogram": 0.5, "hidden.weight": 3}


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
            new = next((gain for key, gain in GAINS.items() if key in name), 1) * normal / np.sqrt(inputs)
        value.copy_(torch.tensor(np.asarray(new)))
    return model.eval()


def clips(case, lengths):
    """Noise times a slow envelope and a tone, [batch, samples] in about -0.5...0.5, with zeros after each clip's end. A
    second clip is quieter, so that the constant added to the variance in normalisation matters, and which clip's variance
    it is."""
    random = generator(case + " waveform")
    waveform = np.zeros([len(lengths), max(lengths)], np.float32)
    for i, length in enumerate(lengths):
        time = np.arange(length) / 16_000
        noise = random.uniform(-0.4, 0.4, length) * np.sin(2 * np.pi * 7 * time + i) ** 2
        waveform[i, :length] = (noise + 0.1 * np.sin(2 * np.pi * (220 + 110 * i) * time) + 0.02) * 0.2**i
    return torch.tensor(waveform), torch.tensor(lengths)


def prepared(waveform, lengths, preprocessing):
    """What Wav2Vec2FeatureExtractor makes of the clips, in torch, so that gradients pass: each normalised over its own
    samples, then padded with zeros. And the mask of samples, or None."""
    inputs = []
    for clip, length in zip(waveform, lengths):
        clip = clip[:length]
        if preprocessing["do_normalize"]:
            clip = (clip - clip.mean()) / torch.sqrt(clip.var(unbiased=False) + 1e-7)
        inputs.append(F.pad(clip, (0, waveform.shape[1] - int(length))))
    mask = None
    if preprocessing["return_attention_mask"]:
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
        scores = split(attention.q_proj) @ split(attention.k_proj).transpose(-1, -2) * attention.scaling
        scores = scores + gate * self.table
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
    if every:  # all distances of two frames
        found |= {"attentions.0.first": attentions[0][:, :, 0], "attentions.0.last": attentions[0][:, :, -1]}
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
    for now, before in {"original0": "weight_g", "original1": "weight_v"}.items():
        name = name.replace("parametrizations.weight." + now, before)
    return name


def pickled_older(model, case):
    """pytorch_model.bin as the first versions of transformers 4 wrote it: the older names, in an ordered dictionary that
    has its metadata as an attribute."""
    pickled(model, case)
    state = model.state_dict()
    renamed = OrderedDict((older_name(name), value) for name, value in state.items())
    renamed._metadata = state._metadata
    torch.save(renamed, case / "pytorch_model.bin")


def in_shards(model, case):
    """Three files and an index. Every other tensor is stored as float16, a sixth as bfloat16; the model computes with what
    these hold."""
    state = model.state_dict()
    for i, (name, value) in enumerate(sorted(state.items())):
        kind = torch.float16 if i % 2 == 0 else torch.bfloat16 if i % 6 == 1 else torch.float32
        state[name] = value.to(kind)
        value.copy_(state[name])
    model.save_pretrained(case, state_dict=state, max_shard_size=20_000)


def own(architecture, **network):
    """As Undertone stores a model of its own: the sizes in config.json, all weights in one file."""
    def store(model, case):
        configuration = dict(architecture=architecture, network=network)
        (case / "config.json").write_text(json.dumps(configuration, indent=2, sort_keys=True) + "\n")
        save_file(model.state_dict(), case / "model.safetensors")
    return store


def started(name):
    """The case's folder, empty."""
    case = folder / name
    shutil.rmtree(case, ignore_errors=True)
    case.mkdir(parents=True)
    return case


def finished(case, found):
    """Writes what was found, and prints the folder's size."""
    found = {name: value.detach().clone(memory_format=torch.contiguous_format) for name, value in found.items()}
    save_file(found, case / "expected.safetensors")
    print(case.name, sum(file.stat().st_size for file in case.iterdir()), "bytes")


def write(name, model, watched, normalised=None, masked=False, lengths=(3600,), store=safetensors, every=None, extra={}):
    """One case. `normalised` and `masked` are the entries of preprocessor_config.json; without the first there is no such
    file, and the clips are not normalised. `extra`: entries of config.json that transformers does not write."""
    case = started(name)
    drawn(model, name)
    store(model, case)
    if extra:
        configuration = json.loads((case / "config.json").read_text()) | extra
        (case / "config.json").write_text(json.dumps(configuration, indent=2, sort_keys=True) + "\n")
    preprocessing = dict(do_normalize=bool(normalised), return_attention_mask=masked)
    if normalised is not None:
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


def wav2vec2_dense_output():
    """A head that transformers takes for its own class, by the name in config.json, and then leaves random."""
    configuration = transformers.Wav2Vec2Config(**TINY | LARGE, **labels(
        "angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised"))
    write("wav2vec2-dense-output", Wav2Vec2WithOutput(configuration), [
        "classifier.dense.weight", "classifier.output.bias", "wav2vec2.encoder.layers.1.layer_norm.weight",
        "wav2vec2.encoder.pos_conv_embed.conv.parametrizations.weight.original1"],
        normalised=True, masked=True, store=pickled_older, extra=dict(
            architectures=["Wav2Vec2ForSequenceClassification"], pooling_mode="mean", finetuning_task="wav2vec2_clf"))


def unispeech_sat_er():
    configuration = transformers.UniSpeechSatConfig(
        **TINY, **labels("neutral", "happy", "angry", "sad"), use_weighted_layer_sum=True)
    write("unispeech-sat-er", transformers.UniSpeechSatForSequenceClassification(configuration), [
        "layer_weights", "unispeech_sat.feature_extractor.conv_layers.0.conv.weight",
        "unispeech_sat.encoder.layers.0.attention.q_proj.weight"], normalised=True, masked=True)


def wavlm_base_er():
    """901 frames from smaller strides, so that all of the 320 buckets of distances are used that 800 frames and more need;
    the logarithmic ones begin at 80."""
    configuration = transformers.WavLMConfig(
        **TINY | dict(num_hidden_layers=3, conv_stride=[5, 2, 1, 1, 1, 1, 1]), **labels("neutral", "happy", "angry", "sad"),
        use_weighted_layer_sum=True, num_buckets=320, max_bucket_distance=800)
    write("wavlm-base-er", transformers.WavLMForSequenceClassification(configuration), [
        "layer_weights", "wavlm.feature_extractor.conv_layers.0.conv.weight",
        "wavlm.encoder.layers.0.attention.rel_attn_embed.weight", "wavlm.encoder.layers.1.attention.gru_rel_pos_const",
        "wavlm.encoder.layers.2.attention.gru_rel_pos_linear.weight"],
        normalised=False, masked=False, lengths=(9100,), every=(60, 25))


def wavlm_large_er():
    configuration = transformers.WavLMConfig(
        **TINY | LARGE, **labels("neutral", "happy", "angry", "sad"), use_weighted_layer_sum=False,
        num_buckets=32, max_bucket_distance=80, mask_time_prob=0.0)
    write("wavlm-large-er", transformers.WavLMForSequenceClassification(configuration), [
        "wavlm.encoder.layers.0.attention.rel_attn_embed.weight", "wavlm.encoder.layers.1.attention.gru_rel_pos_linear.bias",
        "wavlm.encoder.layers.0.attention.q_proj.weight",
        "wavlm.encoder.pos_conv_embed.conv.parametrizations.weight.original0"],
        normalised=True, masked=True, lengths=(4000, 2900))


def data2vec_er():
    configuration = transformers.Data2VecAudioConfig(
        **TINY | dict(num_conv_pos_embeddings=5), **labels("neutral", "happy", "angry", "sad"), conv_pos_kernel_size=7,
        use_weighted_layer_sum=True, mask_time_prob=0.0)
    write("data2vec-er", transformers.Data2VecAudioForSequenceClassification(configuration), [
        "layer_weights", "data2vec_audio.feature_extractor.conv_layers.0.conv.weight",
        "data2vec_audio.encoder.pos_conv_embed.layers.2.conv.weight",
        "data2vec_audio.encoder.layers.1.attention.out_proj.weight"], normalised=True, masked=True)


def distilhubert_bare():
    configuration = transformers.HubertConfig(**TINY, feat_proj_layer_norm=False, mask_time_prob=0.0)
    write("distilhubert-bare", transformers.HubertModel(configuration), [
        "feature_projection.projection.weight", "feature_extractor.conv_layers.0.layer_norm.bias",
        "encoder.layers.0.final_layer_norm.weight"])


def sharded():
    configuration = transformers.Wav2Vec2Config(
        **TINY, **labels("negative", "neutral", "positive"), use_weighted_layer_sum=True)
    write("sharded", transformers.Wav2Vec2ForSequenceClassification(configuration), [
        "layer_weights", "wav2vec2.feature_extractor.conv_layers.0.conv.weight",
        "wav2vec2.encoder.layers.0.attention.k_proj.weight"], normalised=True, masked=False, store=in_shards)


def convnext():
    """pixels [1, 3, 64, 96] in place of clips, hidden_states from the embedding on, [1, channels, rows, columns]; the gradient
    is of the sum of the last state's first channel, and of its elements in memory's order every 5th is kept."""
    case = started("convnext")
    configuration = transformers.ConvNextConfig(hidden_sizes=[8, 12, 20, 28], depths=[1, 1, 2, 1])
    model = drawn(transformers.ConvNextModel(configuration), case.name)
    safetensors(model, case)
    pixels = torch.tensor(generator("pixels").standard_normal([1, 3, 64, 96]), dtype=torch.float32, requires_grad=True)
    outputs = model(pixels, output_hidden_states=True)
    found = {"pixels": pixels, "last_hidden_state": outputs.last_hidden_state, "pooler_output": outputs.pooler_output}
    found |= {f"hidden_states.{i}": state for i, state in enumerate(outputs.hidden_states)}
    watched = ["encoder.stages.2.layers.1.dwconv.weight", "encoder.stages.1.layers.0.layer_scale_parameter",
               "encoder.stages.1.downsampling_layer.0.weight"]
    parameters = dict(model.named_parameters())
    gradients = torch.autograd.grad(
        outputs.last_hidden_state[:, 0].sum(), [pixels, *[parameters[name] for name in watched]])
    found["gradient.every5"] = gradients[0].flatten()[::5]
    found |= {"gradient." + name: gradient for name, gradient in zip(watched, gradients[1:])}
    finished(case, found)


# The report's two models with an encoder, with Undertone's names


class HubertFineTuned(nn.Module):
    """HuBERT, the mean over the frames of a clip, and one linear layer."""

    base_model_prefix = "hubert"

    def __init__(self, hubert):
        super().__init__()
        self.hubert, self.config = hubert, hubert.config
        self.head = nn.Linear(hubert.config.hidden_size, 7)

    def forward(self, inputs, attention_mask=None, **options):
        outputs = self.hubert(inputs, attention_mask=attention_mask, **options)
        frames = self.hubert._get_feat_extract_output_lengths(attention_mask.sum(1))
        means = torch.stack([clip[:count].mean(0) for clip, count in zip(outputs.last_hidden_state, frames)])
        return transformers.modeling_outputs.SequenceClassifierOutput(
            logits=self.head(means), hidden_states=outputs.hidden_states, attentions=outputs.attentions)


class GatedAttention(nn.Module):
    """Self-attention whose queries and keys are each scaled at each position by a gate that both have part in."""

    def __init__(self, width, heads, gate):
        super().__init__()
        share = width // heads
        for name in ("query", "key", "value"):
            self.register_parameter(name, nn.Parameter(torch.empty(heads, width, share)))
        for name in ("gate_query", "gate_key"):
            self.register_parameter(name, nn.Parameter(torch.empty(heads, share, gate)))
        self.gate = nn.Parameter(torch.empty(heads, gate, 2))
        self.output = nn.Parameter(torch.empty(width, width))

    def forward(self, x):
        query, key, value = (torch.einsum("nmd,kdh->nkmh", x, each) for each in (self.query, self.key, self.value))
        gates = torch.sigmoid((query @ self.gate_query) * (key @ self.gate_key) @ self.gate)
        scores = (query * gates[..., :1]) @ (key * gates[..., 1:]).transpose(2, 3) / query.shape[-1] ** 0.5
        self.weights = torch.softmax(scores, -1)
        return torch.cat((self.weights @ value).unbind(1), -1) @ self.output


class FusionBlock(nn.Module):
    """Gated attention and two linear layers, each added to its input and normalised over positions and width together."""

    def __init__(self, positions, width, heads, gate):
        super().__init__()
        self.attention = GatedAttention(width, heads, gate)
        self.norm1, self.norm2 = nn.LayerNorm([positions, width]), nn.LayerNorm([positions, width])
        self.expand, self.reduce = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.reduce(self.expand(x).relu()))


class Fusion(nn.Module):
    """Spectrogram, MFCC and waveform, each made a sequence of vectors; all attend to all."""

    def __init__(self, hubert, convnext, positions, recurrent, width, heads, gate, hidden):
        super().__init__()
        self.hubert, self.convnext = hubert, convnext
        self.lstm = nn.LSTM(40, recurrent, num_layers=2, bidirectional=True, batch_first=True)
        self.embed_spectrogram = nn.Linear(convnext.config.hidden_sizes[-1], width, bias=False)
        self.embed_mfcc = nn.Linear(2 * recurrent, width, bias=False)
        self.embed_waveform = nn.Linear(hubert.config.hidden_size, width, bias=False)
        self.fusion = nn.ModuleList(FusionBlock(positions, width, heads, gate) for _ in range(2))
        self.hidden, self.head = nn.Linear(width, hidden), nn.Linear(hidden, 7)

    def forward(self, waveform, mel, mfcc):
        image = self.convnext(mel.repeat(1, 3, 1, 1)).last_hidden_state
        x = torch.cat([
            self.embed_spectrogram(image.flatten(2).mT), self.embed_mfcc(self.lstm(mfcc[:, 0].mT)[0]),
            self.embed_waveform(self.hubert(waveform).last_hidden_state)], 1)
        for block in self.fusion:
            x = block(x)
        return self.head(self.hidden(x.mean(1)).relu())


def entries(configuration):
    """What transformers would write in config.json."""
    return json.loads(configuration.to_json_string())


def hubertft():
    hubert = transformers.HubertModel(transformers.HubertConfig(**TINY | LARGE))
    write("hubertft", HubertFineTuned(hubert), [
        "head.weight", "hubert.feature_projection.projection.weight", "hubert.encoder.layers.0.attention.v_proj.weight"],
        masked=True, lengths=(4000, 2900), store=own("hubertft", encoder=entries(hubert.config)))


def mmfusion():
    """mel [1, 1, 64, 96] is 6 positions, mfcc [1, 1, 40, 24] is 24 and 2,000 samples are 6. fusion.I.attention is the
    softmax of block I, [batch, heads, queries, keys]; gradient.mel and gradient.mfcc are those of gradient at the others."""
    case = started("mmfusion")
    hubert = transformers.HubertConfig(
        **TINY | dict(num_hidden_layers=1, intermediate_size=16, num_conv_pos_embeddings=8), mask_time_prob=0.0)
    convnext = transformers.ConvNextConfig(hidden_sizes=[4, 6, 8, 12], depths=[1, 1, 2, 1])
    sizes = dict(positions=36, recurrent=8, width=12, heads=3, gate=4, hidden=16)
    model = Fusion(transformers.HubertModel(hubert), transformers.ConvNextModel(convnext), **sizes)
    drawn(model, case.name)
    own("mmfusion", encoder=entries(hubert), spectrogram=entries(convnext), **sizes)(model, case)
    waveform, lengths = clips(case.name, [2000])
    mel, mfcc = (torch.tensor(generator(name).standard_normal([1, 1, *shape]), dtype=torch.float32)
                 for name, shape in {"mel": [64, 96], "mfcc": [40, 24]}.items())
    inputs = {"waveform": waveform, "mel": mel, "mfcc": mfcc}
    watched = {name: value for name, value in model.named_parameters() if name in (
        "fusion.0.attention.gate", "fusion.1.norm1.weight", "lstm.weight_hh_l1_reverse", "embed_spectrogram.weight")}
    logits = model(*[value.requires_grad_() for value in inputs.values()])
    gradients = torch.autograd.grad(logits[:, 0].sum(), [*inputs.values(), *watched.values()])
    found = inputs | {"lengths": lengths.float(), "logits": logits}
    found |= {f"fusion.{i}.attention": block.attention.weights for i, block in enumerate(model.fusion)}
    for name, gradient in zip([*inputs, *watched], gradients):
        found["gradient" if name == "waveform" else "gradient." + name] = gradient
    finished(case, found)


CASES = [
    hubert_base_er, hubert_large_er, hubert_variants, hubert_bare, wav2vec2_base_er, wav2vec2_dimensions,
    wav2vec2_dense_output, unispeech_sat_er, wavlm_base_er, wavlm_large_er, data2vec_er, distilhubert_bare,
    sharded, convnext, hubertft, mmfusion]

for case in CASES:
    if len(sys.argv) == 1 or case.__name__.replace("_", "-") in sys.argv[1:]:
        case()
