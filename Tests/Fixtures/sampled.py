"""Numbers in [-1, 1) that look random and are the same everywhere, to the bit: the tests make them again in Swift, in
TestSupport/SampledTensors.swift. A module of the scripts beside it."""

import numpy as np


def mixed(z):
    """SplitMix64's output function (Steele, Lea and Flood 2014) of an array of uint64."""
    with np.errstate(over="ignore"):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def bits(start, count):
    """64 bits for each of the states from `start` on."""
    with np.errstate(over="ignore"):
        return mixed((np.uint64(start) + np.arange(count, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15))


def values(start, shape):
    """float64 of a shape, all of which float32 has exactly."""
    count = int(np.prod(shape, dtype=int))
    return ((bits(start, count) >> np.uint64(40)).astype(np.float64) / 2**23 - 1).reshape(shape)


def by_seed(shape, seed):
    """float64 of a shape, by a seed."""
    return values(seed * 1_000_003, shape)


def by_name(name, shape):
    """float32 of a shape, by a name's FNV-1a hash."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    return values(seed, shape).astype(np.float32)
