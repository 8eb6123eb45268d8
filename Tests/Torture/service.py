#!/usr/bin/env python3
"""A seeded torture of the service: malformed requests of many kinds from several threads, while one good client asks for
predictions all the time.

Prints how each kind of request was answered, what the good client measured alone and meanwhile, and the service's memory; ends
with 1 where the service died, did not answer, failed inside or grew, and where a good answer was lost or came late.
"""

import argparse
import http.client
import json
import math
import multiprocessing
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import mutations
import program as programs

# Seconds within which a whole request is answered.
LIMIT = 60.0
# ServiceSettings: seconds without a part of a request, of a body, and without progress of an answer.
IDLE, BODY, STALL = 45.0, 15.0, 60.0
# Seconds of work that no prediction comes between: one pass of a minute of sound through the network.
UNDIVIDED = 1.0
# Megabytes of a body at most, and by how many the service may grow.
LARGEST, GROWTH = 4, 300
RATE = 16_000
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "CONNECT", "PROPFIND", "get", "P\0ST"]
ROUTES = [
    "predict", "explain", "edit", "units", "counterfactual", "compare", "stream", "models", "methods", "clips",
    "clips/made-angry", "openapi.json", "models/built-in/reload",
]
# What takes a sound, of the cheapest kind of each route.
SOUND_PATHS = [
    "/v1/predict", "/v1/explain?method=saliency&input=mel", "/v1/explain?method=saliency&format=view&name=a.wav",
    "/v1/explain?method=saliency&format=html", "/v1/edit?loudness=-3", "/v1/edit?start=0.2&end=0.9&low=500&high=2000&gain=-20",
    "/v1/edit?start=0.2&end=0.9&mute=true", "/v1/units?units=syllables", "/v1/counterfactual?target=angry",
]


# MARK: Sounds

def voice(seconds, rate=RATE):
    """Samples of a tone with overtones that falls and rises, as bytes."""
    samples, phase = bytearray(), 0.0
    for index in range(int(seconds * rate)):
        phase += 2 * math.pi * (140 + 20 * math.sin(3 * index / rate)) / rate
        value = sum(math.sin(harmonic * phase) / harmonic for harmonic in range(1, 6))
        samples += struct.pack("<h", int(6000 * value * (0.6 + 0.4 * math.sin(25 * index / rate))))
    return bytes(samples)


def wav(data, rate=RATE, channels=1, bits=16, form=1, size=None):
    size = len(data) if size is None else size
    block = channels * bits // 8
    return (b"RIFF" + struct.pack("<I", (36 + size) % 2**32) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, form, channels % 2**16, rate % 2**32, rate * block % 2**32, block % 2**16, bits) + b"data"
        + struct.pack("<I", size % 2**32) + data)


def checksum(data, bits, polynomial):
    value = 0
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value >> (bits - 1) else 0)) % 2**bits
    return value


def flac(seconds, rate=RATE, level=1000, claimed=None):
    """FLAC of one level, whose blocks of 65,536 samples have ten bytes or so each: an hour of 16 kHz in 12 kB."""
    block, frames = 65_535, []
    count = int(seconds * rate) // block + 1
    for number in range(count):
        code = number
        if code < 0x80:
            place = bytes([code])
        elif code < 0x800:
            place = bytes([0xC0 | code >> 6, 0x80 | code & 63])
        else:
            place = bytes([0xE0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63])
        # A block's size in 16 bits behind the number, the rate of the stream, one channel of 16 bits.
        head = b"\xff\xf8\x70\x08" + place + struct.pack(">H", block - 1)
        head += bytes([checksum(head, 8, 0x07)])
        # A subframe that is constant.
        body = head + b"\x00" + struct.pack(">h", level)
        frames.append(body + struct.pack(">H", checksum(body, 16, 0x8005)))
    total = count * block if claimed is None else claimed
    facts = rate << 44 | 0 << 41 | 15 << 36 | total % 2**36
    information = struct.pack(">HH", block, block) + bytes(6) + facts.to_bytes(8, "big") + bytes(16)
    return b"fLaC\x80" + len(information).to_bytes(3, "big") + information + b"".join(frames)


