//! Keys of organisations and registrars, as the people use them who have them: requests that travel, stolen keys, other programs' keys.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Daemon, Ran, World, run, typed};

#[track_caller]
fn prints(text: &str, shown: &str) {
    assert!(text.contains(shown), "`{shown}` in:\n{text}");
}

/// Makes a key and gives the name of its public half.
#[track_caller]
fn new_key(place: &str) -> String {
    typed(&format!("key new --out {place}.key")).exits(0);
    format!("{place}.pub")
}

#[track_caller]
fn key_id(file: &str) -> String {
    let shown = typed(&format!("key show {file} --json")).exits(0).json();
    shown["key_id"].as_str().unwrap().to_owned()
}

/// What somebody does who was given a request: reads it, then signs what was shown.
#[track_caller]
fn cosign(request: &str, keys: &str) -> Ran {
    let shown = typed(&format!("org cosign {request} --json"))
        .exits(0)
        .json();
    let code = shown["confirm"].as_str().unwrap();
    typed(&format!("org cosign {request} {keys} --confirm {code}"))
}

#[test]
fn registrars_on_three_machines_make_a_ledger_and_admit_an_organisation() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let machines = ["ada", "ben", "eva"].map(path);
    let publics = machines.each_ref().map(|place| new_key(place));
    let stranger = path("stranger");
    new_key(&stranger);
    let registrars = publics
        .map(|public| format!("--registrar {public}"))
        .join(" ");
    let (charter, ledger) = (path("charter.json"), path("ledger"));
    let init = format!("init --origin ledger.test/three {registrars} --charter-out {charter}");
    // More signatures than there are registrars can be given by nobody.
    typed(&format!("{init} --threshold 4")).exits(64);
    typed(&format!("{init} --threshold 2")).exits(0);
    let make = format!("init --dir {ledger} --charter {charter}");
    let early = typed(&make).exits(1);
    prints(&early.stderr, "KEY_EVENT_THRESHOLD");
    assert!(!Path::new(&ledger).exists());
    cosign(&charter, &format!("--registrar {}.key", machines[0])).exits(0);
    let again = cosign(&charter, &format!("--registrar {}.key", machines[0])).exits(1);
    prints(&again.stderr, "has signed it already");
    let foreign = cosign(&charter, &format!("--registrar {stranger}.key")).exits(1);
    prints(&foreign.stderr, "is not one of the registrars");
    // Two who sign at the same time, each his own copy.
    let copy = path("copy.json");
    fs::write(&copy, fs::read(&charter).unwrap()).unwrap();
    cosign(&copy, &format!("--registrar {}.key", machines[2])).exits(0);
    let merged = typed(&format!("org cosign {charter} --merge {copy}")).exits(0);
    prints(&merged.stdout, "all signatures are there");
    typed(&make).exits(0);
    typed(&format!("fsck {ledger}")).exits(0);
    an_organisation_with_two_roots_is_admitted(&machines, &stranger, &path);
}

