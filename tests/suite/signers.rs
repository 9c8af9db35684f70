//! Private keys that are not plain files: encrypted ones, keys in a real ssh-agent, and a ledger whose own key is there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Daemon, Ran, World, program, run, typed};

/// How long an agent may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
fn prints(text: &str, shown: &str) {
    assert!(text.contains(shown), "`{shown}` in:\n{text}");
}

#[track_caller]
fn succeeds(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
}

/// Runs a line as `typed` does, with a variable.
fn typed_with(variable: &str, value: &Path, line: &str) -> Ran {
    let mut program = program();
    program.env(variable, value).args(line.split_whitespace());
    let output = program.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A file that nobody else may read.
fn secret(world: &World, name: &str, text: &str) -> String {
    let path = world.path(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// Signs a record with a key that `options` name.
#[track_caller]
fn sign(world: &World, name: &str, key: &str, options: &[&str]) -> Ran {
    let draft = world.path(&format!("{name}.toml"));
    typed(&format!("record new statement --example --out {draft}")).exits(0);
    let (out, policy) = (world.path("signed"), world.policy());
    let sign = [
        "record",
        "sign",
        &draft,
        "--org",
        "field-team",
        "--policy",
        &policy,
    ];
    let with = ["--out", &out, "--key", key];
    run(sign.iter().chain(&with).chain(options))
}

#[test]
fn encrypted_key_files_of_ours_and_of_openssl_sign_for_who_has_the_passphrase() {
    let (world, daemon) = World::start();
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let passphrase = secret(&world, "passphrase", "correct horse battery\n");
    secret(&world, "wrong", "incorrect horse\n");
    let short = secret(&world, "short", "eleven char\n");
    let [age, pkcs8, foreign] =
        ["age", "pkcs8", "foreign"].map(|name| world.path(&format!("{name}.key")));
    let new = format!("key new --out {age} --encrypt --passphrase-file");
    prints(
        &typed(&format!("{new} {short}")).exits(64).stderr,
        "fewer than 12",
    );
    assert!(!Path::new(&age).exists());
    typed(&format!("{new} {passphrase}")).exits(0);
    typed(&format!(
        "key new --out {pkcs8} --encrypt pkcs8 --passphrase-file {passphrase}"
    ))
    .exits(0);
    let opened = world.path("opened.pem");
    let source = format!("file:{passphrase}");
    succeeds(
        "openssl",
        &["pkey", "-in", &pkcs8, "-passin", &source, "-out", &opened],
    );
    let id = |line: &str| typed(line).exits(0).json()["key_id"].clone();
    let public = id(&format!("key show {} --json", world.path("pkcs8.pub")));
    assert_eq!(id(&format!("key show {opened} --json")), public);
    assert_eq!(
        id(&format!(
            "key show {pkcs8} --passphrase-file {passphrase} --json"
        )),
        public
    );
    succeeds(
        "openssl",
        &[
            "genpkey",
            "-algorithm",
            "ed25519",
            "-aes256",
            "-pass",
            &source,
            "-out",
            &foreign,
        ],
    );
    fs::set_permissions(&foreign, fs::Permissions::from_mode(0o600)).unwrap();
    they_sign(&world, &to, [&age, &pkcs8, &foreign], &passphrase);
}

fn they_sign(world: &World, to: &str, keys: [&String; 3], passphrase: &str) {
    let (root, wrong) = (world.path("root.key"), world.path("wrong"));
    for (number, key) in keys.into_iter().enumerate() {
        let add = format!("org add-key --org field-team --root {root} --key {key} {to}");
        prints(
            &typed(&format!("{add} --passphrase-file {wrong}"))
                .exits(2)
                .stderr,
            "does not open",
        );
        // Several keys may have several passphrases.
        typed(&format!(
            "{add} --passphrase-file {wrong} --passphrase-file {passphrase}"
        ))
        .exits(0);
        let name = format!("sealed-{number}");
        sign(world, &name, key, &["--passphrase-file", passphrase]).exits(0);
        typed(&format!(
            "submit {}/{name}.signed.json {to}",
            world.path("signed")
        ))
        .exits(0);
    }
    // Nobody is there to be asked, and others may read the file.
    prints(
        &sign(world, "unasked", keys[0], &[]).exits(64).stderr,
        "PASSPHRASE",
    );
    fs::set_permissions(keys[0], fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = sign(
        world,
        "exposed",
        keys[0],
        &["--passphrase-file", passphrase],
    );
    prints(&exposed.exits(2).stderr, "chmod 600");
}

/// A real ssh-agent of this test's own.
struct Agent {
    child: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(socket: &Path) -> Self {
        let mut agent = Command::new("ssh-agent");
        agent.args(["-D", "-a"]).arg(socket);
        let child = agent.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let agent = Self {
            child: child.unwrap(),
            socket: socket.to_owned(),
        };
        let begin = Instant::now();
        while UnixStream::connect(socket).is_err() {
            assert!(begin.elapsed() < PATIENCE, "the agent does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        agent
    }

    #[track_caller]
    fn add(&self, key: &str) {
        let added = Command::new("ssh-add")
            .arg(key)
            .env("SSH_AUTH_SOCK", &self.socket)
            .output();
        let added = added.unwrap();
        assert!(added.status.success(), "{added:?}");
    }

    /// A command of ours that finds the agent.
    fn typed(&self, line: &str) -> Ran {
        typed_with("SSH_AUTH_SOCK", &self.socket, line)
    }

    /// Has the agent stand still, or go on.
    fn signal(&self, signal: &str) {
        succeeds("kill", &[signal, &self.child.id().to_string()]);
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        // A killed agent leaves its socket.
        drop(fs::remove_file(&self.socket));
    }
}

fn ssh_key(world: &World, name: &str, kind: &str) -> String {
    let path = world.path(name);
    succeeds(
        "ssh-keygen",
        &["-q", "-t", kind, "-N", "", "-C", name, "-f", &path],
    );
    path
}

#[test]
fn keys_in_an_ssh_agent_sign_events_and_records() {
    let (world, daemon) = World::start();
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let agent = Agent::start(&world.folder.path().join("agent"));
    let root = world.path("root.key");
    let add = format!("org add-key --org field-team --root {root} {to} --key");
    let none = agent.typed(&format!("{add} agent:camera")).exits(2).stderr;
    prints(&none, "it has: none");
    for (name, kind) in [
        ("camera", "ed25519"),
        ("old", "ecdsa"),
        ("root-1", "ed25519"),
    ] {
        agent.add(&ssh_key(&world, name, kind));
    }
    let other = agent.typed(&format!("{add} agent:old")).exits(2).stderr;
    prints(&other, "it is of type ecdsa-sha2-nistp256");
    let missing = agent
        .typed(&format!("{add} agent:SHA256:none"))
        .exits(2)
        .stderr;
    prints(&missing, "camera (ssh-ed25519)");
    agent.typed(&format!("{add} agent:camera")).exits(0);
    // By its fingerprint, as ssh-keygen tells it.
    let told = Command::new("ssh-keygen")
        .args(["-l", "-f", &world.path("camera.pub")])
        .output();
    let told = String::from_utf8(told.unwrap().stdout).unwrap();
    let name = format!("agent:{}", told.split_whitespace().nth(1).unwrap());
    let (draft, out) = (world.path("seen.toml"), world.path("signed"));
    typed(&format!("record new statement --example --out {draft}")).exits(0);
    let sign = format!(
        "record sign {draft} --key {name} --org field-team --policy {} --out {out}",
        world.policy()
    );
    prints(&agent.typed(&sign).exits(64).stderr, "--state FILE");
    let signed = format!("{sign} --state {}", world.path("camera.state"));
    agent.typed(&signed).exits(0);
    typed(&format!("submit {out}/seen.signed.json {to}")).exits(0);
    // A root that is in the agent takes over, and signs.
    let rotate = format!(
        "org rotate-root --org field-team --root {root} --new-root {}",
        world.path("root-1.pub")
    );
    typed(&format!("{rotate} {to}")).exits(0);
    let id = typed(&format!("key show {} --json", world.path("device.pub"))).json();
    let id = id["key_id"].as_str().unwrap().to_owned();
    let revoke = format!("org revoke --org field-team --key-id {id} --reason lost {to}");
    agent
        .typed(&format!("{revoke} --root agent:root-1"))
        .exits(0);
    let socket = agent.socket.clone();
    drop(agent);
    typed_with("SSH_AUTH_SOCK", &socket, &signed).exits(2);
    prints(
        &typed(&format!("{add} agent:camera")).exits(2).stderr,
        "SIGNER",
    );
}

#[test]
fn a_ledger_whose_key_is_in_an_agent_publishes_nothing_while_the_agent_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let world = World { folder };
    let key = ssh_key(&world, "log", "ed25519");
    let socket = world.folder.path().join("agent");
    let agent = Agent::start(&socket);
    agent.add(&key);
    let ledger = world.path("ledger");
    agent
        .typed(&format!(
            "init --origin ledger.test/one --dir {ledger} --log-key agent:log"
        ))
        .exits(0);
    assert!(!Path::new(&ledger).join("keys/log.key").exists());
    typed(&format!("fsck {ledger}")).exits(0);
    let mut serve = program();
    // What is told of it is expected here.
    serve
        .env("SSH_AUTH_SOCK", &socket)
        .env("WITNESSMARK_LOG", "off");
    let daemon = Daemon::run(serve, "serve", Path::new(&ledger));
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let (root, registrar) = (
        world.path("root.key"),
        world.path("ledger/keys/registrar.key"),
    );
    typed(&format!("key new --out {root}")).exits(0);
    let genesis = format!("org genesis --root {root} --registrar {registrar} {to} --org");
    typed(&format!("{genesis} one")).exits(0);
    drop(agent);
    let refused = typed(&format!("{genesis} two")).exits(2).stderr;
    prints(&refused, "SIGNER_UNAVAILABLE");
    let shown = typed(&format!(
        "checkpoint --from {} --policy {} --json",
        daemon.url,
        world.policy()
    ));
    assert_eq!(shown.exits(0).json()["size"], 2);
    // An agent that has another key only.
    let agent = Agent::start(&socket);
    agent.add(&ssh_key(&world, "other", "ed25519"));
    typed(&format!("{genesis} two")).exits(2);
    agent.add(&key);
    typed(&format!("{genesis} two")).exits(0);
    // One that stands still is not waited for without end.
    agent.signal("-STOP");
    let refused = typed(&format!("{genesis} three")).exits(2).stderr;
    prints(&refused, "SIGNER_UNAVAILABLE");
    agent.signal("-CONT");
    typed(&format!("{genesis} three")).exits(0);
    assert_eq!(daemon.terminate(), 0);
    // A ledger is not opened with another key.
    let settings = world.path("ledger/ledger.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("agent:log", "agent:other")).unwrap();
    let listen = "--listen 127.0.0.1:0";
    let other = agent
        .typed(&format!("serve --dir {ledger} {listen}"))
        .exits(2)
        .stderr;
    prints(&other, "LEDGER_KEY");
}

/// Where Debian has the library of `SoftHSM2`.
const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// A token of `SoftHSM2` with the PIN 123456, and the file that says where it is.
fn soft_token(world: &World) -> PathBuf {
    let tokens = world.folder.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let settings = world.folder.path().join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&settings, text).unwrap();
    let line = "--init-token --free --label box --so-pin 12345678 --pin 123456";
    soft(&settings, line);
    settings
}

#[track_caller]
fn soft(settings: &Path, line: &str) {
    let mut program = Command::new("softhsm2-util");
    program.env("SOFTHSM2_CONF", settings);
    let output = program.args(line.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "whoever runs the tests should know what was not tried"
)]
fn keys_in_a_token_sign_for_the_log_for_roots_and_for_devices() {
    if !Path::new(SOFTHSM).exists() {
        eprintln!("no SoftHSM2 here (apt-get install softhsm2): no key in a token is tried");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let world = World { folder };
    let settings = soft_token(&world);
    for (number, name) in ["log", "root", "device", "ada"].into_iter().enumerate() {
        let key = world.path(&format!("{name}.key"));
        typed(&format!("key new --out {key}")).exits(0);
        let import =
            format!("--import {key} --token box --label {name} --id 0{number} --pin 123456");
        soft(&settings, &import);
    }
    let ours = |line: &str| typed_with("SOFTHSM2_CONF", &settings, line);
    let pin = secret(&world, "pin", "123456");
    let named = |object: &str| {
        format!("pkcs11:token=box;object={object}?module-path={SOFTHSM}&pin-source=file:{pin}")
    };
    let ledger = world.path("ledger");
    ours(&format!(
        "init --origin ledger.test/one --dir {ledger} --log-key {}",
        named("log")
    ))
    .exits(0);
    let mut serve = program();
    serve.env("SOFTHSM2_CONF", &settings);
    let daemon = Daemon::run(serve, "serve", Path::new(&ledger));
    let to = format!("--to {} --policy {}", daemon.url, world.policy());
    let registrar = world.path("ledger/keys/registrar.key");
    let org = format!("--org field-team --root {}", named("root"));
    ours(&format!("org genesis {org} --registrar {registrar} {to}")).exits(0);
    ours(&format!("org add-key {org} --key {} {to}", named("device"))).exits(0);
    let (draft, out, policy) = (
        world.path("seen.toml"),
        world.path("signed"),
        world.policy(),
    );
    typed(&format!("record new statement --example --out {draft}")).exits(0);
    let state = world.path("device.state");
    let sign = format!(
        "record sign {draft} --org field-team --policy {policy} --out {out} --state {state}"
    );
    ours(&format!("{sign} --key {}", named("device"))).exits(0);
    typed(&format!("submit {out}/seen.signed.json {to}")).exits(0);
    let shown = typed(&format!(
        "org show --at 3 --from {} --policy {policy} --json",
        daemon.url
    ));
    let device = typed(&format!("key show {} --json", world.path("device.pub"))).json();
    let shown = shown.exits(0).json();
    assert_eq!(shown["entry"]["signers"][0]["key_id"], device["key_id"]);
    let add = format!("org add-key {org} {to} --key");
    what_is_wrong_with_a_token_is_said(&world, &ours, &named, (&add, &pin));
    ours(&format!("{add} {}", named("ada"))).exits(0);
    assert_eq!(daemon.terminate(), 0);
}

/// And a PIN is never an argument.
fn what_is_wrong_with_a_token_is_said(
    world: &World,
    ours: &dyn Fn(&str) -> Ran,
    named: &dyn Fn(&str) -> String,
    (add, pin): (&str, &str),
) {
    for (name, code, words) in [
        (named("nobody"), 2, "no such private key"),
        (
            named("ada").replace("token=box", "token=chest"),
            2,
            "there are: box",
        ),
        (
            named("ada").replace("pin-source", "pin-value"),
            64,
            "pin-source=file:FILE",
        ),
        (named("ada").replace(SOFTHSM, "/lib/none.so"), 2, "SIGNER"),
    ] {
        prints(&ours(&format!("{add} {name}")).exits(code).stderr, words);
    }
    // Whoever is logged in to a token is so for all its keys; this one is asked for alone.
    let bad = named("ada").replace(pin, &secret(world, "bad", "999999"));
    let init = format!("init --origin ledger.test/two --dir {}", world.path("two"));
    let refused = ours(&format!("{init} --log-key {bad}")).exits(2).stderr;
    prints(&refused, "not tried again");
}
