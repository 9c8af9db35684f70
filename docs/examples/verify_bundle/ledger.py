"""Entries, the tree, the charter and key chains (FORMAT sections 2 and 4 to 7)."""

import unicodedata

from ed25519 import admitted, is_good
from spelling import Bytes, NotVerified, from_hex, is_control, is_org, is_origin, need, number, sha256, to_text

MEDIA = "application/vnd.witnessmark."
TYPES = {1: MEDIA + "record.v1+protobuf", 2: MEDIA + "key-event.v1+text", 3: MEDIA + "charter.v1+text"}


def pae(kind, body):
    return b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(body), body)


def key_id(key):
    return sha256(bytes.fromhex("a301012006215820") + key)


class Entry:
    def __init__(self, data, kind):
        need(len(data) <= 65535, "the entry is too long")
        it = Bytes(data)
        need(it.take(4) == b"WMK1", "it is no entry")
        self.kind, self.time = it.int(1), it.int(8)
        self.org = to_text(it.take(it.int(1)))
        self.seq, self.head = it.int(4), it.take(32)
        self.type = to_text(it.take(it.int(2)))
        self.payload = it.take(it.int(4))
        count = it.int(1)
        need(count <= 8, "there are too many signatures")
        self.signatures = []
        for _ in range(count):
            need(it.int(1) == 1, "the algorithm of a signature is not known")
            signer = it.take(32)
            need(it.int(2) == 64, "a signature has not 64 bytes")
            self.signatures.append((signer, it.take(64)))
        it.end()
        need(self.kind == kind and self.type == TYPES[kind], "the entry is of another kind")
        if kind == 3:
            need(self.org == "" and self.seq == 0 and self.head == bytes(32), "the charter names an organisation")
        else:
            need(is_org(self.org), "the entry names no organisation")
        self.message = pae(self.type, self.payload)
        self.id = sha256(self.message)
        signers = [signer for signer, _ in self.signatures]
        self.is_double = len(set(signers)) < len(signers)

    def signers(self, keys):
        """Who signed: every signature is good and by one of `keys`, a map of key ids, and nobody signed twice."""
        need(not self.is_double, "a key signed twice")
        for signer, signature in self.signatures:
            need(signer in keys and is_good(keys[signer], self.message, signature), "a signature does not count")
        return {signer for signer, _ in self.signatures}


def check_inclusion(entry, index, hashes, size, root):
    need(index < size, "the index is outside of the tree")
    fn, sn, found = index, size - 1, sha256(b"\0" + entry)
    for sibling in hashes:
        need(sn > 0, "the proof is too long")
        if fn & 1 or fn == sn:
            found = sha256(b"\1" + sibling + found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = sha256(b"\1" + found + sibling)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and found == root, "the proof does not lead to the root")


class Lines:
    def __init__(self, text):
        need(text.endswith("\n"), "the last line does not end")
        self.left = text[:-1].split("\n")

    def is_next(self, name):
        return bool(self.left) and self.left[0].startswith(name + " ")

    def value(self, name):
        need(self.is_next(name), f"{name} is not in its place")
        return self.left.pop(0)[len(name) + 1 :]

    def exactly(self, *lines):
        for line in lines:
            need(self.left and self.left.pop(0) == line, f"{line} is not in its place")

    def keys(self, name):
        keys = []
        while self.is_next(name):
            keys.append(public_key(self.value(name)))
        need(1 <= len(keys) <= 16 and keys == sorted(set(keys)), "keys are not in their order")
        return {key_id(key): key for key in keys}

    def end(self):
        need(not self.left, "there is a line too many")


def public_key(text):
    key = from_hex(text, 32)
    need(admitted(key), "a key is not admitted")
    return key


def threshold(value, keys):
    need(1 <= value <= len(keys), "the threshold does not fit")
    return value


class Charter:
    def __init__(self, entry):
        lines = Lines(to_text(entry.payload))
        lines.exactly("witnessmark/charter/v1")
        self.origin = lines.value("origin")
        number(lines.value("created"))
        lines.exactly("hash rfc6962-sha256", "ed25519 strict-torsion-free/1", "entry-bytes-max 65535")
        wanted = number(lines.value("threshold"))
        self.keys = lines.keys("registrar")
        self.threshold, self.time = threshold(wanted, self.keys), entry.time
        lines.end()
        need(is_origin(self.origin), "the origin is none")
        need(len(entry.signers(self.keys)) >= self.threshold, "too few registrars signed")


