"""The twelve checks of a bundle (FORMAT sections 13 and 14)."""

import hashlib
import json

from ledger import Charter, Entry, KeyChain, check_inclusion
from records import STRUCTURAL, Record, check_disclosure
from spelling import CannotTell, NotVerified, from_base64, from_hex, is_control, is_org, need, sha256, to_text
from trust import Policy, Proof

FORMAT = "witnessmark-bundle/"
MEMBERS = ["format", "record", "charter", "key_chains", "related", "disclosures", "files"]


def is_text(value):
    return isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value)


def members(value, names):
    need(isinstance(value, dict) and list(value) == names, "an object has other members")
    return value.values()


def items(value, limit):
    need(isinstance(value, list) and len(value) <= limit, "a list is none, or too long")
    return value


def text(value):
    need(is_text(value), "a text is none")
    return value


class Proven:
    def __init__(self, entry, proof):
        self.bytes, self.proof = from_base64(entry), Proof(text(proof))
        self.index = self.proof.index


class Bundle:
    def __init__(self, data):
        need(len(data) <= 64 << 20, "the file is too large")
        document, counts = to_text(data), []

        def pairs(found):
            counts.append([value for name, value in found if name == "format"])
            return dict(found)

        def refuse(_):
            raise ValueError("no number")

        try:
            value = json.loads(document, object_pairs_hook=pairs, parse_constant=refuse)
            # The outermost object is read to its end last.
            named = counts[-1] if isinstance(value, dict) else []
            if len(named) == 1 and is_text(named[0]) and named[0].startswith(FORMAT) and named[0] != FORMAT + "1":
                raise CannotTell("the format has a version that is not known here")
            need(json.dumps(value, indent=2, ensure_ascii=False) == document, "the document is not in its one spelling")
        except (ValueError, RecursionError):
            raise NotVerified("this is no JSON document") from None
        form, record, charter, chains, related, disclosures, files = members(value, MEMBERS)
        need(form == FORMAT + "1", "it is no bundle")
        self.record = Proven(*members(record, ["entry", "proof"]))
        self.charter = Proven(*members(charter, ["entry", "proof"]))
        self.chains = [self.chain(*members(it, ["org", "events"])) for it in items(chains, 1024)]
        self.related = []
        for it in items(related, 16_384):
            relation, entry, proof = members(it, ["relation", "entry", "proof"])
            self.related.append((text(relation), Proven(entry, proof)))
        self.disclosures = [from_base64(it) for it in items(disclosures, 1024)]
        self.files = [self.file(*members(it, ["name", "sha256", "size"])) for it in items(files, 1024)]

    @staticmethod
    def chain(org, events):
        need(is_org(text(org)), "an organisation has no name")
        return org, [from_base64(it) for it in items(events, 10_000)]

    @staticmethod
    def file(name, digest, size):
        is_plain = 1 <= len(text(name).encode()) <= 255 and not any(c in "/\\:" or is_control(c) for c in name)
        need(is_plain and name not in (".", ".."), "the name of a file is not plain")
        need(type(size) is int and 0 <= size < 2**53, "the size of a file is none")
        return name, from_hex(text(digest), 32), size


