"""Seeded damage to bytes, tables and JSON."""

import io
import json
import struct
import warnings
import zipfile

WORDS = [
    "-1", "0", "-0.0", "1", "2", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "NaN", "nan", "inf",
    "-Infinity", "1e999", "-1e999", "1e-999", "1e308", "0.5", "3.14", "", " ", "null", "true", "[]", "{}", "\"", "\"\"", ",",
    "\u0000", "\u0007", "\u001b[31m", "\u202e", "\ufeff", "é", "\u0301", "😀", "../../../etc/passwd", "/dev/zero", "/", ".",
    "..", "%s%n", "\\u0000", "\r", "\n", "\r\n", "\t", "A" * 300, "angry", "-", "@x", "#",
]
# Numbers of JSON as they are written; those in text are no JSON, and a reader must say so.
NUMBERS = [
    "-1", "0", "1", "2", "3", "7", "1000", "65536", "65537", "4294967296", "9223372036854775807", "-9223372036854775808",
    "18446744073709551616", "1e999", "-1e999", "1e308", "-1e308", "1e-320", "0.5", "-0.0", "1.5", "1e10", "NaN", "Infinity",
]


def bytewise(random, data):
    """One to four kinds of damage."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        data = damaged(random, data)
    return data


def damaged(random, data):
    kind = random.randrange(10)
    size = len(data)
    # Half of the damage is in the header, where each byte decides something.
    place = random.randrange(max(1, min(size, random.choice((16, 64, 200, size)) or 1)))
    if kind <= 2:
        data = bytearray(data)
        for _ in range(random.choice((1, 1, 3, 10, 100))):
            if size:
                at = random.randrange(size) if random.random() < 0.5 else place
                data[at] ^= 1 << random.randrange(8)
        return bytes(data)
    if kind == 3:
        return data[:random.randrange(size + 1)]
    if kind == 4:
        return data[:place] + random.randbytes(random.choice((1, 2, 4, 7, 100))) + data[place:]
    if kind == 5:
        length = random.choice((1, 4, 16, 100, 4096))
        return data[:place] + data[place:place + length] * random.choice((2, 3, 10)) + data[place + length:]
    if kind == 6:
        return data[:place] + data[place + random.choice((1, 2, 4, 100)):]
    if kind == 7:
        number = random.choice((0, 1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1))
        width = random.choice((1, 2, 4, 8))
        part = (number % 2**(8 * width)).to_bytes(width, random.choice(("little", "big")))
        return data[:place] + part + data[place + width:]
    if kind == 8:
        special = random.choice((
            struct.pack("<f", float("nan")), struct.pack("<f", float("inf")), struct.pack("<f", 3e38),
            struct.pack("<d", float("nan")), b"\x00" * 64, b"\xff" * 64, random.choice(WORDS).encode()))
        return data[:place] + special + data[place + len(special):]
    return random.choice((b"", b"\x00", b"\n", data + data, data[::-1], b"\xff\xfe" + data, b"\xef\xbb\xbf" + data))


def table(random, data):
    """Damage to fields, rows and columns of CSV, or to lines of a list."""
    text = data.decode("utf-8", "replace")
    rows = [line.split(",") for line in text.split("\n") if line]
    for _ in range(random.choice((1, 1, 2, 3))):
        if not rows:
            break
        row = random.randrange(len(rows))
        column = random.randrange(len(rows[row])) if rows[row] else 0
        kind = random.randrange(10)
        if kind <= 4 and rows[row]:
            rows[row][column] = random.choice(WORDS)
        elif kind == 5:
            rows.insert(row, list(rows[random.randrange(len(rows))]))
        elif kind == 6:
            del rows[row]
        elif kind == 7:
            rows[row] = rows[row][::-1]
        elif kind == 8:
            rows[row].append(random.choice(WORDS))
        elif rows[row]:
            del rows[row][column]
    end = random.choice(("\n", "\n", "\n", "\r\n", "\r"))
    return (end.join(",".join(row) for row in rows) + random.choice((end, end, ""))).encode("utf-8", "surrogatepass")


class Literal(float):
    """A number of JSON exactly as it is written, such as 1e999."""

    def __new__(cls, text):
        made = super().__new__(cls, "0")
        made.text = text
        return made


def written(value):
    """JSON with its literals."""
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{written(own)}" for key, own in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def places(value, path=()):
    """All containers with a key each, depth first."""
    found = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, own in items:
        found.append((value, key))
        found += places(own)
    return found


def change(random, value, numbers=NUMBERS):
    """One to three changes of a decoded JSON value, in place."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        found = places(value)
        if not found:
            return value
        # Deep lists of numbers would take all of the changes: first a depth, then a place.
        holder, key = random.choice(found if random.random() < 0.5 else found[:60])
        if isinstance(holder, list) and key >= len(holder) or isinstance(holder, dict) and key not in holder:
            continue
        own = holder[key]
        kind = random.randrange(12)
        if kind <= 5:
            if isinstance(own, bool) or own is None or isinstance(own, (dict, list)) and random.random() < 0.5:
                holder[key] = random.choice((None, True, [], {}, "x", Literal(random.choice(numbers))))
            elif isinstance(own, (int, float)):
                holder[key] = random.choice((
                    Literal(random.choice(numbers)), Literal(random.choice(numbers)), own + 1, own - 1, -own, str(own)))
            elif isinstance(own, str):
                holder[key] = random.choice((random.choice(WORDS), own + random.choice(WORDS), own[:-1], own.upper()))
            elif own:
                inner = random.choice(list(own) if isinstance(own, dict) else range(len(own)))
                if isinstance(own, dict) or random.random() < 0.7:
                    del own[inner]
                else:
                    own.append(own[inner])
        elif kind == 6:
            del holder[key]
        elif kind == 7 and isinstance(holder, list):
            holder.insert(key, own)
        elif kind == 8 and len(holder) > 1:
            other = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
            holder[key], holder[other] = holder[other], holder[key]
        elif kind == 9 and isinstance(holder, dict):
            holder[random.choice(WORDS) or "x"] = holder.pop(key)
        elif kind == 10 and isinstance(own, list):
            holder[key] = own * random.choice((2, 3)) if random.random() < 0.5 else own[::-1]
        else:
            holder[key] = random.choice((None, "", [], {}, Literal(random.choice(numbers)), [own], {"x": own}))
    return value


