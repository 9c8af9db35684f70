"""Ed25519 by the rule strict-torsion-free/1, in plain arithmetic (FORMAT section 3).

A point is (X, Y, Z, T) with x = X/Z, y = Y/Z and xy = T/Z. This is slow, and takes no care of secrets: there are none.
"""

import hashlib
from functools import lru_cache

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ZERO = (0, 1, 1, 0)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, point):
    result = ZERO
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def encode_point(p):
    z = pow(p[2], -1, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode_point(data):
    value = int.from_bytes(data, "little")
    sign, y = value >> 255, value & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_small(point):
    return encode_point(times(8, point)) == encode_point(ZERO)


@lru_cache(4096)
def admitted(key):
    """The point of a public key that is admitted, or None."""
    point = decode_point(key) if len(key) == 32 else None
    if point is None or is_small(point) or encode_point(times(L, point)) != encode_point(ZERO):
        return None
    return point


@lru_cache(4096)
def is_good(key, message, signature):
    """Whether a signature is good by the rule strict-torsion-free/1."""
    point, r, s = admitted(key), signature[:32], int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    found = add(times(s, BASE), times(L - k, point))
    return encode_point(found) == r and not is_small(found)
