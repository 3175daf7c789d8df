#!/usr/bin/env python3
"""Verifies what leaves a Letopis log, offline: auditors' exports, .tlog-proof files, and later checkpoints.

    verify.py FILE --key VKEY_FILE [--checkpoint FILE]

The first and the last are verified against a checkpoint that you trust. Written from docs/log-format.md, RFC 6962, RFC
8032 and C2SP alone, in Python 3.9. Of an event as shown, type, version, times and id are compared with the bytes."""
import argparse, base64, hashlib, json, struct, sys, uuid
from datetime import datetime, timedelta, timezone

class Refused(Exception):
    """What is wrong, after a code of its own."""

def need(condition, code, message):
    if not condition:
        raise Refused(f"{code}: {message}")

def b64(text, size=None):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text and size in (None, len(data)), "malformed", "no canonical base64")
    return data

# Ed25519 (RFC 8032, section 5.1) in extended coordinates. Not constant in time: it handles no secrets.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * pow(2, (P - 1) // 4, P) % P if (x * x - square) % P else x
    need(y < P and (x * x - square) % P == 0 and (x or not sign), "malformed", "no point of the curve")
    return P - x if x & 1 != sign else x
def point(data):
    value = int.from_bytes(data, "little")
    x, y = recover_x(value % 2**255, value >> 255), value % 2**255
    return x, y, 1, x * y % P
def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P
def multiply(scalar, p):
    result = 0, 1, 1, 0
    while scalar:
        result, p, scalar = add(result, p) if scalar & 1 else result, add(p, p), scalar >> 1
    return result

BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def ed25519_verify(public, message, signature):
    a, r, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = multiply(s, BASE), add(r, multiply(h, a))
    return s < L and all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))

# Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint). Keys are {(name, id): public key}.
def read_keys(text):
    keys = {}
    for line in filter(lambda line: line and not line.startswith("#"), map(str.strip, text.split("\n"))):
        name, key_id, key = line.split("+", 2)
        data = b64(key, 33)
        expected = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        need(data[0] == 1 and expected.hex() == key_id, "malformed", f"no Ed25519 key: {line}")
        keys[name, expected] = data[1:]
    need(len({name for name, _ in keys}) == 1, "malformed", "the key file must hold keys of one log")
    return keys

def open_note(note, keys, what):
    text, _, signatures = note.rpartition("\n\n")
    need(text and signatures.endswith("\n"), "malformed", f"{what} is no signed note")
    is_signed = False
    for line in signatures[:-1].split("\n"):
        dash, name, signature = line.split(" ")
        data = b64(signature)
        need(dash == "\u2014" and len(data) > 4, "malformed", f"{what} has a line that is no signature")
        if (name, data[:4]) in keys:
            is_signed = len(data) == 68 and ed25519_verify(keys[name, data[:4]], f"{text}\n".encode(), data[4:])
            need(is_signed, "forged", f"{what} was changed after it was signed")
    need(is_signed, "untrusted", f"no trusted key has signed {what}")
    return text + "\n"

def open_checkpoint(note, keys, what):
    note = note.partition("\n\n")[2] if note.startswith("old ") else note  # of a continuation the later one
    origin, size, root = open_note(note, keys, what).split("\n")[:3]
    need(size == str(int(size)), "malformed", f"{what} has no size")
    need(origin == next(iter(keys))[0], "other log", f"{what} is of '{origin}'")
    return int(size), b64(root, 32)

# The Merkle tree of RFC 6962: what roots follow from a proof, by the recursions of section 2.1.
def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()

split = lambda size: 1 << (size - 1).bit_length() - 1  # the largest power of two below it
def root_of_path(index, size, leaf, path):
    if size == 1 or not path:
        return leaf if size == 1 and not path else None
    k, rest, other = split(size), path[:-1], path[-1]
    inner = root_of_path(index, k, leaf, rest) if index < k else root_of_path(index - k, size - k, leaf, rest)
    return inner and (node(inner, other) if index < k else node(other, inner))

def roots_of_proof(old, size, old_root, path, is_whole=True):
    if old == size:
        need(len(path) == (0 if is_whole else 1), "inconsistent", "the consistency proof has another length")
        return (old_root, old_root) if is_whole else (path[0], path[0])
    need(path, "inconsistent", "the consistency proof is too short")
    k, rest, other = split(size), path[:-1], path[-1]
    if old <= k:
        older, newer = roots_of_proof(old, k, old_root, rest, is_whole)
        return older, node(newer, other)
    older, newer = roots_of_proof(old - k, size - k, old_root, rest, False)
    return node(other, older), node(other, newer)

def check_included(position, frame, path, size, root):
    leaf, path = hashlib.sha256(b"\0" + frame).digest(), [b64(text, 32) for text in path]
    is_there = 1 <= position <= size and root_of_path(position - 1, size, leaf, path) == root
    need(is_there, "changed", f"the event at position {position} is not the one that the log holds there")