class Material:
    def __init__(self):
        self.samples = voice(1.5)
        self.clip = wav(self.samples)
        self.flac = flac(2)
        # Few and small: they are what each decoder's time is asked of.
        self.bombs = [
            flac(24 * 3600, 8000), flac(3600), flac(1, claimed=2**36 - 1), flac(1, claimed=100 * 3600 * RATE),
            flac(60, 655_350), wav(self.samples, size=2**32 - 1), wav(self.samples, channels=65_535, size=2**31),
            wav(bytes(3_000_000), channels=32), wav(self.samples, rate=1), wav(self.samples, rate=2**32 - 1),
            wav(self.samples, bits=0), wav(self.samples, bits=65_535, channels=65_535), wav(bytes(3_000_000), rate=8000),
        ]


# MARK: Requests

class Request:
    """Pieces to be sent, each with the seconds that are waited behind it."""

    def __init__(self, *pieces, ends=False, leaves=False):
        self.pieces = [piece if isinstance(piece, tuple) else (piece, 0) for piece in pieces]
        # Whether the sending side is closed behind them, as the request may have no end; whether no answer is waited for.
        self.ends, self.leaves = ends, leaves

    @property
    def data(self):
        return b"".join(piece for piece, _ in self.pieces)


def post(path, body, *fields, method="POST", length=None):
    length = len(body) if length is None else length
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", *fields]
    return "\r\n".join(head).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body


