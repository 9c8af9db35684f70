"""Checks a bundle by the rules of docs/FORMAT.md, with nothing but Python: a third verifier, short enough to be read.

    witnessmark record descriptor --out record.desc
    python3 docs/examples/verify_bundle record.desc trust.policy bundle.json [FILE ...]

It makes the twelve checks of section 14 and names the first that fails; the exit code is 0, 1 (NOT VERIFIED) or 2 (CANNOT TELL). It makes no
remarks and shows nothing of the record: that every check passed does not say that nobody withdrew it or contradicted it.
"""

import sys
from pathlib import Path

from bundle import verify
from records import Schema


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    schema, policy, bundle, *files = map(Path, sys.argv[1:])
    beside = {file.name: file for file in files}

    def open_file(name):
        return beside[name].read_bytes() if name in beside else None

    try:
        given = [path.read_bytes() for path in (schema, bundle, policy)]
        word, check, why = verify(Schema(given[0]), *given[1:], open_file)
    except OSError as error:
        print(f"CANNOT TELL\n{error.filename!a} cannot be read: {error.strerror}.")
        sys.exit(2)
    print(word)
    if check is not None:
        print(f"The check {check} failed: {why}.")
    sys.exit({"NOT VERIFIED": 1, "CANNOT TELL": 2}.get(word, 0))


main()