fn an_organisation_with_two_roots_is_admitted(
    machines: &[String; 3],
    stranger: &str,
    path: &dyn Fn(&str) -> String,
) {
    let (ledger, policy) = (path("ledger"), path("ledger/trust.policy"));
    let daemon = Daemon::start(Path::new(&ledger));
    let to = format!("--to {} --policy {policy}", daemon.url);
    let from = format!("--from {} --policy {policy}", daemon.url);
    let roots = ["root-1", "root-2"].map(path);
    let [_, second] = roots.each_ref().map(|root| new_key(root));
    let request = path("request.json");
    let genesis = format!(
        "org genesis --org field-team --threshold 2 --root {}.key --root-public {second}",
        roots[0]
    );
    let missing = typed(&format!("{genesis} {to}")).exits(1);
    prints(&missing.stderr, "any 1 of these keys must still sign");
    typed(&format!("{genesis} {from} --out {request}")).exits(0);
    // On machines without a network: what one is about to sign, and who is missing.
    let shown = typed(&format!("org cosign {request}")).exits(0).stdout;
    for words in [
        "ADMIT the organisation field-team",
        "ledger.test/three",
        "roots          1 of 2 needed: 1 MISSING",
        "registrars     0 of 2 needed: 2 MISSING",
        "nothing was signed",
    ] {
        prints(&shown, words);
    }
    let before = fs::read(&request).unwrap();
    let wrong = typed(&format!(
        "org cosign {request} --registrar {}.key --confirm 0123",
        machines[0]
    ));
    prints(&wrong.exits(1).stderr, "CONFIRM");
    cosign(&request, &format!("--root {stranger}.key")).exits(1);
    assert_eq!(fs::read(&request).unwrap(), before);
    cosign(&request, &format!("--registrar {}.key", machines[1])).exits(0);
    cosign(&request, &format!("--root {}.key", roots[1])).exits(0);
    let early = typed(&format!("submit {request} {to}")).exits(1);
    prints(&early.stderr, "KEY_EVENT_THRESHOLD");
    let last = cosign(&request, &format!("--registrar {}.key", machines[2])).exits(0);
    prints(&last.stdout, "all signatures are there");
    typed(&format!("submit {request} {to}")).exits(0);
    let told = typed(&format!("org show --at 1 {from}")).exits(0).stdout;
    prints(&told, "  registrar");
    prints(&told, "2 of 2 must sign");
    let twice = typed(&format!("{genesis} {from} --out {request}.2")).exits(1);
    prints(&twice.stderr, "admitted it already");
}

#[test]
fn a_signature_in_a_request_that_is_not_good_is_refused_before_anybody_adds_another() {
    let (world, daemon) = World::start();
    let from = format!("--from {} --policy {}", daemon.url, world.policy());
    let key = world.path("second");
    let public = new_key(&key);
    let (request, root) = (world.path("request.json"), world.path("root.key"));
    let add = format!("org add-key --org field-team --public-key {public} --root {root} {from}");
    typed(&format!("{add} --out {request}")).exits(0);
    let whole = fs::read_to_string(&request).unwrap();
    let edit = |from: &str, to: &str| {
        let changed = whole.replacen(from, to, 1);
        assert_ne!(changed, whole);
        fs::write(&request, changed).unwrap();
        typed(&format!("org cosign {request}")).exits(1).stderr
    };
    let root_id = key_id(&world.path("root.pub"));
    let device_id = key_id(&world.path("device.pub"));
    prints(&edit(&root_id, &device_id), "KEY_UNKNOWN");
    let begin = whole.find("\"sig\": \"").unwrap() + 8;
    let sig = &whole[begin..begin + 8];
    prints(&edit(sig, "AAAAAAAA"), "SIGNATURE_BAD");
    // An event that follows another state than the one that travels along.
    let chain = whole.find("\"chain\": [").unwrap();
    let first = whole[chain..].split('"').nth(3).unwrap();
    let cut = edit(&format!("\"{first}\","), "");
    prints(&cut, "does not hold");
    fs::write(&request, &whole).unwrap();
    // The state that was read from an export decides as that of the ledger does.
    let export = world.path("export");
    typed(&format!("export {from} --out {export}")).exits(0);
    let policy = world.policy();
    let shown = typed(&format!(
        "org cosign {request} --from {export} --policy {policy}"
    ));
    prints(&shown.exits(0).stdout, "(verified)");
    cosign(&request, &format!("--key {key}.key")).exits(0);
    typed(&format!(
        "submit {request} --to {} --policy {policy}",
        daemon.url
    ))
    .exits(0);
    let again = typed(&format!("{add} --out {request}.2")).exits(1);
    prints(&again.stderr, "was added before");
}

