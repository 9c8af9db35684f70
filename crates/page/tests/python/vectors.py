"""Every value of the vector file that docs/examples/verify_bundle has a function for.

    python3 vectors.py EXAMPLE VECTORS
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from ed25519 import is_good  # noqa: E402
from ledger import Charter, Entry, KeyChain, check_inclusion, key_id, pae  # noqa: E402
from records import check_disclosure  # noqa: E402
from spelling import NotVerified, sha256  # noqa: E402
from trust import Note, Policy, Proof  # noqa: E402

VECTORS = json.loads(Path(sys.argv[2]).read_text())
unhex = bytes.fromhex


def refuses(function, *arguments):
    try:
        function(*arguments)
    except NotVerified:
        return True
    return False


for key in VECTORS["keys"].values():
    assert key_id(unhex(key["public"])).hex() == key["key_id"]

record = VECTORS["record"]
message = pae(record["payload_type"], unhex(record["payload"]))
assert message.hex() == record["pae"] and sha256(message).hex() == record["record_id"]
for who in ("device", "officer"):
    public, signature = unhex(VECTORS["keys"][who]["public"]), unhex(record["signature_" + who])
    assert is_good(public, message, signature) and not is_good(public, message + b"x", signature)

charter = Charter(Entry(unhex(VECTORS["charter"]["entry"]), 3))
assert charter.origin == VECTORS["origin"]
events = VECTORS["key_chain"]["events"]
chain = KeyChain(VECTORS["key_chain"]["org"], [unhex(event["entry"]) for event in events], charter)
assert [head.hex() for head, _ in chain.states[1:]] == [event["head"] for event in events]

entries = [unhex(it["entry"]) for it in VECTORS["entries"]]
for it in VECTORS["inclusion"]:
    hashes, root = [unhex(hash) for hash in it["proof"]], unhex(VECTORS["roots"][str(it["size"])])
    place = (it["index"], hashes, it["size"], root)
    check_inclusion(entries[it["index"]], *place)
    assert refuses(check_inclusion, b"x", *place)

policy = Policy(VECTORS["policy"].encode())
for size, text in VECTORS["checkpoints"].items():
    assert policy.check_log(Note(text))[1:] == (int(size), unhex(VECTORS["roots"][size]))
    assert refuses(policy.check_quorum, Note(text))
cosigned = Note(VECTORS["checkpoint_cosigned"])
policy.check_log(cosigned)
policy.check_quorum(cosigned)

proof = Proof(VECTORS["tlog_proof"])
_, size, root = policy.check_log(proof.note)
check_inclusion(entries[proof.index], proof.index, proof.hashes, size, root)

for field in VECTORS["disclosures"]["fields"]:
    check_disclosure(unhex(field["disclosure"]))
    assert sha256(unhex(field["disclosure"])).hex() == field["digest"]
print("every vector holds")