def check_history(header, size, root, old_size, old_root):
    need(size >= old_size, "truncated", f"the log of the export has {size} records, the trusted checkpoint {old_size}")
    paths = [proof["hashes"] for proof in header["consistency"] if proof["from"] == old_size]
    paths = paths or [[]] if old_size in (0, size) else paths
    need(paths, "no consistency proof", f"the export is not proved from the trusted checkpoint over {old_size} records")
    path = [b64(text, 32) for text in paths[0]]
    empty = hashlib.sha256().digest(), root
    roots = roots_of_proof(old_size, size, old_root, path) if old_size or path else empty
    need(roots == (old_root, root), "inconsistent", "history was rewritten since the trusted checkpoint")

def micros(text):
    since = datetime.fromisoformat(text.replace("Z", "+00:00")) - datetime.fromtimestamp(0, timezone.utc)
    return since // timedelta(microseconds=1)

def check_shown(position, shown, personal, frame):
    flags, = struct.unpack_from("<H", frame, 4)  # 2: a sealed part follows; 4: it was erased before it came
    may_show = personal is None or flags & 2 or (flags & 4 and personal == "erased")
    stored = frame[48:48 + frame[3]].decode(), *struct.unpack_from("<HQqq", frame, 6), uuid.UUID(bytes=frame[32:48])
    times = micros(shown["recordedAt"]), micros(shown["occurredAt"])
    stated = shown["type"], shown["version"], position, *times, uuid.UUID(shown["id"])
    need(stored == stated and may_show, "shown differs", f"what is shown of position {position} is not what is stored")

def verify_export(data, keys, trusted):
    need(data.endswith(b"\n"), "incomplete", "the file is cut short")
    first, *lines = data[:-1].split(b"\n")
    header, digest, last, count = json.loads(first), hashlib.sha256(first + b"\n"), 0, 0
    need(header["format"] == "letopis export 1", "malformed", "this is no export")
    size, root = open_checkpoint(header["checkpoint"], keys, "the checkpoint of the export")
    check_history(header, size, root, *trusted)
    for line in lines[:-1]:
        event = json.loads(line)
        position, frame = event["position"], b64(event["frame"])
        need(position > last, "out of order", f"position {position} stands after {last}")
        check_included(position, frame, event["proof"], size, root)
        check_shown(position, event["event"], event["personal"], frame)
        last, count = position, count + 1
        digest.update(line + b"\n")
    need(lines and lines[-1].startswith(b'{"manifest":'), "incomplete", "the export ends without its manifest")
    manifest = open_note(json.loads(lines[-1])["manifest"], keys, "the manifest").split("\n")
    need(f"events {count}" in manifest, "events missing", f"the file has {count} events, signed was: {manifest[4]}")
    root, digest = (base64.b64encode(each).decode() for each in (root, digest.digest()))
    about, head = header["about"], ["letopis export manifest 1", f"origin {next(iter(keys))[0]}"]
    stated = head + [f"about {about}", f"checkpoint {size} {root}", f"events {count}", f"sha256 {digest}", ""]
    need(manifest == stated, "manifest differs", "the file was changed after it was signed")
    return f"{count} events about {about} are in the log of {size} records, which goes on from {trusted[0]}.\n" \
        "Not proved: contents beyond type, times and id; personal values; that nothing else is recorded."

def verify_tlog_proof(data, keys, trusted):
    head, _, note = data.decode().partition("\n\n")
    first, extra, index, *path = head.split("\n")
    is_whole = first == "c2sp.org/tlog-proof@v1" and extra.startswith("extra ") and index == f"index {int(index[6:])}"
    need(is_whole, "malformed", "this is no proof that carries a record")
    size, root = open_checkpoint(note, keys, "the checkpoint of the proof")
    position = int(index[6:]) + 1
    check_included(position, b64(extra[6:]), path, size, root)
    need(not trusted or trusted[0] == size, "not proved", f"it is of {size} records, not of the trusted checkpoint's")
    need(trusted in (None, (size, root)), "inconsistent", "the trusted checkpoint has another root")
    return f"the record at position {position} is in the log of {size} records"

def verify_continuation(data, keys, trusted):
    head, _, note = data.decode().partition("\n\n")
    first, *hashes = head.split("\n")
    need(first == f"old {trusted[0]}", "not proved", f"it does not go on from the {trusted[0]} records that you trust")
    size, root = open_checkpoint(note, keys, "the later checkpoint")
    check_history({"consistency": [{"from": trusted[0], "hashes": hashes}]}, size, root, *trusted)
    return f"the log of {size} records goes on from the trusted checkpoint over {trusted[0]}"

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=argparse.FileType("rb"))
    parser.add_argument("--key", required=True, type=argparse.FileType("rb"), help="the log's public keys")
    parser.add_argument("--checkpoint", type=argparse.FileType("rb"), help="the checkpoint that you trust")
    given = parser.parse_args()
    try:
        keys, data, trusted = read_keys(given.key.read().decode()), given.file.read(), given.checkpoint
        trusted = trusted and open_checkpoint(trusted.read().decode(), keys, "the trusted checkpoint")
        verify = {b"c2sp": verify_tlog_proof, b"old ": verify_continuation}.get(data[:4], verify_export)
        need(trusted or verify is verify_tlog_proof, "no checkpoint", "one that you trust is needed: --checkpoint FILE")
        print(verify(data, keys, trusted))
    except (Refused, ValueError, LookupError, TypeError, struct.error) as error:
        sys.exit(f"REFUSED, {error if isinstance(error, Refused) else f'malformed: {error!r}'}")

if __name__ == "__main__":
    main()
