"""Judges bundles with docs/examples/verify_bundle: see tests/differential/python.rs.

    python3 judge.py EXAMPLE SCHEMA

A line in is {"bundle", "policy", "files": {name: bytes}} with bytes in base64. A line out is {"word", "check"}.
"""

import json
import sys
from base64 import b64decode
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from bundle import verify  # noqa: E402
from records import Schema  # noqa: E402


def main():
    schema = Schema(Path(sys.argv[2]).read_bytes())
    for line in sys.stdin:
        question = json.loads(line)
        files = {name: b64decode(data) for name, data in question["files"].items()}
        bundle, policy = b64decode(question["bundle"]), b64decode(question["policy"])
        word, check, _ = verify(schema, bundle, policy, files.get)
        print(json.dumps({"word": word, "check": check}), flush=True)


main()
