#!/usr/bin/env python3
"""Makes a record that a Witnessmark ledger accepts, without any program of ours.

    witnessmark record descriptor --out record.desc
    python3 make_record.py record.desc device.key field-team ledger.example/main statement.signed.json
    witnessmark submit statement.signed.json --to http://127.0.0.1:7480 --policy trust.policy

Needs the packages `protobuf` and `cryptography`. What each step must do, to the byte, is in docs/FORMAT.md, sections 2 and 3.
"""

import base64
import hashlib
import json
import os
import sys
import time
import uuid

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PAYLOAD_TYPE = "application/vnd.witnessmark.record.v1+protobuf"


def load_schema(path):
    """The class of `Record`, from the descriptors: no generated code is needed."""
    with open(path, "rb") as file:
        files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for one in files.file:
        pool.Add(one)
    record = pool.FindMessageTypeByName("witnessmark.record.v1.Record")
    return message_factory.GetMessageClass(record)


def word(message, field, name):
    """The number of a word of an enumeration."""
    return message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_name[name].number


def fill(record, org, origin):
    """What the record says. The comments in proto/witnessmark/record/v1 are the manual of the fields."""
    # Who signs, for which ledger, when, and on which subject.
    record.org = org
    record.origin = origin
    record.signed_at_ms = int(time.time() * 1000)
    record.schema = "statement/1"
    record.thread_id = uuid.uuid4().bytes
    # Who makes the claim, and on what grounds.
    by = record.asserted_by
    by.name = "Example Observatory"
    by.type = word(by, "type", "ASSERTER_TYPE_NGO")
    record.basis = word(record, "basis", "BASIS_OWN_OBSERVATION")
    record.marking.tlp = word(record.marking, "tlp", "TLP_CLEAR")
    record.language = "en"
    record.titles.add(lang="en", text="An invented statement, made by a program in Python")
    record.reported = "2024-01-06"
    # What is said.
    statement = record.statement
    statement.statement_type = word(statement, "statement_type", "STATEMENT_TYPE_PRESS")
    statement.fidelity = word(statement, "fidelity", "TEXT_FIDELITY_EXACT")
    statement.texts.add(lang="en", text="This is an example. Nothing happened.")


def pae(payload_type, body):
    """The pre-authentication encoding of DSSE 1.0.2: what is signed and hashed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def key_id(public_key):
    """The thumbprint of an Ed25519 key as COSE key (RFC 9679)."""
    raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(bytes.fromhex("a301012006215820") + raw).hexdigest()


def main():
    if len(sys.argv) != 6:
        sys.exit("usage: make_record.py DESCRIPTORS KEY ORG ORIGIN OUT")
    descriptors, key_file, org, origin, out = sys.argv[1:]
    record = load_schema(descriptors)()
    fill(record, org, origin)

    # Canonical: fields by ascending number, nothing unknown, no default values. Protobuf's own serialisation is so for this
    # schema, which has no maps and no explicit presence; the ledger decodes, encodes again and refuses any difference.
    body = record.SerializeToString(deterministic=True)
    signed = pae(PAYLOAD_TYPE, body)

    with open(key_file, "rb") as file:
        key = load_pem_private_key(file.read(), password=None)
    envelope = {
        "payload": base64.b64encode(body).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [
            {
                "keyid": key_id(key.public_key()),
                "sig": base64.b64encode(key.sign(signed)).decode(),
            }
        ],
    }
    # A signed record is never overwritten.
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w") as file:
        json.dump(envelope, file, indent=2)
        file.write("\n")
    print("record id", hashlib.sha256(signed).hexdigest())


if __name__ == "__main__":
    main()
