#!/bin/sh
# From the field to the court: one walk through everything that Witnessmark does with a finding.
#
#   docs/examples/field-to-court.sh FOLDER [BIN]
#
# FOLDER is made, and must not be there. BIN is the folder with the programs witnessmark, witnessmark-verify and bad_link;
# without it they are looked for on the path. `cargo build --workspace && cargo build --example bad_link` makes them in
# target/debug and target/debug/examples. It needs no network but this machine's own.
#
# EVERYTHING IN HERE IS INVENTED: the finding, the persons, the organisations, the photographs (which are a few letters).
#
# A team examines wreckage, far from any network. Its device signs three records that name four photographs. The officer
# checks them, takes over what opens the name of a witness, and adds a signature. The records go to the ledger over a link
# that drops twice. Another organisation attests to the finding; the team corrects it. A court gets one file and checks it
# without a network. One byte is changed, and the check says so. The witness asks to be forgotten; everything still verifies.
set -eu

folder=$1
[ $# -lt 2 ] || PATH=$2:$2/examples:$PATH
mkdir "$folder"
cd "$folder"
mkdir device office partner court operator

say() { printf '\n== %s\n' "$*"; }
must_fail() { # CODE COMMAND...: the command must end with this code.
    expected=$1
    shift
    set +e
    "$@"
    code=$?
    set -e
    [ "$code" -eq "$expected" ] || { echo "expected exit code $expected, got $code: $*" >&2; exit 1; }
}
member() { sed -n "s/^ *\"$1\": \"\{0,1\}\([0-9a-f]*\).*/\1/p" | head -n 1; } # NAME: of one JSON object
children=
stop() { for child in $children; do kill "$child" 2>/dev/null || true; done; }
trap stop EXIT
address_in() { # FILE: waits until a program has written its address there.
    until grep -q '^listening on ' "$1"; do sleep 0.1; done
    sed -n 's/^listening on //p' "$1" | head -n 1
}

say "The operator runs a ledger, and two organisations are admitted"
witnessmark init --dir operator/ledger --origin walk.example/ledger
witnessmark serve --dir operator/ledger --listen 127.0.0.1:0 > operator/serve.out 2> operator/serve.log &
children="$children $!"
ledger=$(address_in operator/serve.out)
url=http://$ledger
policy=operator/ledger/trust.policy
for key in device/root device/camera office/officer partner/root partner/device; do
    witnessmark key new --out $key.key > /dev/null
done
admit() { # ORG ROOT
    witnessmark org genesis --org "$1" --root "$2" --registrar operator/ledger/keys/registrar.key --to "$url" --policy $policy
}
admit walk-team device/root.key
admit walk-partner partner/root.key
witnessmark org add-key --org walk-team --root device/root.key --key device/camera.key --label "Camera 1" --to "$url" --policy $policy
witnessmark org add-key --org walk-team --root device/root.key --key office/officer.key --role countersign --label "Evidence officer" --to "$url" --policy $policy
witnessmark org add-key --org walk-partner --root partner/root.key --key partner/device.key --label "Laboratory" --to "$url" --policy $policy

say "The device takes the newest checkpoint along, and leaves"
witnessmark checkpoint --from "$url" --policy $policy --remember device/checkpoint
cp $policy device/trust.policy

say "In the field, without a network: four photographs, three records"
(
    cd device
    for number in 1 2 3 4; do printf 'invented photograph %s\n' $number > photo-$number.jpg; done
    head='asserted_by = { name = "Walk Team", type = "ngo" }
basis = "own_observation"
language = "en"
marking = { tlp = "amber" }
clock_source = "gnss"
documented = "2026-03-02"'
    cat > wreck.toml <<TOML
schema = "wreckage-finding/1"
thread_id = "8c0e1f4a-6a53-4d4e-9d3b-0f6a1c2b3d41"
titles = [{ lang = "en", text = "Invented: tail section with a handwritten mark" }]
$head
place = { country = "UA", locality = "Exampleville", point = { lat_e7 = 500000000, lon_e7 = 360000000, uncertainty_m = 100, basis = "gnss_device" } }
[wreckage_finding]
item_class = "ballistic_missile"
state = "section"
condition = "burnt at one end"
markings = [{ as_marked = "112", method = "handwritten", legibility = "legible", readings = [{ value = "Juche year 112", as_edtf = "2023" }, { value = "a number of the plant" }] }]
identifications = [{ designation = "Example missile", basis = "own_observation" }]
TOML
    cat > part.toml <<TOML
schema = "component-observation/1"
thread_id = "1d7f0b6e-52a1-4a0e-8b15-7f2f5f3c9a02"
titles = [{ lang = "en", text = "Invented: voltage regulator in the tail section" }]
$head
[component_observation]
component_class = "integrated_circuit"
brand_marked = "EXAMPLE"
brand_is_not_supplier_claim = true
date_codes = [{ as_marked = "2245", scheme = "yyww", derived = "2022-11-07/2022-11-13" }]
authenticity = "not_assessed"
count = { exact = "2" }
TOML
    cat > witness.toml <<TOML
schema = "statement/1"
thread_id = "5b0a1f0e-3f0c-4b57-9a65-2c5a0f6f7c03"
titles = [{ lang = "en", text = "Invented: an account of where the section fell" }]
$head
reported = "2026-03-02"
[statement]
statement_type = "sworn"
speaker = { name_as_written = "Olena Example", type = "person", role = "witness" }
texts = [{ lang = "en", text = "It fell into the yard in the morning." }]
fidelity = "paraphrase"
first_hand = "yes"
TOML
    witnessmark record attach --role original wreck.toml photo-1.jpg photo-2.jpg photo-3.jpg
    witnessmark record attach --role original part.toml photo-4.jpg
    echo "correct horse battery staple walk" > vault.pass && chmod 600 vault.pass
    witnessmark vault new --out device.vault --passphrase-file vault.pass
    witnessmark record check wreck.toml part.toml
    # A private person in clear is an error: the device protects the name when it signs.
    must_fail 1 witnessmark record check witness.toml
    witnessmark record sign wreck.toml part.toml witness.toml --key camera.key --org walk-team --policy trust.policy \
        --seen checkpoint --vault device.vault --vault-passphrase-file vault.pass --protect-persons --decoys 2 --out signed
    witnessmark record pack signed/wreck.signed.json signed/part.signed.json signed/witness.signed.json --out week-10.batch
)

say "The officer: the name of the witness is in no record; its opening moves into the team's vault; a second signature"
if grep -rl "Olena" device/signed; then echo "the name is in clear" >&2; exit 1; fi
echo "another horse battery staple walk" > office/vault.pass && chmod 600 office/vault.pass
witnessmark vault new --out office/team.vault --passphrase-file office/vault.pass
witnessmark vault merge office/team.vault device/device.vault --passphrase-file office/vault.pass --from-passphrase-file device/vault.pass
witnessmark record show device/signed/witness.signed.json
witnessmark record countersign device/week-10.batch --key office/officer.key --org walk-team
code=$(witnessmark record countersign device/week-10.batch --key office/officer.key --org walk-team --json | member confirm)
witnessmark record countersign device/week-10.batch --key office/officer.key --org walk-team --confirm "$code" --batch office/week-10.batch

say "Submitted over a link that drops twice; then once more, which changes nothing"
bad_link "$ledger" 2 2500 > office/link.out &
children="$children $!"
link=http://$(address_in office/link.out)
witnessmark submit office/week-10.batch --to "$link" --policy $policy
[ "$(grep -c 'to be cut' office/link.out)" -eq 2 ] || { echo "the link did not drop twice" >&2; exit 1; }
witnessmark submit office/week-10.batch --to "$url" --policy $policy
wreck=$(witnessmark record show device/signed/wreck.signed.json --json | member record_id)
account=$(witnessmark record show device/signed/witness.signed.json --json | member record_id)

say "Another organisation examines the original and attests"
cat > partner/attestation.toml <<TOML
schema = "attestation/1"
thread_id = "3f8d5b1c-0a4d-4a53-8a3e-6a8f3c1d7e04"
titles = [{ lang = "en", text = "Invented: the mark was seen on the original" }]
asserted_by = { name = "Walk Partner", type = "academic" }
basis = "own_observation"
language = "en"
marking = { tlp = "amber" }
documented = "2026-03-20"
[attestation]
target = "$wreck"
stance = "corroborates_independently"
scope = "fields"
paths = ["wreckage_finding.markings[0].as_marked"]
basis = "We examined the section in our laboratory"
inspected_original = "yes"
TOML
witnessmark record sign partner/attestation.toml --key partner/device.key --org walk-partner --policy $policy --out partner/signed
witnessmark submit partner/signed/attestation.signed.json --to "$url" --policy $policy

say "The team corrects what it wrote; a correction that starts from another value is refused"
correction() { # FILE WAS NOW
    cat > "$1" <<TOML
schema = "correction/1"
thread_id = "8c0e1f4a-6a53-4d4e-9d3b-0f6a1c2b3d41"
titles = [{ lang = "en", text = "Invented: the condition of the tail section" }]
asserted_by = { name = "Walk Team", type = "ngo" }
basis = "own_observation"
language = "en"
marking = { tlp = "amber" }
[correction]
target = "$wreck"
changes = [{ path = "wreckage_finding.condition", was = '"$2"', now = '"$3"' }]
reason = "new_information"
TOML
}
correction device/stale.toml "burnt at both ends" "whole"
correction device/correction.toml "burnt at one end" "burnt at one end, otherwise whole"
witnessmark record sign device/stale.toml device/correction.toml --key device/camera.key --org walk-team --policy $policy --out device/signed
must_fail 1 witnessmark submit device/signed/stale.signed.json --to "$url" --policy $policy
witnessmark submit device/signed/correction.signed.json --to "$url" --policy $policy
witnessmark thread "$wreck" --from "$url" --policy $policy

say "The court gets one file, and the photographs beside it"
cp device/photo-*.jpg court/
witnessmark prove "$wreck" --from "$url" --policy $policy --files all --out court/bundle.json > court/prove.out
cp $policy court/trust.policy
witnessmark prove "$account" --from "$url" --policy $policy --out court/account.json \
    --vault office/team.vault --vault-passphrase-file office/vault.pass --show statement.speaker.name_as_written > /dev/null
witnessmark report court/bundle.json --policy court/trust.policy --out court/report.html

say "Checked by the small offline program: the record, the correction, the attestation, every photograph"
witnessmark-verify bundle court/bundle.json --policy court/trust.policy
witnessmark-verify bundle court/account.json --policy court/trust.policy | grep "Olena Example"

say "One byte of the file is changed; one photograph is changed"
flipped=$(sed -n 's/^ *"entry": "\(.\{100\}\).*/\1/p' court/bundle.json | head -n 1)
sed "s|$flipped|$(printf %s "$flipped" | sed 's/.$/A/')|" court/bundle.json > court/changed.json
cmp -s court/bundle.json court/changed.json && sed "s|$flipped|$(printf %s "$flipped" | sed 's/.$/B/')|" court/bundle.json > court/changed.json
must_fail 1 witnessmark-verify bundle court/changed.json --policy court/trust.policy
printf 'another invented photograph\n' > court/photo-2.jpg
must_fail 1 witnessmark-verify bundle court/bundle.json --policy court/trust.policy
cp device/photo-2.jpg court/photo-2.jpg

say "The witness asks to be forgotten: the name is destroyed, the ledger is told, everything still verifies"
witnessmark vault erase office/team.vault "$account" --all --passphrase-file office/vault.pass \
    --draft office/erasure.toml --authority "Invented: wish of the person concerned" --remains "the digest in the record"
witnessmark record sign office/erasure.toml --key device/camera.key --org walk-team --policy $policy --out office/signed
witnessmark submit office/signed/erasure.signed.json --to "$url" --policy $policy
must_fail 1 witnessmark prove "$account" --from "$url" --policy $policy --out court/again.json \
    --vault office/team.vault --vault-passphrase-file office/vault.pass --show statement.speaker.name_as_written
witnessmark prove "$account" --from "$url" --policy $policy --out court/account.json > /dev/null
witnessmark-verify bundle court/account.json --policy court/trust.policy > court/account.out
cat court/account.out
grep -q "erased on" court/account.out
if grep -q "Olena" court/account.out court/account.json; then echo "the name is still there" >&2; exit 1; fi

say "The whole ledger is exported and audited without its server"
witnessmark export --from "$url" --policy $policy --out operator/export
witnessmark-verify export operator/export --policy court/trust.policy > operator/audit.out
head -n 1 operator/audit.out
say "The walk is over. What the court has lies in $folder/court"