class KeyChain:
    """A chain: its states by seq, each a head and a time, and every key with its role and when it counted."""

    def __init__(self, org, events, charter):
        self.org, self.charter = org, charter
        self.states, self.keys, self.roots, self.threshold = [(bytes(32), charter.time)], {}, {}, 0
        for event in events:
            self.apply(Entry(event, 2))

    def apply(self, entry):
        lines, seq = Lines(to_text(entry.payload)), len(self.states)
        head, time = self.states[-1]
        lines.exactly("witnessmark/key-event/v1", f"org {self.org}", f"seq {seq}", f"prev {head.hex()}")
        number(lines.value("time"))
        action = lines.value("do")
        need((action == "genesis") == (seq == 1), "the genesis is not the first event, or not the only one")
        need(entry.org == self.org and seq < 2**32, "an event is of another organisation")
        {"genesis": self.rotate, "add": self.add, "revoke": self.revoke, "rotate-root": self.rotate}.get(
            action, self.unknown
        )(entry, lines, seq)
        head = sha256(b"witnessmark/key-chain/v1\n" + head + entry.id)
        need((entry.seq, entry.head) == (seq, head), "the entry does not carry the chain after it")
        need(entry.time >= time, "an event was registered before the one before it")
        self.states.append((head, entry.time))

    def unknown(self, *_):
        raise NotVerified("an event does something unknown")

    def by_roots(self, entry, others, roots, needed):
        signers = entry.signers({**roots, **others})
        need(len(signers & roots.keys()) >= needed, "too few roots signed")
        return signers

    def rotate(self, entry, lines, seq):
        wanted = number(lines.value("threshold"))
        roots = lines.keys("root")
        lines.end()
        wanted = threshold(wanted, roots)
        if seq == 1:
            signers = self.by_roots(entry, self.charter.keys, roots, wanted)
            need(len(signers & self.charter.keys.keys()) >= self.charter.threshold, "too few registrars signed")
        else:
            self.by_roots(entry, roots, self.roots, self.threshold)
        self.roots, self.threshold = roots, wanted

    def add(self, entry, lines, seq):
        digits, _, role = lines.value("key").partition(" ")
        key = public_key(digits)
        need(role in ("record", "countersign"), "the role is unknown")
        if lines.is_next("label"):
            label = lines.value("label")
            need(1 <= len(label.encode()) <= 80 and not any(map(is_control, label)), "the label is none")
            need(unicodedata.normalize("NFC", label) == label, "the label is not in normal form C")
        lines.end()
        signers = self.by_roots(entry, {key_id(key): key}, self.roots, self.threshold)
        need(key_id(key) in signers, "the key did not sign for itself")
        need(key_id(key) not in self.keys, "a key was added twice")
        self.keys[key_id(key)] = {"key": key, "role": role, "from": seq, "to": 2**32}

    def revoke(self, entry, lines, seq):
        key = self.keys.get(from_hex(lines.value("key-id"), 32))
        need(lines.value("reason") in ("superseded", "lost", "compromised", "ceased"), "the reason is unknown")
        if lines.is_next("suspected-since"):
            number(lines.value("suspected-since"))
        lines.end()
        self.by_roots(entry, {}, self.roots, self.threshold)
        need(key and key["to"] == 2**32, "the key is not active")
        key["to"] = seq

    def check_state(self, entry):
        need(entry.seq < len(self.states), "the chain is too short")
        head, time = self.states[entry.seq]
        need(head == entry.head, "the chain does not lead to the head of the entry")
        is_before = entry.seq + 1 == len(self.states) or entry.time <= self.states[entry.seq + 1][1]
        need(time <= entry.time and is_before, "the times do not fit")

    def check_signatures(self, entry):
        active = {name: key for name, key in self.keys.items() if key["from"] <= entry.seq < key["to"]}
        signers = entry.signers({name: key["key"] for name, key in active.items()})
        need(any(active[name]["role"] == "record" for name in signers), "no key that may record signed")