def document(random, data, numbers=NUMBERS):
    """Damage to a JSON document, mostly by its structure."""
    if random.random() < 0.25:
        return bytewise(random, data)
    return written(change(random, json.loads(data), numbers)).encode("utf-8", "surrogatepass")


def nested(random):
    """Documents that are deep or long."""
    depth = random.choice((600, 5000, 100_000))
    return random.choice((b"[" * depth, b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth,
                          b'{"architecture":' + b"[" * depth, b"1" * depth, b'"' + b"a" * depth))


# MARK: Seals of Sources/Basics/SealedJSON.swift

START, MIDDLE, END = b'{"digest":"', b'","content":', b"}"
PRIME, WORD = 0x100_0000_01b3, 2**64 - 1


def fnv(words, value=0xcbf2_9ce4_8422_2325):
    for word in words:
        value = ((value ^ word) * PRIME) & WORD
    return value


def of_bytes(data):
    """What Fingerprint.add(bytes:) adds: the count, then each megabyte's own fingerprint."""
    yield len(data)
    for start in range(0, len(data), 1 << 20):
        part = data[start:start + (1 << 20)]
        whole = len(part) & ~7
        yield fnv([word for (word,) in struct.iter_unpack("<Q", part[:whole])] + list(part[whole:]))


def sealed(content):
    return START + b"%016x" % fnv(of_bytes(content)) + MIDDLE + content + END


def unsealed(data):
    return data[len(START) + 16 + len(MIDDLE):-len(END)]


def resealed(random, data, numbers=NUMBERS):
    """A sealed state with other values and the right digest."""
    return sealed(written(change(random, json.loads(unsealed(data)), numbers)).encode("utf-8", "surrogatepass"))


# MARK: safetensors

def tensors(random, data):
    """Damage to a safetensors file: to its header's JSON by its structure, to its numbers, or to any byte."""
    kind = random.randrange(4)
    length = struct.unpack("<Q", data[:8])[0]
    header, body = data[8:8 + length], data[8 + length:]
    if kind <= 1:
        header = document(random, header)
        return struct.pack("<Q", len(header)) + header + body
    if kind == 2:
        body = bytearray(body)
        for _ in range(random.choice((1, 10, 1000))):
            at = 4 * random.randrange(max(1, len(body) // 4))
            number = random.choice((float("nan"), float("inf"), -float("inf"), 3e38, -3e38, 1e-40, 0.0, 1e20))
            body[at:at + 4] = struct.pack("<f", number)
        return data[:8] + header + bytes(body)
    return bytewise(random, data)


def archive(random, data):
    """Damage to a file of PyTorch's: to the zip archive, or to its entries with sizes and sums that are right."""
    if random.random() < 0.4:
        return bytewise(random, data)
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        entries = [[name, old.read(name)] for name in old.namelist()]
    entry = entries[0] if random.random() < 0.6 else random.choice(entries)
    kind = random.randrange(6)
    if kind <= 2:
        entry[1] = bytewise(random, entry[1])
    elif kind == 3:
        entries.remove(entry)
    elif kind == 4:
        entry[0] = random.choice((random.choice(WORDS) or "x", random.choice(entries)[0], "../" + entry[0]))
    else:
        entries.insert(random.randrange(len(entries)), [random.choice(entries)[0], entry[1][:-1]])
    made = io.BytesIO()
    with warnings.catch_warnings():
        # Two entries of one name are meant.
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED if random.random() < 0.1 else zipfile.ZIP_STORED) as new:
            for name, content in entries:
                new.writestr(zipfile.ZipInfo(name.replace("\0", "") or "x"), content)
    return made.getvalue()


def arrays_digest(data):
    """StoredTensor's digest of the arrays in a file: by name, names and bytes."""
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8:8 + length]), data[8 + length:]
    value = fnv(())
    for name in sorted(header):
        if name != "__metadata__":
            start, end = header[name]["data_offsets"]
            value = fnv(name.encode(), value)
            value = fnv([WORD], value)
            value = fnv(of_bytes(body[start:end]), value)
    return "%x" % value
