"""Records: protobuf by the schema in its one canonical form, links, and disclosures (FORMAT sections 2, 12 and 13.1).

The schema is a FileDescriptorSet, which is protobuf itself: so what reads its wire form reads the schema too.
"""

from spelling import Bytes, need, to_text

VARINT, BYTES = 0, 2
UINT64, BOOL, STRING, MESSAGE, BYTE_STRING, UINT32, ENUM, SINT32 = 4, 8, 9, 11, 12, 13, 14, 17
LIMITS = {UINT64: 2**64, UINT32: 2**32, SINT32: 2**32, BOOL: 2, ENUM: 2**31}

STRUCTURAL = set(
    "part_of has_part recovered_from found_in_shipment same_item_as same_event_as same_type_as derived_from traces".split()
)


class Wire(Bytes):
    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.int(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                need(value < 2**64, "a number is too large")
                return value
        need(False, "a number is too long")

    def fields(self):
        while self.data:
            tag = self.varint()
            need(tag & 7 in (VARINT, BYTES), "a field is of a type that no field has")
            yield tag >> 3, self.varint() if tag & 7 == VARINT else self.take(self.varint())


def varint(value):
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(digits + bytes([value]))


class Schema:
    """Messages by full name, each a map from the number of a field to its name, type, type name and whether it is a list."""

    def __init__(self, data):
        self.messages, self.enums = {}, {}
        for _, file in Wire(data).fields():
            parts = [(number, value) for number, value in Wire(file).fields() if number in (2, 4, 5)]
            package = "." + "".join(to_text(value) for number, value in parts if number == 2)
            for number, value in parts:
                if number != 2:
                    self.add(package, value, is_enum=number == 5)
        self.record = self.messages[".witnessmark.record.v1.Record"]
        self.bodies = {name for number, (name, *_) in self.record.items() if 40 <= number <= 59}

    def add(self, within, data, is_enum):
        parts = list(Wire(data).fields())
        short = to_text(next(value for number, value in parts if number == 1))
        name = f"{within}.{short}"
        if is_enum:
            # Prefix of the words: `LinkRel` gives LINK_REL_.
            prefix = "".join("_" + c if c.isupper() else c for c in short).strip("_").upper() + "_"
            values = [dict(Wire(value).fields()) for number, value in parts if number == 2]
            self.enums[name] = {it.get(2, 0): to_text(it[1]).removeprefix(prefix).lower() for it in values}
            return
        fields = [dict(Wire(value).fields()) for number, value in parts if number == 2]
        self.messages[name] = {
            it[3]: (to_text(it[1]), it[5], to_text(it.get(6, b"")), it.get(4) == 3) for it in fields
        }
        for number, value in parts:
            if number in (3, 4):
                self.add(name, value, is_enum=number == 4)

    def decode(self, fields, data):
        """A message as a map of the fields that are there."""
        found = {}
        for number, value in Wire(data).fields():
            need(number in fields, "the schema does not have a field")
            name, kind, of, is_list = fields[number]
            need(isinstance(value, int) == (kind in LIMITS and not is_list), "a field is not written as its type is")
            if kind in LIMITS and is_list:
                packed = Wire(value)
                while packed.data:
                    found.setdefault(name, []).append(self.scalar(kind, of, packed.varint()))
                continue
            value = self.scalar(kind, of, value)
            if is_list:
                found.setdefault(name, []).append(value)
            else:
                need(name not in found, "a field is there twice")
                found[name] = value
        return found

    def scalar(self, kind, of, value):
        if kind in LIMITS:
            need(value < LIMITS[kind], "a number is out of range")
            need(kind != ENUM or value in self.enums[of], "an enumeration does not have a word")
            return self.enums[of][value] if kind == ENUM else value
        if kind == MESSAGE:
            return self.decode(self.messages[of], value)
        return to_text(value) if kind == STRING else value

    def encode(self, fields, message):
        parts = []
        for number, (name, kind, of, is_list) in sorted(fields.items()):
            values = message.get(name, []) if is_list else [message[name]] if name in message else []
            spelled = [self.spell(kind, of, value) for value in values]
            if kind in LIMITS and is_list and spelled:
                spelled = [b"".join(spelled)]
            for value in spelled:
                if kind in LIMITS and not is_list:
                    parts += [varint(number << 3), value] if value != b"\0" else []
                elif value or is_list or kind == MESSAGE:
                    parts += [varint(number << 3 | BYTES), varint(len(value)), value]
        return b"".join(parts)

    def spell(self, kind, of, value):
        if kind == ENUM:
            return varint(next(number for number, word in self.enums[of].items() if word == value))
        if kind in LIMITS:
            return varint(value)
        if kind == MESSAGE:
            return self.encode(self.messages[of], value)
        return value.encode() if kind == STRING else value


class Record:
    def __init__(self, schema, entry, origin):
        need(len(entry.payload) <= 64_000, "the record is too long")
        self.says = schema.decode(schema.record, entry.payload)
        need(schema.encode(schema.record, self.says) == entry.payload, "the record is not canonical")
        kinds = schema.bodies & self.says.keys()
        need(len(kinds) == 1, "the record has not one body")
        self.kind, self.org, self.id, self.time = *kinds, entry.org, entry.id, entry.time
        self.body = self.says[self.kind]
        need(self.says.get("schema") == self.kind.replace("_", "-") + "/1", "the schema is not that of the body")
        need(self.says.get("org") == entry.org and self.says.get("origin") == origin, "it is of another place")
        self.links = self.own_links()

    def own_links(self):
        links = [(link.get("rel", "unspecified"), link.get("target")) for link in self.says.get("links", [])]
        need(all(rel != "unspecified" for rel, _ in links), "a link has no relation")
        for link in self.targets():
            if link not in links:
                links.append(link)
        need(all(target and len(target) == 32 for _, target in links), "a target has not 32 bytes")
        return links

    def targets(self):
        """What the body says of other records: section 13.1."""
        body, stance = self.body, self.body.get("stance") if self.kind == "attestation" else None
        given = lambda *ids: [("about", it) for it in ids if it is not None]
        corroborates = stance in ("confirms", "corroborates_independently")
        relation = "corroborates" if corroborates else "contradicts" if stance == "contradicts" else "about"
        return {
            "attestation": lambda: [(relation, body.get("target"))],
            "correction": lambda: [("corrects", body.get("target"))],
            "withdrawal": lambda: [("withdraws", body.get("target")), *given(body.get("in_favour_of"))],
            "lab_analysis": lambda: given(body.get("sample_custody")),
            "erasure": lambda: given(*(it.get("record") for it in body.get("targets", []))),
            "disclosure": lambda: [("about", it.get("record")) for it in body.get("fields", [])],
        }.get(self.kind, list)()


def check_disclosure(data):
    """Section 12: whether this opens a field at all."""
    it = Bytes(data)
    need(it.take(21) == b"witnessmark/field/v1\n", "it is no disclosure")
    it.take(32)
    to_text(it.take(it.int(2)))
    kind, value = it.int(1), it.take(it.int(4))
    it.end()
    need(kind <= 5, "a value is of an unknown type")
    if kind in (1, 5):
        to_text(value)
    need(kind not in (2, 3) or len(value) == 8, "an integer has not 8 bytes")
    need(kind != 4 or value in (b"\0", b"\1"), "a truth value is none")
