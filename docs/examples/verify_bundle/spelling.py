"""What every format has in common: one spelling, and two ways to fail (FORMAT section 1)."""

import base64
import hashlib
import re
import unicodedata

WHITE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"


class NotVerified(Exception):
    """A check fails."""


class CannotTell(Exception):
    """Something is missing, or of a version that is not known here."""


def need(condition, why):
    if not condition:
        raise NotVerified(why)


def sha256(data):
    return hashlib.sha256(data).digest()


def number(text, limit=2**64 - 1):
    need(re.fullmatch("0|[1-9][0-9]{0,19}", text) and int(text) <= limit, "a number is not in its one spelling")
    return int(text)


def from_hex(text, length):
    need(re.fullmatch("[0-9a-f]{%d}" % (2 * length), text), "hexadecimal digits are not in their one spelling")
    return bytes.fromhex(text)


def from_base64(text):
    need(isinstance(text, str) and re.fullmatch("[A-Za-z0-9+/]*={0,2}", text), "this is no base64")
    need(len(text) % 4 == 0, "this is no base64")
    data = base64.b64decode(text)
    need(base64.b64encode(data).decode() == text, "base64 is not in its one spelling")
    return data


def to_text(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise NotVerified("this is not UTF-8") from None


def is_control(char):
    return unicodedata.category(char) == "Cc"


def is_origin(text):
    return 1 <= len(text.encode()) <= 255 and not any(c == "+" or c in WHITE or is_control(c) for c in text)


def is_org(text):
    return re.fullmatch("[a-z0-9][a-z0-9.-]{0,62}", text) is not None


class Bytes:
    """Bytes that are read from the front."""

    def __init__(self, data):
        self.data = data

    def take(self, length):
        need(length <= len(self.data), "it ends too early")
        taken, self.data = self.data[:length], self.data[length:]
        return taken

    def int(self, length):
        return int.from_bytes(self.take(length), "big")

    def end(self):
        need(not self.data, "something follows the end")
