"""Notes, checkpoints, cosignatures and the policy (FORMAT sections 8 to 10)."""

from ed25519 import admitted, is_good
from spelling import WHITE, CannotTell, NotVerified, from_base64, from_hex, is_origin, need, number, sha256, to_text

LOG, WITNESS = 1, 4


class Note:
    def __init__(self, text):
        need(len(text.encode()) <= 1_000_000, "the note is too long")
        need(not any(c < " " and c != "\n" for c in text), "the note holds a control character")
        at = text.rfind("\n\n")
        need(at >= 0 and text.endswith("\n") and at + 2 < len(text), "the note has no signatures")
        lines = text[at + 2 : -1].split("\n")
        need(len(lines) <= 100, "the note has too many signatures")
        self.text, self.signatures = text[: at + 1], [self.signature(line) for line in lines]

    @staticmethod
    def signature(line):
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014", "a signature line is none")
        name, data = parts[1], from_base64(parts[2])
        need(name and not any(c == "+" or c in WHITE for c in name), "a signer has no proper name")
        need(len(data) > 4, "a signature has no byte")
        return (name, data[:4]), data[4:]


class Proof:
    def __init__(self, text):
        head, empty, self.checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        need(empty and lines[0] == "c2sp.org/tlog-proof@v1", "it is no proof")
        need(len(lines) > 1 and lines[1].startswith("index "), "the index is not in its place")
        self.index = number(lines[1][6:])
        need(len(lines) <= 65, "the proof has too many hashes")
        self.hashes = [from_base64(line) for line in lines[2:]]
        need(all(len(it) == 32 for it in self.hashes), "a hash has not 32 bytes")
        self.note = Note(self.checkpoint)


class Policy:
    """Keys by name and key id; witnesses by their names in the policy; groups in the order in which they are defined."""

    def __init__(self, data):
        if len(data) > 100_000:
            raise CannotTell("the policy is too large")
        try:
            self.read(to_text(data))
        except NotVerified as error:
            # What cannot be read shows nothing about the evidence.
            raise CannotTell(f"the policy cannot be read: {error}") from None

    def read(self, text):
        need(not any((c < " " and c not in "\t\n") or c == "\x7f" for c in text), "it holds a control character")
        need(text == "" or text.endswith("\n"), "the last line does not end")
        self.logs, self.witnesses, self.groups, self.members, self.quorum = {}, {}, {}, set(), None
        for line in text[:-1].split("\n"):
            items = [item for item in line.replace("\t", " ").split(" ") if item]
            if items and not items[0].startswith("#"):
                read = {"log": self.log, "witness": self.witness, "group": self.group, "quorum": self.set_quorum}
                need(items[0] in read, "a line begins with an unknown word")
                read[items[0]](*items[1:])
        need(self.quorum is not None and self.logs, "there is no quorum, or no log")

    def key(self, text, wanted):
        parts = text.split("+", 2)
        need(len(parts) == 3 and is_origin(parts[0]), "a verifier key is none")
        name, data = parts[0], from_base64(parts[2])
        need(len(data) == 33 and data[0] == wanted and admitted(data[1:]), "a key is of another type, or not admitted")
        where = (name, sha256(name.encode() + b"\n" + data)[:4])
        need(from_hex(parts[1], 4) == where[1], "the key id is another one")
        known = {**self.logs, **{it[0]: it[1] for it in self.witnesses.values()}}
        need(where not in known and data[1:] not in known.values(), "a key is there twice")
        return where, data[1:]

    def new(self, name):
        need(name != "none" and name not in self.witnesses and name not in self.groups, "a name is there twice")

    def log(self, *items):
        need(1 <= len(items) <= 2, "a log has other items")
        where, key = self.key(items[0], LOG)
        self.logs[where] = key

    def witness(self, *items):
        need(2 <= len(items) <= 3, "a witness has other items")
        self.new(items[0])
        self.witnesses[items[0]] = self.key(items[1], WITNESS)

    def group(self, *items):
        need(len(items) >= 3, "a group has too few items")
        name, wanted, *members = items
        self.new(name)
        for member in members:
            need(member in self.witnesses or member in self.groups, "a member is not defined")
            need(member not in self.members, "a name is a member twice")
            self.members.add(member)
        wanted = {"any": 1, "all": len(members)}.get(wanted) or number(wanted)
        need(1 <= wanted <= len(members), "the threshold does not fit")
        self.groups[name] = (wanted, members)

    def set_quorum(self, *items):
        need(len(items) == 1 and self.quorum is None, "there is not one quorum")
        need(items[0] in ("none", *self.witnesses, *self.groups), "the quorum is not defined")
        self.quorum = items[0]

    def check_log(self, note):
        """Origin, size and root of a checkpoint that a log of the policy signed."""
        lines = note.text.split("\n")
        need(len(lines) == 4 and lines[3] == "", "the checkpoint has not three lines")
        origin, size, root = lines[0], number(lines[1]), from_base64(lines[2])
        need(is_origin(origin) and len(root) == 32, "origin or root is none")
        if origin not in (name for name, _ in self.logs):
            raise CannotTell("no log of the policy has the name in the checkpoint")
        signers = set()
        for where, signature in note.signatures:
            if where in self.logs:
                need(is_good(self.logs[where], note.text.encode(), signature), "the log's signature does not fit")
                signers.add(where[0])
        need(origin in signers, "the log did not sign")
        return origin, size, root

    def check_quorum(self, note):
        met = {"none"}
        for label, (name, key) in self.witnesses.items():
            found = [signature for where, signature in note.signatures if where == name]
            for signature in found:
                time = int.from_bytes(signature[:8], "big")
                message = f"cosignature/v1\ntime {time}\n{note.text}".encode()
                need(len(signature) == 72 and time < 2**63, "a cosignature is none")
                need(is_good(key, message, signature[8:]), "a cosignature does not fit")
            if found:
                met.add(label)
        # A group stands behind its members, however deep they are.
        for name, (wanted, members) in self.groups.items():
            if sum(member in met for member in members) >= wanted:
                met.add(name)
        need(self.quorum in met, "too few witnesses signed")
