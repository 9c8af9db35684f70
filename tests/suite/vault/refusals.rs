//! What a vault and the protection of fields refuse, and that no refusal repeats a value.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::story::{IDENTITY, PLANTED, Story};
use crate::support::typed;

#[test]
fn what_cannot_be_protected_is_refused_and_no_value_is_repeated() {
    let mut story = Story::begin();
    let draft = story.draft("other");
    for (paths, code, shown) in [
        ("place.detial", 1, "no such field"),
        ("schema", 64, "cannot be protected"),
        ("wreckage_finding", 64, "cannot be protected"),
        ("place,place.detail", 64, "protected already"),
        ("place.", 64, "not the path"),
        ("titles", 1, "protect less"),
        ("wreckage_finding.item_class", 1, "protect less"),
    ] {
        let ran = story.sign(&draft, paths, "");
        assert_eq!(ran.code, code, "{paths}: {}", ran.stderr);
        assert!(ran.stderr.contains(shown), "{paths}: {}", ran.stderr);
    }
    a_mistake_in_a_protected_field_is_found_now(&mut story, &draft);
    assert!(
        !PLANTED.iter().any(|word| story.printed.contains(word)),
        "{}",
        story.printed
    );
    another_organisation_does_not_write_into_this_vault(&mut story);
}

/// Nobody would find it later.
fn a_mistake_in_a_protected_field_is_found_now(story: &mut Story, draft: &str) {
    let text = fs::read_to_string(draft).unwrap();
    let wrong = "material = 5, detail";
    fs::write(draft, text.replace("detail", wrong)).unwrap();
    story.sign(draft, "place", "").exits(1);
    fs::write(
        draft,
        text.replace(PLANTED[0], &format!("{}\\u0007", PLANTED[0])),
    )
    .unwrap();
    let ran = story.sign(draft, "place.detail", "").exits(1);
    assert!(
        ran.stderr.contains("place.detail: `(protected)`"),
        "{}",
        ran.stderr
    );
    fs::write(draft, text.replace("detail = ", "detail = = ")).unwrap();
    story.sign(draft, "place.detail", "").exits(1);
    // The same words elsewhere, in clear: the person is warned.
    fs::write(
        draft,
        text.replace("Rocket motor", &format!("Motor, {}", PLANTED[0])),
    )
    .unwrap();
    let ran = story.sign(draft, "place.detail", "").exits(0);
    assert!(
        ran.stderr.contains("wreckage_finding.parts_documented[0]"),
        "{}",
        ran.stderr
    );
    let listed = story.types(&format!(
        "vault list {} {} --json",
        story.vault(),
        story.identity()
    ));
    assert_eq!(
        listed.exits(0).json()["records"].as_array().unwrap().len(),
        2
    );
}

fn another_organisation_does_not_write_into_this_vault(story: &mut Story) {
    let draft = story.draft("third");
    let [key, out, id] = ["device.key", "elsewhere", "team.id"].map(|name| story.world.path(name));
    let line = format!(
        "record sign {draft} --key {key} --org other-team --origin x.test --out {out} --vault {} \
         --vault-identity {id} --protect place.detail",
        story.vault()
    );
    let ran = story.types(&line).exits(1);
    assert!(
        ran.stderr.contains("VAULT_OTHER_ORGANISATION"),
        "{}",
        ran.stderr
    );
    assert!(!Path::new(&out).join("third.signed.json").exists());
}

#[test]
fn the_name_of_a_private_person_goes_into_the_vault() {
    let mut story = Story::begin();
    let draft = story.world.path("shipment.toml");
    typed(&format!(
        "record new intercepted-shipment --example --out {draft}"
    ))
    .exits(0);
    let mut text = fs::read_to_string(&draft).unwrap();
    text.push_str(
        "parties = [{ name_as_written = \"Planted Person\", type = \"person\", role = \"consignee\", country = \"PA\", \
         office = \"Agent\" }]\n",
    );
    fs::write(&draft, text).unwrap();
    let clear = story.types(&format!("record check {draft}")).exits(1);
    assert!(clear.stdout.contains("E-PERSON-CLEAR"));
    let name = "intercepted_shipment.parties[0].name_as_written";
    let signed = story.sign(&draft, name, "--json").exits(0);
    assert!(
        !story.printed.contains("Planted Person"),
        "{}",
        story.printed
    );
    let id = signed.json()["signed"][0]["record_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = story.world.path("signed/shipment.signed.json");
    let to = format!(
        "--to {} --policy {}",
        story.daemon.url,
        story.world.policy()
    );
    story.types(&format!("submit {file} {to}")).exits(0);
    story.id = id;
    story.prove(name).exits(0);
    let shown = story.verify("").exits(0).stdout;
    assert!(shown.starts_with("VERIFIED\n"), "{shown}");
    assert!(
        shown.contains(&format!("\"{name}\": \"Planted Person\"")),
        "{shown}"
    );
}

#[test]
fn a_vault_opens_with_its_own_key_alone_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, text: &str, mode: u32| {
        fs::write(path(name), text).unwrap();
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    write("right", "correct horse battery\n", 0o600);
    write("wrong", "correct horse batterie\n", 0o600);
    write("short", "horse\n", 0o600);
    write("open", "correct horse battery\n", 0o644);
    write("id", IDENTITY, 0o600);
    let [vault, copy, sealed] = ["team.vault", "copy.vault", "sealed.vault"].map(path);
    for (file, code) in [
        ("short", 64),
        ("open", 2),
        ("none", 2),
        ("right", 0),
        ("right", 2),
    ] {
        let line = format!("vault new --out {vault} --passphrase-file {}", path(file));
        typed(&line).exits(code);
    }
    assert_eq!(
        fs::metadata(&vault).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let list = |vault: &str, key: &str| typed(&format!("vault list {vault} {key}"));
    let [right, wrong] = ["right", "wrong"].map(|name| format!("--passphrase-file {}", path(name)));
    let id = format!("--identity {}", path("id"));
    list(&vault, &right).exits(0);
    let refused = list(&vault, &wrong).exits(2);
    assert!(refused.stderr.contains("VAULT_KEY"), "{}", refused.stderr);
    list(&vault, &id).exits(2);
    // A copy for an identity, and from it one with another passphrase.
    let public = public_half(&path("id"));
    typed(&format!(
        "vault export {vault} {right} --out {copy} --to {public}"
    ))
    .exits(0);
    list(&copy, &id).exits(0);
    typed(&format!(
        "vault export {vault} {right} --out {copy} --to {public}"
    ))
    .exits(2);
    let back = format!(
        "vault export {copy} {id} --out {sealed} --to-passphrase-file {}",
        path("wrong")
    );
    typed(&back).exits(0);
    list(&sealed, &wrong).exits(0);
    fs::write(&copy, "not a vault").unwrap();
    list(&copy, &id).exits(2);
}

/// The recipient that belongs to an identity, as age has it.
fn public_half(identity: &str) -> String {
    let text = fs::read_to_string(identity).unwrap();
    let identity: age::x25519::Identity = text.parse().unwrap();
    identity.to_public().to_string()
}