#[test]
fn roots_are_replaced_by_the_threshold_and_the_old_ones_sign_no_more() {
    let (world, daemon) = World::start();
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let from = format!("--from {} --policy {}", daemon.url, world.policy());
    let roots = ["one", "two", "three"].map(|name| world.path(name));
    let publics = roots.each_ref().map(|root| new_key(root));
    let named = publics
        .map(|public| format!("--new-root {public}"))
        .join(" ");
    let old = world.path("root.key");
    let rotate = format!("org rotate-root --org field-team {named} --threshold 2");
    let foreign = typed(&format!("{rotate} --root {}.key {to}", roots[0])).exits(1);
    prints(&foreign.stderr, "KEY_EVENT_THRESHOLD");
    typed(&format!("{rotate} --root {old} {to}")).exits(0);
    let id = key_id(&world.path("device.pub"));
    let revoke = format!("org revoke --org field-team --key-id {id} --reason superseded");
    let late = typed(&format!("{revoke} --root {old} {to}")).exits(1);
    prints(&late.stderr, "KEY_UNKNOWN");
    typed(&format!("{revoke} --root {}.key {to}", roots[2])).exits(1);
    let [a, _, c] = &roots;
    typed(&format!("{revoke} --root {a}.key --root {c}.key {to}")).exits(0);
    // Before, in between and after.
    let state = |at: u64| {
        let shown = typed(&format!("org show --at {at} --json {from}"))
            .exits(0)
            .json();
        let chain = &shown["organisations"][0];
        let revoked = chain["keys"][0]["revoked"]["reason"].as_str();
        (
            chain["roots"].as_array().unwrap().len(),
            revoked.map(str::to_owned),
        )
    };
    assert_eq!(state(2), (1, None));
    assert_eq!(state(3), (3, None));
    assert_eq!(state(4), (3, Some("superseded".to_owned())));
    let told = typed(&format!("org show --at 3 {from}")).exits(0).stdout;
    prints(&told, "REPLACE ALL ROOT KEYS");
}

/// A device is stolen. What it signed stays; what was on its way arrives under an officer's signature; the thief gets nothing in.
#[test]
fn a_stolen_device_key() {
    let (world, daemon) = World::start();
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let from = format!("--from {} --policy {}", daemon.url, world.policy());
    let (root, id) = (world.path("root.key"), key_id(&world.path("device.pub")));
    for (name, role) in [("officer", "record"), ("second", "countersign")] {
        let key = world.path(name);
        new_key(&key);
        let add =
            format!("org add-key --org field-team --root {root} --key {key}.key --role {role}");
        typed(&format!("{add} {to}")).exits(0);
    }
    let before = world.signed("statement", "before");
    typed(&format!("submit {before} {to}")).exits(0);
    // Signed in the field, and not yet back on a network.
    let late = world.signed("wreckage-finding", "late");
    let revoke = format!("org revoke --org field-team --root {root} --key-id {id}");
    typed(&format!(
        "{revoke} --reason compromised --suspected-since 2024-01-01 {to}"
    ))
    .exits(0);
    let forged = world.signed("statement", "forged");
    for file in [&forged, &late] {
        let refused = typed(&format!("submit {file} {to}")).exits(1).stderr;
        prints(&refused, "KEY_REVOKED");
        prints(&refused, "record countersign --without KEY_ID");
    }
    let countersign = |key: &str, more: &str| {
        let key = world.path(key);
        let line = format!("record countersign {late} --org field-team --key {key}.key {more}");
        let shown = typed(&format!("{line} --json")).exits(0).json();
        let code = shown["confirm"].as_str().unwrap();
        let out = format!("{key}-signed{}", more.len());
        typed(&format!("{line} --confirm {code} --out {out}")).exits(0);
        typed(&format!("submit {out}/late.signed.json {to}"))
    };
    // The live signature beside the revoked one is not enough: what is submitted is what is logged.
    prints(&countersign("officer", "").exits(1).stderr, "KEY_REVOKED");
    let without = format!("--without {id}");
    let alone = countersign("second", &without).exits(1).stderr;
    prints(&alone, "KEY_ROLE_NOT_ALLOWED");
    countersign("officer", &without).exits(0);
    let shown = typed(&format!("org show --at 7 --json {from}"))
        .exits(0)
        .json();
    let signers = shown["entry"]["signers"].as_array().unwrap();
    assert_eq!(signers.len(), 1);
    assert_eq!(signers[0]["key_id"], key_id(&world.path("officer.pub")));
    assert_eq!(signers[0]["compromise_alleged"], false);

    what_the_stolen_key_signed_before_stays(&world, daemon, &id);
}