def quoted(text):
    return "".join(chr(byte) if chr(byte).isalnum() else f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def nonsense(random, material):
    kind = random.randrange(5)
    if kind == 0:
        return Request(random.randbytes(random.choice((1, 20, 1000, 100_000))), ends=True)
    if kind == 1:
        return Request(mutations.bytewise(random, post("/v1/predict", material.clip)[:300]), ends=True)
    if kind == 2:
        line = random.choice((
            "GET\r\n\r\n", "GET /healthz\r\n\r\n", "GET  /healthz HTTP/1.1\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n",
            "GET /healthz HTTP/1.1\n\n", "\r\n\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost localhost\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"))
        return Request(line.encode("latin-1"), ends=True)
    if kind == 3:
        return Request(post("/v1/predict", material.clip, method=random.choice(METHODS)), ends=True)
    # Several at once, of which one is none.
    whole = [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"] * random.choice((2, 20, 500))
    whole.insert(random.randrange(len(whole)), random.randbytes(20))
    return Request(b"".join(whole), ends=True)


def heads(random, material):
    word = random.choice(mutations.WORDS).replace("\n", " ")
    fields = random.choice((
        ["X-A: " + "a" * random.choice((1000, 17_000, 200_000))], ["X-A: b"] * random.choice((90, 101, 5000)),
        [f"X-A: {word}"], ["X A: b"], [": b"], ["Content-Length: 5"], ["Transfer-Encoding: chunked"],
        ["Transfer-Encoding: gzip, chunked"], ["Transfer-Encoding: xchunked"], ["Host: example.org"],
        ["Origin: https://example.org"], [f"Origin: {word}"], [f"Expect: {word}"], ["Expect: 100-continue"],
        [f"Content-Type: {word}"], [f"Authorization: {word}"], [" folded: b"], ["Connection: close, keep-alive, x"],
        ["Connection: upgrade", "Upgrade: h2c"], ["Range: bytes=0-1,5-"], ["Content-Encoding: gzip"]))
    # Those that change the body's length may leave it without an end.
    ends = fields[0].startswith(("Content-Length", "Transfer-Encoding"))
    return Request(post("/v1/predict", material.clip, *fields), ends=ends)


def paths(random, material):
    path = random.choice((
        "/../../../etc/passwd", "/v1/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v1/%00", "//v1//predict", "/v1/predict/",
        "/v1/predict/../predict", "/v1/models/%2e%2e%2f%2e%2e/reload", "/v1/models/../reload", "http://example.org/v1/predict",
        "*", "/" + "a" * random.choice((1000, 20_000, 200_000)), "/v1/predict?" + "a=b&" * random.choice((10, 3000)),
        "/v1/predict?model=" + quoted(random.choice(mutations.WORDS)), "/v1/predict?%", "/v1/predict?model=%zz", "/v1/predict#x",
        "/V1/PREDICT", "/", "/healthz", "/metrics", "/page/studio.js", "/page/../studio.js", "/page/%2e%2e/studio.js",
        "/v1/clips/made-angry", "/v1/clips/" + quoted(random.choice(mutations.WORDS)), "/v1/clips/%2e%2e%2fetc",
        "/v1/" + quoted(random.choice(mutations.WORDS)), "/" + "/".join(["x"] * 2000)))
    if random.random() < 0.3:
        path = "/v1/" + random.choice(ROUTES)
    method = random.choice(METHODS)
    if random.random() < 0.4:
        return Request(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), ends=True)
    if random.random() < 0.2:
        # A body without an end, of which most routes read nothing.
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        return Request(head.encode() + b"3e8\r\n" + bytes(1000) + b"\r\n", ends=True)
    return Request(post(path, material.clip, method=method), ends=True)


def lengths(random, material):
    body = material.clip
    kind = random.randrange(5)
    if kind == 0:
        return Request(post("/v1/predict", body[:random.randrange(len(body))], length=len(body)), ends=True)
    if kind == 1:
        return Request(post("/v1/predict", body + random.randbytes(100), length=len(body)), ends=True)
    if kind == 2:
        length = random.choice((-1, 2**31, 2**63, 2**64, "0x10", "+5", "5, 5", "", "1e3", "٣", len(body) + LARGEST * 2**20))
        return Request(post("/v1/predict", body, length=length), ends=True)
    if kind == 3:
        return Request(post("/v1/predict", bytes((LARGEST << 20) + random.choice((0, 1, 100_000)))))
    return Request(post("/v1/predict", body, length=random.choice((0, 1, 44, len(body) // 2))), ends=True)


def chunks(random, material):
    head = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    body, parts = material.clip, []
    while body:
        size = random.choice((1, 7, 1000, 30_000))
        part, body = body[:size], body[size:]
        parts.append(b"%x\r\n" % len(part) + part + b"\r\n")
        if len(parts) > 200:
            break
    place = random.randrange(len(parts) + 1)
    bad = random.choice((
        b"ZZ\r\n", b"-1\r\nx\r\n", b"FFFFFFFFFFFFFFFFF\r\nx\r\n", b"7FFFFFFFFFFFFFFF\r\nx\r\n", b"0\r\n\r\n", b"5\r\nabc\r\n",
        b"3\r\nabcdef\r\n", b"1;" + b"a" * random.choice((10, 100_000)) + b"\r\nx\r\n", b"\r\n", b"1\nx\n", b"0x1\r\na\r\n",
        b"0\r\n" + b"X-A: b\r\n" * random.choice((1, 5000)) + b"\r\n", b" 1\r\na\r\n"))
    parts.insert(place, bad)
    data = head + b"".join(parts) + random.choice((b"", b"0\r\n\r\n"))
    return Request(data[:random.randrange(len(head), len(data))] if random.random() < 0.2 else data, ends=True)


def forms(random, material):
    boundary = "XX"

    def part(name, content, *more):
        return (f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode("utf-8", "surrogatepass")
                + b"".join(b"\r\n" + own.encode() for own in more) + b"\r\n\r\n" + content + b"\r\n")

    word = random.choice(mutations.WORDS)
    file = part("file", material.clip)
    end = f"--{boundary}--\r\n".encode()
    body = random.choice((
        file + end, file, part("file", b"") + end, file + file + end, part("x", b"y") * 40 + file + end,
        part("model", b"a" * random.choice((4096, 4097, 1_000_000))) + file + end, part(word, b"y") + file + end,
        part("model", word.encode("utf-8", "surrogatepass")) + file + end, part("model", b"\xff\xfe") + file + end, end,
        b"\r\n" * 1000 + file + end, part("file", part("file", material.clip) + end) + end,
        file.replace(b"form-data", b"attachment"), part("file", material.clip, "Content-Transfer-Encoding: base64") + end,
        f"--{boundary}\r\n".encode() * 100_000))
    if random.random() < 0.5:
        body = mutations.bytewise(random, body)
    of = random.choice((
        f"boundary={boundary}", f"boundary={boundary}", f'boundary="{boundary}"', "", "boundary=", "boundary=" + "x" * 71,
        f"boundary={boundary}; boundary=YY", "boundary=\"", f"charset={boundary}"))
    return Request(post("/v1/predict", body, f"Content-Type: multipart/form-data; {of}"))


def sounds(random, material):
    body = random.choice((material.clip, material.clip, material.flac))
    body = random.choice((
        mutations.bytewise(random, body), mutations.bytewise(random, body), b"", random.randbytes(5000), bytes(5000),
        b"RIFF" * 1000, b"fLaC" + random.randbytes(200), b"OggS" + random.randbytes(200), b"ID3" + random.randbytes(200)))
    path = "/v1/predict" if random.random() < 0.5 else random.choice(SOUND_PATHS)
    return Request(post(path, body[:LARGEST << 20]))


def bombs(random, material):
    body = random.choice(material.bombs)
    path = "/v1/predict" if random.random() < 0.3 else random.choice(SOUND_PATHS)
    return Request(post(path, mutations.bytewise(random, body)[:LARGEST << 20] if random.random() < 0.2 else body))


def long_method(random):
    """The parameters of a method of many passes, which takes up to seconds."""
    method, count = random.choice((
        ("smoothgrad", "draws"), ("vargrad", "draws"), ("rise", "draws"), ("integrated-gradients", "steps"),
        ("blurred-integrated-gradients", "steps")))
    most = 2000 if count == "draws" else 500
    return f"method={method}&{count}={random.choice((50, 200, most))}"


def parameters(random, material):
    known = {
        "explain": ["model", "method", "target", "versus", "input", "steps", "draws", "seed", "format", "arrays", "name"],
        "edit": [
            "pitch", "range", "tempo", "loudness", "tilt", "formants", "breathiness", "roughness", "reverberation", "low-pass",
            "noise", "telephone", "start", "end", "low", "high", "gain", "mute", "seed", "format"],
        "units": ["model", "units", "filling", "target", "seed"], "counterfactual": ["model", "target", "seed", "format"],
        "compare": ["models", "method"], "stream": ["rate", "window", "hop", "smooth", "abstain"], "predict": ["model"],
    }
    route = random.choice(list(known))
    pairs = [
        f"{random.choice(known[route])}={quoted(random.choice(mutations.WORDS + mutations.NUMBERS))}"
        for _ in range(random.choice((1, 1, 2, 5)))]
    # Words by chance alone would seldom name a method, one that takes long, or an edit that can be done.
    if route == "explain":
        pairs = [pair for pair in pairs if not pair.startswith("method=")] if random.random() < 0.7 else pairs
        pairs += random.choice((
            ["method=none"], ["method=saliency"], ["method=" + "x" * 1000], ["method=saliency", "format=view"],
            ["method=saliency", "format=html"], [long_method(random)]))
    if route == "edit":
        pairs += random.choice((["loudness=-3"], ["start=0.2", "end=0.9", "gain=-20"], ["start=0.5", "end=0.6", "mute=true"], []))
    return Request(post(f"/v1/{route}?{'&'.join(pairs)}", material.clip), ends=route == "stream")


def slow(random, material):
    data = post("/v1/predict", material.clip)
    pieces, place = [], 0
    for _ in range(random.choice((2, 4, 8))):
        size = random.choice((1, 20, 200, 20_000))
        pieces.append((data[place:place + size], random.uniform(0, 0.15)))
        place += size
    if random.random() < 0.5:
        return Request(*pieces, data[place:])
    return Request(*pieces, leaves=True)


def leavers(random, material):
    if random.random() < 0.5:
        # In the midst of what takes longer than they stay.
        path = f"/v1/explain?{long_method(random)}&input=mel"
        return Request((post(path, material.clip), random.uniform(0.05, 1)), leaves=True)
    data = post(random.choice([*SOUND_PATHS, "/v1/stream"]), material.clip)
    if random.random() < 0.3:
        data = data[:random.randrange(len(data))]
    return Request((data, random.choice((0, 0, 0.001, 0.01, 0.05))), leaves=True)


def streams(random, material):
    query = random.choice(("", "?rate=8000&window=0.5&hop=0.1", "?rate=44100", "?window=0.5&hop=60&smooth=0.9"))
    head = f"POST /v1/stream{query} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    body = mutations.bytewise(random, material.samples)[:100_000]
    parts, place = [], 0
    while place < len(body):
        size = random.choice((1, 999, 20_000))
        part = body[place:place + size]
        parts.append((b"%x\r\n" % len(part) + part + b"\r\n", 0))
        place += size
    end = random.choice((b"0\r\n\r\n", b"", b"ZZ\r\n"))
    # A whole one ends by itself.
    return Request(head, *parts[:50], end, ends=end == b"")


# Each with its share of the requests.
KINDS = {
    "nonsense": (nonsense, 10), "heads": (heads, 12), "paths": (paths, 12), "lengths": (lengths, 10), "chunks": (chunks, 12),
    "forms": (forms, 10), "sounds": (sounds, 12), "bombs": (bombs, 2), "parameters": (parameters, 10), "slow": (slow, 4),
    "leavers": (leavers, 4), "streams": (streams, 2),
}
ENDS = ["1xx", "2xx", "3xx", "4xx", "5xx", "closed", "left", "hung"]
# Those that are whole requests of HTTP, which have an answer.
ANSWERED = {"forms", "sounds", "bombs", "parameters"}


# MARK: The service

class Service:
    def __init__(self, program, folder):
        self.said = os.path.join(folder, "said")
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen(
                [program.path, "serve", "--port", "0", "--largest", str(LARGEST)], cwd=folder, env=program.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True)
        end = time.monotonic() + 60 * program.slowness
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", self.text)):
            if not self.lives or time.monotonic() > end:
                programs.kill(self.process)
                raise SystemExit(f"the torture cannot begin: the service does not start: {self.text[-600:]}")
            time.sleep(0.05)
        self.port = int(found.group(1))

    @property
    def text(self):
        with open(self.said, encoding="utf-8", errors="replace") as file:
            return file.read()

    @property
    def lives(self):
        return self.process.poll() is None

    @property
    def memory(self):
        """In megabytes."""
        found = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True).stdout
        return int(found) / 1024 if found.strip() else 0.0

    def waiting(self):
        """The work that waits for the models."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return int(re.search(r"^undertone_waiting (\d+)$", text, re.MULTILINE).group(1))

    def stop(self, seconds):
        """The status after SIGTERM; nil where the service does not end."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            programs.kill(self.process)
            self.process.wait()
            return None


def opened(port, limit, buffer=None):
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(limit)
    connection.connect(("127.0.0.1", port))
    return connection


def status(answer):
    """The status of an answer's head; nil of none."""
    found = re.match(rb"HTTP/1\.[01] ([1-5]\d\d) ", answer)
    return found and found.group(1).decode()


def attempt(port, request, limit):
    """How a request ended, and the beginning of its answer."""
    try:
        with opened(port, limit) as connection:
            try:
                for piece, wait in request.pieces:
                    connection.sendall(piece)
                    if wait:
                        time.sleep(wait)
                if request.leaves:
                    return "left", b""
                if request.ends:
                    connection.shutdown(socket.SHUT_WR)
            except TimeoutError:
                return "hung", b""
            except OSError:
                # The service may have answered and closed before all was sent.
                pass
            answer, end = b"", time.monotonic() + limit
            while b"\r\n\r\n" not in answer or answer.startswith(b"HTTP/1.1 100"):
                if answer.startswith(b"HTTP/1.1 100") and b"\r\n\r\n" in answer:
                    answer = answer.split(b"\r\n\r\n", 1)[1]
                    continue
                connection.settimeout(max(0.01, end - time.monotonic()))
                part = connection.recv(65_536)
                if not part:
                    return "closed", answer
                answer += part
    except TimeoutError:
        return "hung", b""
    except OSError:
        return "closed", b""
    code = status(answer)
    return f"{code[0]}xx" if code else "closed", answer[:2000]


# MARK: The good client

def ask(connection, clip):
    """The seconds of a prediction, and its probabilities; nil with a reason."""
    began = time.monotonic()
    try:
        connection.request("POST", "/v1/predict", clip)
        answer = connection.getresponse()
        text = answer.read()
        seconds = time.monotonic() - began
        if answer.status != 200:
            return seconds, None, f"status {answer.status}: {text[:200]!r}"
        return seconds, json.loads(text)["probabilities"], None
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        connection.close()
        return time.monotonic() - began, None, f"{type(error).__name__}: {error}"


def good(port, clip, expected, limit, stop, least, pipe):
    """Asks until it is stopped, and at least so often; sends the seconds, and what was lost."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit)
    seconds, lost = [], []
    while not stop.is_set() or len(seconds) < least:
        taken, found, reason = ask(connection, clip)
        if found is not None and (
                found.keys() != expected.keys() or any(abs(found[name] - expected[name]) > 1e-4 for name in expected)):
            reason = f"another prediction: {found}"
        if reason:
            lost.append(reason)
            if len(lost) > 100:
                break
        else:
            seconds.append(taken)
    pipe.send((seconds, lost))


class Good:
    """The good client, in a process of its own: what attacks does not slow it down here."""

    def __init__(self, port, clip, expected, limit, least=0):
        self.stop = multiprocessing.Event()
        self.pipe, other = multiprocessing.Pipe(False)
        self.process = multiprocessing.Process(
            target=good, args=(port, clip, expected, limit, self.stop, least, other), daemon=True)
        self.process.start()
        other.close()

    def result(self):
        self.stop.set()
        try:
            return self.pipe.recv()
        except EOFError:
            return [], ["the good client ended"]
        finally:
            self.process.join()


def share(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))] if values else math.nan


def shown(name, seconds, lost):
    print(f"good client {name}: {len(seconds)} answers, {len(lost)} lost, p50 {1000 * share(seconds, 0.5):.1f} ms, "
          f"p99 {1000 * share(seconds, 0.99):.1f} ms", flush=True)


# MARK: Those who hold a connection

def held(port, head, piece, limit):
    """A head, then a piece of the rest about every second: seconds until the service ends it, and the most that these may be."""
    connection, began = opened(port, 1), time.monotonic()
    with connection:
        connection.sendall(head)
        while time.monotonic() - began < IDLE + 60:
            try:
                connection.sendall(piece)
                if not connection.recv(100):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    return time.monotonic() - began, limit + 30


def held_head(port):
    """A head of a byte a second."""
    return held(port, b"GET /healthz HTTP/1.1\r\nX-A: ", b"a", IDLE)


def held_body(port):
    """A body of some bytes a second."""
    return held(port, post("/v1/predict", b"", length=100_000), b"RIFF", BODY)


def held_answer(port):
    """An answer that is not read for long: seconds of waiting, or more than may be where it still came whole.

    Raises OSError where it is so small that it would leave at once.
    """
    sound = wav(voice(2) * 29)
    with opened(port, LIMIT, buffer=4096) as connection:
        connection.sendall(post("/v1/explain?method=saliency&input=waveform,mel&arrays=true", sound))
        time.sleep(STALL + 60)
        answer, length, whole = bytearray(), 0, False
        try:
            while not whole and (part := connection.recv(1 << 20)):
                answer += part
                head, found, _ = bytes(answer[:4096]).partition(b"\r\n\r\n")
                named = re.search(rb"(?i)content-length: (\d+)", head)
                if found and named:
                    length = int(named.group(1))
                    whole = len(answer) >= len(head) + 4 + length
        except OSError:
            pass
    # What fits into the system's own buffers leaves at once.
    if length < 8 << 20:
        raise OSError(f"has {length} bytes, which tests nothing: {bytes(answer[:300])!r}")
    return math.inf if whole else STALL + 60, STALL + 60


class Held:
    """Connections that are held as long as the service lets them."""

    def __init__(self, port):
        self.wrong, self.threads = [], []
        for name, work, count in (("a head", held_head, 12), ("a body", held_body, 12), ("an answer", held_answer, 3)):
            for _ in range(count):
                self.threads.append(threading.Thread(target=self.hold, args=(name, work, port), daemon=True))
        for thread in self.threads:
            thread.start()

    def hold(self, name, work, port):
        try:
            seconds, limit = work(port)
        except OSError as error:
            self.wrong.append(f"{name}: {error}")
            return
        if seconds > limit:
            self.wrong.append(f"{name} was held for more than {limit:.0f} s")

    def result(self):
        for thread in self.threads:
            thread.join()
        return self.wrong


# MARK: All together

class Torture:
    def __init__(self, options, program):
        self.options, self.program, self.material = options, program, Material()
        self.counts = {kind: dict.fromkeys(ENDS, 0) for kind in KINDS}
        self.statuses, self.failures, self.lock = {}, [], threading.Lock()
        self.limit = LIMIT * program.slowness

    def built(self, number):
        """The kind and the request of a number, the same for the same seed."""
        generator = random.Random(f"{self.options.seed} service {number}")
        kind = generator.choices(list(KINDS), [own for _, own in KINDS.values()])[0]
        return kind, KINDS[kind][0](generator, self.material)

    def attempt(self, port, number):
        kind, request = self.built(number)
        end, answer = attempt(port, request, self.limit)
        code = status(answer)
        with self.lock:
            self.counts[kind][end] += 1
            if code:
                self.statuses[code] = self.statuses.get(code, 0) + 1
            # Being busy is no fault.
            if end == "hung" or end == "5xx" and code != "503" or end == "closed" and kind in ANSWERED:
                self.keep(number, kind, request, end, answer)

    def keep(self, number, kind, request, end, answer):
        os.makedirs(self.options.failures, exist_ok=True)
        path = os.path.join(self.options.failures, f"service-{number}")
        with open(path, "wb") as file:
            file.write(request.data)
        self.failures.append(number)
        print(f"service {number}, {kind}: {end}: {answer[-300:]!r}\n  {os.path.relpath(path)}   or   "
              f"make torture-service SEED={self.options.seed} CASE={number}", flush=True)

    def attack(self, service):
        numbers = iter(range(self.options.count))

        def work():
            while service.lives:
                with self.lock:
                    number = next(numbers, None)
                if number is None:
                    return
                self.attempt(service.port, number)

        threads = [threading.Thread(target=work) for _ in range(self.options.jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def table(self):
        rows = [["kind", "tried", *ENDS]]
        for kind, counts in self.counts.items():
            rows.append([kind, sum(counts.values()), *counts.values()])
        rows.append(["all", *(sum(row[column] for row in rows[1:]) for column in range(1, len(rows[0])))])
        return "\n".join(f"{row[0]:16}" + "".join(f"{value:>10}" for value in row[1:]) for row in rows)

    def run(self, folder):
        """What was wrong."""
        service, clip = Service(self.program, folder), self.material.clip
        try:
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=self.limit)
            _, expected, reason = ask(connection, clip)
            if reason:
                raise SystemExit(f"the torture cannot begin: a good request is refused: {reason}")
            if self.options.case is not None:
                kind, request = self.built(self.options.case)
                print(kind, *attempt(service.port, request, self.limit))
                return [] if service.lives else ["the service died"]
            # The first answers are slower: plans are made, and memory is asked for, most for a minute of sound.
            for _ in range(50):
                ask(connection, clip)
            connection.close()
            for path in [*SOUND_PATHS, "/v1/explain?method=smoothgrad&draws=200"]:
                for sound in (clip, self.material.bombs[0]):
                    attempt(service.port, Request(post(path, sound)), self.limit)
            client = Good(service.port, clip, expected, self.limit, least=500)
            time.sleep(self.options.alone)
            alone, lost_alone = client.result()
            shown("alone", alone, lost_alone)
            begin = service.memory
            client = Good(service.port, clip, expected, self.limit, least=500)
            held = Held(service.port) if self.options.count >= 2000 else None
            if not held:
                print("those who hold a connection are left out: they take two minutes, from 2000 requests on")
            began = time.monotonic()
            self.attack(service)
            seconds = time.monotonic() - began
            meanwhile, lost = client.result()
            shown("meanwhile", meanwhile, lost)
            wrong = [f"{len(self.failures)} requests hung, had no answer, or failed inside"] if self.failures else []
            for reason in sorted(set(lost_alone + lost))[:10]:
                wrong.append(f"a good answer was lost: {reason}")
            for part, least in ((0.5, 0), (0.99, UNDIVIDED * self.program.slowness)):
                bound = max(self.options.factor * share(alone, part), least)
                if not (alone and meanwhile and share(meanwhile, part) <= bound):
                    wrong.append(f"the good client's p{100 * part:.0f} is above {1000 * bound:.0f} ms")
            wrong += held.result() if held else []
            print(self.table())
            print("statuses: " + ", ".join(f"{code} {count}" for code, count in sorted(self.statuses.items())))
            if not service.lives:
                return [*wrong, f"the service died with status {service.process.returncode}: {service.text[-600:]}"]
            end = time.monotonic() + self.limit
            while service.waiting() and time.monotonic() < end:
                time.sleep(0.1)
            if service.waiting():
                wrong.append("work waits for the models that nobody asked for")
            end = service.memory
            print(f"memory: {begin:.0f} MB before, {end:.0f} MB after; {self.options.count} requests in {seconds:.0f} s")
            if end > begin + GROWTH:
                wrong.append(f"the service grew by more than {GROWTH} MB")
            ended = service.stop((STALL + 30) * self.program.slowness)
            if ended != 0:
                wrong.append("it does not stop" if ended is None else f"it stops with status {ended}")
            if any(word in service.text for word in programs.CRASHES):
                wrong.append(f"it says {service.text[-600:]}")
            return wrong
        finally:
            if service.lives:
                programs.kill(service.process)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--undertone", default=".build/release/undertone", help="the program, or one built with a sanitizer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10_000, help="malformed requests")
    parser.add_argument("--case", type=int, help="only the request of this number, whose answer is printed")
    parser.add_argument("--jobs", type=int, default=8, help="threads that send them")
    parser.add_argument("--alone", type=float, default=15, help="seconds of the good client alone, at least")
    parser.add_argument("--factor", type=float, default=2, help="how many times slower its p50 may become")
    parser.add_argument("--slowness", type=float, default=1, help="a factor of all time limits")
    parser.add_argument("--failures", default="torture-failures")
    options = parser.parse_args()
    if not os.access(options.undertone, os.X_OK):
        parser.error(f"{options.undertone} is not there: make build")
    program = programs.Program(options.undertone, options.slowness)
    # The service's own number of threads.
    program.environment.pop("OMP_NUM_THREADS")
    folder = tempfile.mkdtemp(prefix="torture-")
    print(f"torture of {options.undertone} serve with seed {options.seed}", flush=True)
    try:
        wrong = Torture(options, program).run(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for line in wrong:
        print(f"WRONG: {line}".encode("utf-8", "backslashreplace").decode())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