class Run:
    """One bundle, check by check. `open_file` gives the bytes of a file beside it, or None."""

    def __init__(self, schema, data, policy, open_file):
        self.schema, self.data, self.policy_data, self.open_file = schema, data, policy, open_file

    def format(self):
        self.bundle = Bundle(self.data)

    def policy(self):
        self.trust = Policy(self.policy_data)

    def checkpoint(self):
        all_proven = [self.bundle.record, self.bundle.charter, *(it for _, it in self.bundle.related)]
        need(len({it.proof.checkpoint for it in all_proven}) == 1, "there are different checkpoints")
        self.note = self.bundle.record.proof.note
        self.origin, self.size, self.root = self.trust.check_log(self.note)

    def quorum(self):
        self.trust.check_quorum(self.note)

    def included(self, proven, kind):
        check_inclusion(proven.bytes, proven.index, proven.proof.hashes, self.size, self.root)
        return Entry(proven.bytes, kind)

    def charter(self):
        need(self.bundle.charter.index == 0, "the charter is not entry 0")
        self.founding = Charter(self.included(self.bundle.charter, 3))
        need(self.founding.origin == self.origin, "the charter is of another log")

    def inclusion(self):
        self.entry = self.included(self.bundle.record, 1)

    def key_chain(self):
        names = [org for org, _ in self.bundle.chains]
        need(names == sorted(set(names)), "the chains do not ascend")
        self.chains = {org: KeyChain(org, events, self.founding) for org, events in self.bundle.chains}
        self.chain_of(self.entry).check_state(self.entry)

    def chain_of(self, entry):
        need(entry.org in self.chains, "a chain is not there")
        return self.chains[entry.org]

    def signatures(self):
        self.chain_of(self.entry).check_signatures(self.entry)

    def record(self):
        self.about = Record(self.schema, self.entry, self.origin)

    def related(self):
        self.others, indexes = [], [it.index for _, it in self.bundle.related]
        need(indexes == sorted(set(indexes)) and self.bundle.record.index not in indexes, "the order is another")
        for _, proven in self.bundle.related:
            entry = self.included(proven, 1)
            self.chain_of(entry).check_state(entry)
            self.chain_of(entry).check_signatures(entry)
            self.others.append(Record(self.schema, entry, self.origin))
        self.check_ways()
        times = sorted(zip([self.bundle.record.index, *indexes], [self.about.time, *(it.time for it in self.others)]))
        times = [self.founding.time, *(time for _, time in times)]
        need(times == sorted(times), "the times do not ascend")
        need(set(self.chains) == {self.about.org, *(it.org for it in self.others)}, "a chain is of nobody who signed")

    def check_ways(self):
        ids = {it.id for it in self.others}
        reached, ways = set(), {}
        for (relation, _), one in zip(self.bundle.related, self.others):
            direct = [rel for rel, target in one.links if target == self.about.id]
            on = [it for it in one.links if it[0] not in STRUCTURAL and it[1] in ids - {one.id}]
            need(relation in (direct or [rel for rel, _ in on])[:1], "the relation is another one")
            if direct:
                reached.add(one.id)
            for _, target in on:
                ways.setdefault(target, []).append(one.id)
        left = list(reached)
        while left:
            more = [it for it in ways.get(left.pop(), []) if it not in reached]
            reached.update(more)
            left += more
        need(reached == ids, "no way leads to the record")

    def disclosures(self):
        digests = self.about.says.get("protected", [])
        need(all(len(it) == 32 for it in digests), "a digest has not 32 bytes")
        found = [sha256(it) for it in self.bundle.disclosures]
        need(len(set(found)) == len(found) and set(found) <= set(digests), "a disclosure opens nothing, or is there twice")
        for it in self.bundle.disclosures:
            check_disclosure(it)

    def withdrawn(self):
        """The ids of the records that are withdrawn, by withdrawals that are not withdrawn themselves: section 13.2."""
        everything = {it.id: it for it in [*self.others, self.about]}
        by = {name: [] for name in everything}
        for one in everything.values():
            for rel, target in one.links:
                if rel == "withdraws" and target in by and everything[target].org == one.org:
                    by[target].append(one.id)
        is_withdrawn = {}
        left = list(by)
        while left:
            # A record id is a digest, so withdrawals make no circle.
            unknown = [it for it in by[left[-1]] if it not in is_withdrawn]
            if not unknown:
                name = left.pop()
                is_withdrawn[name] = any(not is_withdrawn[it] for it in by[name])
            left += unknown
        return {name for name, it in is_withdrawn.items() if it}

    def erased_files(self):
        withdrawn = self.withdrawn()
        counting = [it for it in self.others if it.kind == "erasure" and it.org == self.about.org and it.id not in withdrawn]
        targets = [target for it in counting for target in it.body.get("targets", [])]
        wanted = [it for it in targets if it.get("record") == self.about.id and it.get("kind") == "attachment"]
        return {it.get("digest") for it in wanted}

    def files(self):
        attachments = {}
        for it in self.about.says.get("attachments", []):
            digest = it.get("sha256", b"")
            need(len(digest) == 32, "an attachment has no SHA-256")
            attachments.setdefault((it.get("name", digest.hex()), digest, it.get("size", 0)), []).append(it.get("sha512"))
        names = [name for name, *_ in self.bundle.files]
        need(len(set(names)) == len(names), "a file is named twice")
        need(all(it in attachments for it in self.bundle.files), "the record does not name a file so")
        missing, erased = [], self.erased_files()
        for name, digest, size in self.bundle.files:
            data, others = self.open_file(name), set(attachments[name, digest, size]) - {None}
            if data is None:
                missing += [name] if digest not in erased else []
                continue
            is_same = len(data) == size and sha256(data) == digest
            need(is_same and others <= {hashlib.sha512(data).digest()}, f"another file is there as {name!a}")
        if missing:
            raise CannotTell("not there: " + ", ".join(map(ascii, missing)))


CHECKS = "format policy checkpoint quorum charter inclusion key_chain signatures record related disclosures files".split()


def verify(schema, data, policy, open_file):
    """The word, the check that failed and why; the last two are None when every check passed."""
    run = Run(schema, data, policy, open_file)
    for check in CHECKS:
        try:
            getattr(Run, check)(run)
        except NotVerified as error:
            return "NOT VERIFIED", check, str(error)
        except CannotTell as error:
            return "CANNOT TELL", check, str(error)
    return "EVERY CHECK PASSED", None, None
