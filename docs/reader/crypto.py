"""What a reader of a Letopis log needs and Python lacks: CRC32C, BLAKE3's derive_key, XChaCha20-Poly1305.

Written from RFC 3720, the BLAKE3 paper, RFC 8439 and draft-irtf-cfrg-xchacha. Not constant in time: for reading one's
own log, not for a service.
"""
import struct

MASK = 0xFFFFFFFF

def crc32c(data, table=[]):
    if not table:
        for value in range(256):
            for _ in range(8):
                value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
            table.append(value)
    crc = MASK
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ MASK

def quarter(s, a, b, c, d, x, y, turns):
    """The quarter round of ChaCha, and G of BLAKE3, which adds words of the message and turns to the right."""
    for (first, second), word in ((turns[:2], x), (turns[2:], y)):
        s[a] = s[a] + s[b] + word & MASK
        s[d] = rotated(s[d] ^ s[a], first)
        s[c] = s[c] + s[d] & MASK
        s[b] = rotated(s[b] ^ s[c], second)

def rotated(word, right):
    return (word >> right | word << 32 - right) & MASK

COLUMNS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
DIAGONALS = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]

# BLAKE3 of one chunk, which is up to 1,024 bytes: the keys of 32 subjects.
IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, ROOT, DERIVE_KEY_CONTEXT, DERIVE_KEY_MATERIAL = 1, 2, 8, 32, 64

def compress(chaining, block, flags):
    state = [*chaining, *IV[:4], 0, 0, len(block), flags]
    words = struct.unpack("<16I", block.ljust(64, b"\0"))
    for _ in range(7):
        for i, places in enumerate(COLUMNS + DIAGONALS):
            quarter(state, *places, words[2 * i], words[2 * i + 1], (16, 12, 8, 7))
        words = [words[i] for i in PERMUTATION]
    return [state[i] ^ state[i + 8] for i in range(8)]

def blake3_chunk(key, data, mode):
    if len(data) > 1024:
        raise ValueError("more subjects than this reader knows how to handle")
    blocks = [data[at:at + 64] for at in range(0, len(data), 64)] or [b""]
    for i, block in enumerate(blocks):
        is_last = i == len(blocks) - 1
        key = compress(key, block, mode | (CHUNK_START if i == 0 else 0) | (CHUNK_END | ROOT if is_last else 0))
    return key

def derive_key(context, material):
    key = blake3_chunk(IV, context, DERIVE_KEY_CONTEXT)
    return struct.pack("<8I", *blake3_chunk(key, material, DERIVE_KEY_MATERIAL))

# XChaCha20-Poly1305.
def rounds(key, last):
    state = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), *struct.unpack("<4I", last)]
    mixed = state[:]
    for _ in range(10):
        for places in COLUMNS + DIAGONALS:
            quarter(mixed, *places, 0, 0, (16, 20, 24, 25))  # to the right; ChaCha says 16, 12, 8, 7 to the left
    return state, mixed

def chacha20_block(key, nonce, counter):
    state, mixed = rounds(key, struct.pack("<I", counter) + nonce)
    return struct.pack("<16I", *(a + b & MASK for a, b in zip(state, mixed)))

def poly1305(key, data):
    r, s = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF, int.from_bytes(key[16:], "little")
    total = 0
    for at in range(0, len(data), 16):
        total = (total + int.from_bytes(data[at:at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (total + s).to_bytes(17, "little")[:16]

def xchacha20_poly1305_open(key, sealed, associated):
    """The text of nonce, ciphertext and tag; None where the tag differs."""
    nonce, cipher, tag = sealed[:24], sealed[24:-16], sealed[-16:]
    _, mixed = rounds(key, nonce[:16])
    key, nonce = struct.pack("<8I", *mixed[:4], *mixed[12:]), bytes(4) + nonce[16:]
    padded = b"".join(part + bytes(-len(part) % 16) for part in (associated, cipher))
    sizes = struct.pack("<QQ", len(associated), len(cipher))
    if poly1305(chacha20_block(key, nonce, 0)[:32], padded + sizes) != tag:
        return None
    stream = b"".join(chacha20_block(key, nonce, 1 + at // 64) for at in range(0, len(cipher), 64))
    return bytes(a ^ b for a, b in zip(cipher, stream))