/// Three facts, told apart, from an export without a network.
fn what_the_stolen_key_signed_before_stays(world: &World, daemon: Daemon, id: &str) {
    let from = format!("--from {} --policy {}", daemon.url, world.policy());
    let export = world.path("export");
    typed(&format!("export {from} --out {export}")).exits(0);
    drop(daemon);
    let at = format!("--policy {} --from {export} --at 5", world.policy());
    let shown = typed(&format!("org show --json {at}")).exits(0).json();
    let signer = &shown["entry"]["signers"][0];
    assert_eq!(signer["key_id"], id);
    assert_eq!(signer["signature"], "good");
    assert_eq!(signer["active_at_registration"], true);
    assert_eq!(signer["compromise_alleged"], true);
    assert_eq!(signer["revoked_later"]["reason"], "compromised");
    assert!(shown["organisations"][0]["keys"][0]["revoked"].is_null());
    let told = typed(&format!("org show {at}")).exits(0).stdout;
    prints(&told, "active when the ledger took the entry");
    prints(&told, "COMPROMISE ALLEGED");
    // An export that was touched is not believed.
    let entries = Path::new(&export).join("tile/entries");
    let file = fs::read_dir(&entries)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let file = fs::read_dir(file).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&file, bytes).unwrap();
    let touched = typed(&format!("org show {at}")).exits(1);
    prints(&touched.stderr, "do not make the tree that was signed");
}

fn made(program: &str, line: &str) -> String {
    let output = Command::new(program).args(line.split_whitespace()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn public_keys_of_openssl_and_openssh_are_taken_and_other_types_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (pem, public) = (path("a.pem"), path("a-public.pem"));
    made("openssl", &format!("genpkey -algorithm ed25519 -out {pem}"));
    made("openssl", &format!("pkey -in {pem} -pubout -out {public}"));
    let text = made("openssl", &format!("pkey -in {pem} -noout -text"));
    let of_openssl = key_id(&public);
    // The same key as hex and as base64.
    let hex = text
        .split_once("pub:")
        .unwrap()
        .1
        .replace([':', ' ', '\n'], "");
    assert_eq!(key_id(&hex), of_openssl);
    let der = fs::read_to_string(&public).unwrap();
    prints(&der, "BEGIN PUBLIC KEY");
    let ssh = path("b");
    let keygen = Command::new("ssh-keygen")
        .args([
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            "a comment",
            "-f",
            &ssh,
        ])
        .status();
    assert!(keygen.unwrap().success());
    let line = fs::read_to_string(format!("{ssh}.pub")).unwrap();
    let shown = run(["key", "show", line.trim(), "--json"]).exits(0).json();
    assert_eq!(shown["key_id"], key_id(&format!("{ssh}.pub")));
    for (line, name) in [
        (
            "genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:1024",
            "RSA",
        ),
        (
            "genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256",
            "ECDSA",
        ),
        ("genpkey -algorithm x25519", "X25519"),
        ("genpkey -algorithm ed448", "Ed448"),
    ] {
        let (private, public) = (path("c.pem"), path("c-public.pem"));
        made("openssl", &format!("{line} -out {private}"));
        made(
            "openssl",
            &format!("pkey -in {private} -pubout -out {public}"),
        );
        let genesis = format!(
            "org genesis --org a --root-public {public} --out {}",
            path("r.json")
        );
        let refused = typed(&genesis).exits(1).stderr;
        prints(&refused, &format!("a key of type {name},"));
        let refused = typed(&genesis.replace(&public, &private)).exits(1).stderr;
        prints(&refused, "private key");
    }
}
