#!/usr/bin/env python3
"""Reads the records of a Letopis log, and prints each as a line of JSON.

    read.py [FILE] [--keys DIR [--master-key FILE]] [--subject-keys FILE] [--layouts FILE]

FILE (or standard input) has a frame per line, in hexadecimal or base64; or it is a portable file or an export for
auditors, whose lines hold one in the field `frame`. A personal part is read with the keys of its subjects: those of a
key store, or of a file whose lines are a UUID and 64 hexadecimal digits; without them it is shown as "sealed". Written
from docs/log-format.md and docs/log-layouts.json alone, with nothing but Python 3.9.
"""
import argparse, base64, json, struct, sys, uuid
from datetime import date, datetime, timedelta
from pathlib import Path

from crypto import crc32c, derive_key, xchacha20_poly1305_open

MAGIC, FRAME_VERSION, BINCODE = 0x4C, 2, 1
FLAGS = "GROUP_END PERSONAL ERASED ACTOR CORRELATION CAUSATION REQUEST REQUEST_START LOOKUPS".split()
DESTROYED, ABSENT = None, b""  # in place of a key

class Unreadable(Exception):
    """Why these bytes are no record that can be read here."""

def need(condition, message):
    if not condition:
        raise Unreadable(message)

class Bytes:
    """Bytes that are taken from the front. All sizes are held against what is there."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        need(size <= len(self.data) - self.at, "it is cut short")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def uuid(self):
        return str(uuid.UUID(bytes=self.take(16)))

    def text(self, size):
        return self.take(size).decode()

    def end(self):
        need(self.at == len(self.data), f"{len(self.data) - self.at} bytes are left over")

    # Integers of bincode: one byte up to 250; 251 to 254 say that 2, 4, 8 or 16 bytes follow.
    def varint(self):
        first = self.number(1)
        need(first <= 254, "a byte that starts no integer")
        return first if first <= 250 else self.number(1 << first - 250)

    def zigzag(self):
        number = self.varint()
        return number >> 1 if number % 2 == 0 else -(number >> 1) - 1

# Outside the years 1 to 9999, which are all that Python knows, days and instants are shown as their numbers.
def day(number):
    return date.fromordinal(number).isoformat() if 1 <= number <= 3_652_059 else number

def instant(micros):
    if not -62_135_596_800_000_000 <= micros < 253_402_300_800_000_000:
        return micros
    at = datetime(1970, 1, 1) + timedelta(microseconds=micros)
    fraction = "microseconds" if micros % 1_000 else "milliseconds" if micros % 1_000_000 else "seconds"
    return at.isoformat(timespec=fraction) + "Z"

def decimal(mantissa, scale):
    digits = str(abs(mantissa)).rjust(scale + 1, "0")
    text = digits[:len(digits) - scale] + "." + digits[len(digits) - scale:] if scale else digits
    return "-" + text if mantissa < 0 else text

def truth(byte):
    need(byte <= 1, f"{byte} is neither yes nor no")
    return byte == 1

def counted_uuid(data):
    need(data.varint() == 16, "an id that has not 16 bytes")
    return data.uuid()

# The words of the listing, and what people read for them.
WORDS = {
    "bool": lambda data: truth(data.number(1)),
    "u8": lambda data: data.number(1),
    "u32": lambda data: data.varint(),
    "u64": lambda data: data.varint(),
    "text": lambda data: data.text(data.varint()),
    "id": counted_uuid,
    "instant": lambda data: instant(data.zigzag()),
    "day": lambda data: day(data.zigzag()),
    "digest": lambda data: f"{data.varint():016x}",
    "decimal": lambda data: decimal(data.zigzag(), data.varint()),
    "currency": lambda data: data.text(3),
}

class Layouts:
    """The listing: what payloads and personal parts consist of."""

    def __init__(self, listing):
        need(listing["format"] == "letopis layouts 1", "this is no listing of layouts")
        self.events, self.types = listing["events"], listing["types"]

    def read(self, shape, data):
        if isinstance(shape, dict):
            (kind, inner), = shape.items()
            return getattr(self, "read_" + kind)(inner, data)
        if shape == "AttributeValue":  # people read the value bare
            return next(iter(self.read(self.types[shape], data).values()))
        return WORDS[shape](data) if shape in WORDS else self.read(self.types[shape], data)

    def read_option(self, shape, data):
        return self.read(shape, data) if truth(data.number(1)) else None

    def read_list(self, shape, data):
        return [self.read(shape, data) for _ in range(data.varint())]

    def read_map(self, shapes, data):
        key, value = shapes
        return {self.read(key, data): self.read(value, data) for _ in range(data.varint())}

    def read_struct(self, fields, data):
        return {name: self.read(shape, data) for name, shape in fields}

    def read_enum(self, variants, data):
        index = data.varint()
        need(index < len(variants), f"{index} is no variant")
        name, *shape = variants[index]
        return {name: self.read(shape[0], data)} if shape else name

    def read_all(self, shape, data):
        data = Bytes(data)
        value = self.read(shape, data)
        data.end()
        return value

def read_tag(data):
    form = data.number(1)
    if form & 0x80:
        return data.text(form & 0x7F) + ":" + data.uuid()
    need(form == 0, "a tag of an unknown form")
    return data.text(data.number(1))

def read_personal(frame, shown, shape, data, layouts, keys):
    """The values of a sealed part; or the word for why they are not there."""
    subjects = sorted(uuid.UUID(tag[8:]) for tag in shown["tags"] if tag.startswith("subject:"))
    if "PERSONAL" not in shown["flags"]:
        return "erased" if "ERASED" in shown["flags"] else None
    sealed, found = data.take(data.number(4)), [keys.get(subject, ABSENT) for subject in subjects]
    if DESTROYED in found or ABSENT in found:
        return "erased" if DESTROYED in found else "sealed"
    name, about = shown["type"].encode(), b"".join(subject.bytes for subject in subjects)
    key = derive_key(b"letopis 2026 personal part", b"".join(found))
    associated = frame[32:48] + bytes([len(name)]) + name + frame[6:8] + b"\1" + about
    text = xchacha20_poly1305_open(key, sealed, associated)
    need(text is not None, "the personal part does not open")
    text = Bytes(text)
    count = text.number(1)
    need((count > 0) == ("LOOKUPS" in shown["flags"]), "its look-ups are not what its flags say")
    shown["lookups"] = [text.take(16).hex() for _ in range(count)]
    return layouts.read_all(shape, text.data[text.at:])

def read_frame(frame, layouts, keys):
    need(len(frame) > 52, "it is cut short")
    need(crc32c(frame[:-4]) == int.from_bytes(frame[-4:], "little"), "the checksum differs")
    magic, version, codec, size, bits, schema, position, recorded, occurred = struct.unpack_from("<BBBBHHQqq", frame)
    need((magic, version, codec) == (MAGIC, FRAME_VERSION, BINCODE), "a frame or a codec that is unknown here")
    need(bits >> len(FLAGS) == 0, "a flag that is unknown here")
    flags = [name for bit, name in enumerate(FLAGS) if bits >> bit & 1]
    data = Bytes(frame[32:-4])
    event_id, name = data.uuid(), data.text(size)
    actor, correlation, causation = (data.uuid() if flag in flags else None for flag in FLAGS[3:6])
    request = data.text(data.number(1)) if "REQUEST" in flags else None
    digest = data.take(16).hex() if "REQUEST_START" in flags else None
    tags = [read_tag(data) for _ in range(data.number(1))]
    layout = layouts.events.get(f"{name}.v{schema}")
    need(layout, f"'{name}' of version {schema} is not listed")
    shown = {
        "position": position, "flags": flags, "type": name, "version": schema, "id": event_id,
        "occurredAt": instant(occurred), "recordedAt": instant(recorded), "actor": actor, "request": request,
        "requestDigest": digest, "correlation": correlation, "causation": causation, "tags": tags,
        "fact": layouts.read_all({"struct": layout["payload"]}, data.take(data.number(4))), "lookups": [],
    }
    shown["personal"] = read_personal(frame, shown, layout["personal"], data, layouts, keys)
    data.end()
    return shown

def frame_of(line):
    """The frame of a line; None on lines of an export that hold no record."""
    if line.startswith("{"):
        line = json.loads(line).get("frame")
    try:
        return bytes.fromhex(line) if line else None
    except ValueError:
        return base64.b64decode(line, validate=True)

def read_keys(file):
    return {uuid.UUID(subject): bytes.fromhex(key) for subject, key in map(str.split, file)}

def read_slot(data, number):
    """The later of the two copies of a slot that are whole; None where it is free."""
    stretch, place = divmod(number, 512)
    first = stretch * 131_072 + place * 128
    copies = data[first:first + 128], data[first + 65_536:first + 65_664]
    whole = (slot for slot in copies if any(slot) and crc32c(slot[:124]) == int.from_bytes(slot[124:], "little"))
    return max(whole, key=lambda slot: slot[0], default=None)

def read_key_store(folder, master_key):
    """The keys in a store, of a log that is not in use; those that are destroyed, or will be at opening, as such."""
    master, = (line for line in master_key.read_text().split("\n") if line and not line.startswith("#"))
    data, keys = (folder / "subject-keys").read_bytes(), {}
    header = read_slot(data, 0)
    need(header and header[:10] == b"LETOPISK\1\0", "this is no key store that is known here")
    for number in range(1, len(data) // 256):
        slot = read_slot(data, number)
        if not slot or slot[0] not in (1, 2):
            continue
        about = header[10:26] + number.to_bytes(4, "little") + slot[8:24]
        key = xchacha20_poly1305_open(bytes.fromhex(master), slot[24:96], about) if slot[0] == 1 else DESTROYED
        need(slot[0] == 2 or key is not None, f"the key in slot {number} does not open")
        keys[uuid.UUID(bytes=slot[8:24])] = key
    ledger = (folder / "erasures").read_text(encoding="utf-8").split("\n")[:-1]
    return {**keys, **{uuid.UUID(json.loads(line)["subject"]): DESTROYED for line in ledger}}

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    text, beside = argparse.FileType("r", encoding="utf-8"), Path(__file__).parent.parent / "log-layouts.json"
    parser.add_argument("file", nargs="?", type=text, default=sys.stdin)
    parser.add_argument("--layouts", type=Path, default=beside, help="the listing, docs/log-layouts.json")
    parser.add_argument("--keys", type=Path, help="the folder of the key store")
    parser.add_argument("--master-key", type=Path, help="its master key, where that is elsewhere")
    parser.add_argument("--subject-keys", type=text, help="the keys of data subjects, a line each")
    given = parser.parse_args()
    layouts = Layouts(json.loads(given.layouts.read_text(encoding="utf-8")))
    keys = read_keys(given.subject_keys) if given.subject_keys else {}
    if given.keys:
        keys.update(read_key_store(given.keys, given.master_key or given.keys / "master.key"))
    for number, line in enumerate(given.file, 1):
        try:
            frame = frame_of(line.strip())
            if frame:
                print(json.dumps(read_frame(frame, layouts, keys)))
        except (Unreadable, ValueError, LookupError) as error:
            sys.exit(f"line {number} is not readable: {error}")

if __name__ == "__main__":
    main()
