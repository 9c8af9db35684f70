//! `org cosign`: show a request, and sign exactly what was shown.

use std::path::PathBuf;

use serde_json::json;
use witnessmark_verifier::{ENTRY_SIGNATURES_MAX, KeyId, RecordId};

use super::request::Request;
use super::standing::Standing;
use super::state::View;
use super::words::Subject;
use crate::cli::chain::sign_payload;
use crate::cli::key::Unlock;
use crate::cli::{Memory, files};
use crate::output::{Failure, Outcome, Report, Trouble, plain};
use crate::signer::{Key, KeyName};

/// The digits of the code by which the second run is told what the first one showed: 128 bits.
const CODE_DIGITS: usize = 32;

/// Add signatures to a request.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark org cosign request.json
  witnessmark org cosign request.json --registrar registrar.key --confirm CODE

The first shows what the request does, who has signed it and who is missing, and ends with a code; nothing is signed. \
The second signs, if the file still asks for exactly what the code was shown for. Neither needs a network: what the \
request says of the ledger is replayed and checked, and with --from it is taken from the ledger or from an export of it instead.")]
pub(in crate::cli) struct Arguments {
    /// The request; the signature is added to it.
    request: PathBuf,
    /// The private key of a registrar who signs.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    registrar: Vec<KeyName>,
    /// The private key of a root that signs.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    root: Vec<KeyName>,
    /// The private key that is to be added, or one of the new roots: its signature shows that it exists.
    #[arg(long, value_name = "KEY", value_parser = KeyName::parser())]
    key: Vec<KeyName>,
    /// Take over the signatures in another copy of the same request, when several people signed at the same time. Give it once for
    /// each copy.
    #[arg(long, value_name = "FILE", conflicts_with = "confirm")]
    merge: Vec<PathBuf>,
    /// Sign; the code is the one that was shown with the request.
    #[arg(long, value_name = "CODE")]
    confirm: Option<String>,
    /// Take what the request follows from this ledger, or from this folder of an export, and not from the request.
    #[arg(long, value_name = "URL|DIR", requires = "policy")]
    from: Option<String>,
    /// The policy file that says whose signatures are trusted.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    unlock: Unlock,
}

/// Shows the request, or signs it.
///
/// # Errors
///
/// When the request or a key cannot be used, or the code is another one. The file is then as before.
pub(super) async fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let place = arguments.request.display().to_string();
    let mut request = Request::read(&arguments.request)?;
    let view = view(arguments, &place, &request).await?;
    if !arguments.merge.is_empty() {
        return merge(arguments, request, view.as_ref());
    }
    let (subject, standing) = Standing::of(&place, &request, view.as_ref())?;
    let id = RecordId::of(&request.signed.payload_type, &request.signed.payload);
    let code = code(&id);
    let Some(confirmed) = &arguments.confirm else {
        return Ok(show(arguments, &id, (&subject, &standing), view.as_ref()));
    };
    if *confirmed != code {
        let message =
            format!("`{confirmed}` is not the code of this request, which is another one");
        return Err(Failure::refused(Trouble::new("CONFIRM", &place, message).fix(
            "run the command without --confirm, read what it shows, and give the code that stands below it",
        )));
    }
    let keys = keys(arguments, &place, &standing)?;
    let signed = &mut request.signed;
    let added = sign_payload(&signed.payload_type, &signed.payload, &keys)?;
    signed.signatures.extend(added);
    full(&place, &request)?;
    let (_, standing) = Standing::of(&place, &request, view.as_ref())?;
    files::write_replacing(&arguments.request, request.encode().as_bytes())?;
    let ids: Vec<String> = keys
        .iter()
        .map(|key| key.public_key().key_id().to_string())
        .collect();
    let mut lines = vec![format!("{place} signed with {}", ids.join(", "))];
    lines.extend(standing.lines());
    lines.push(next(&subject, &standing, &place));
    let json = json!({
        "file": arguments.request,
        "record_id": id.to_string(),
        "signed": ids,
        "signatures": request.signed.signatures.len(),
        "standing": standing.to_json(),
    });
    Ok(Report::done(plain(&lines.join("\n")), json))
}

/// Takes over the signatures of other copies. Each copy is judged before, so that it is known which of them is not good.
fn merge(
    arguments: &Arguments,
    mut request: Request,
    view: Option<&View>,
) -> Result<Report, Failure> {
    let place = arguments.request.display().to_string();
    let id = request.signed.record_id();
    Standing::of(&place, &request, view)?;
    for path in &arguments.merge {
        let copy = Request::read(path)?;
        let other = path.display().to_string();
        if copy.signed.record_id() != id {
            let message = format!("it is another request than {place}");
            return Err(Failure::refused(
                Trouble::new("NOT_A_REQUEST", other, message)
                    .fix("give copies of one request; one that was made again is another one"),
            ));
        }
        Standing::of(&other, &copy, view)?;
        for signature in copy.signed.signatures {
            let there = &mut request.signed.signatures;
            if there.iter().all(|it| it.key_id != signature.key_id) {
                there.push(signature);
            }
        }
    }
    full(&place, &request)?;
    let (subject, standing) = Standing::of(&place, &request, view)?;
    files::write_replacing(&arguments.request, request.encode().as_bytes())?;
    let mut lines = vec![format!(
        "{place} now carries {} signatures",
        request.signed.signatures.len()
    )];
    lines.extend(standing.lines());
    lines.push(next(&subject, &standing, &place));
    let json = json!({
        "file": arguments.request,
        "record_id": id.to_string(),
        "signatures": request.signed.signatures.len(),
        "standing": standing.to_json(),
    });
    Ok(Report::done(plain(&lines.join("\n")), json))
}

/// Refuses more signatures than an entry holds.
fn full(place: &str, request: &Request) -> Result<(), Failure> {
    if request.signed.signatures.len() <= ENTRY_SIGNATURES_MAX {
        return Ok(());
    }
    let message =
        format!("an entry holds {ENTRY_SIGNATURES_MAX} signatures, and these would be more");
    Err(Failure::refused(
        Trouble::new("SIGNATURES_FULL", place, message).fix("let those sign who must"),
    ))
}

/// What a request asks for and how it stands, and what to do with it next.
pub(super) fn told(place: &str, request: &Request, view: Option<&View>) -> Result<Report, Failure> {
    let (subject, standing) = Standing::of(place, request, view)?;
    let id = RecordId::of(&request.signed.payload_type, &request.signed.payload);
    let mut lines = vec![format!("request written to {place}")];
    lines.extend(standing.lines());
    lines.push(next(&subject, &standing, place));
    let json = json!({
        "file": place,
        "record_id": id.to_string(),
        "request": subject.to_json(),
        "standing": standing.to_json(),
    });
    Ok(Report::done(plain(&lines.join("\n")), json))
}

fn next(subject: &Subject, standing: &Standing, place: &str) -> String {
    match (standing.is_complete(), subject) {
        (Some(true), Subject::Event(_)) => {
            format!("  next: witnessmark submit {place} --to URL --policy POLICY")
        }
        (Some(true), Subject::Charter(_)) => {
            format!("  next: witnessmark init --dir DIR --charter {place}")
        }
        (None, Subject::Event(_)) => format!(
            "  next: witnessmark org cosign {place}  (on the next signer's machine), or witnessmark submit {place} --to URL --policy POLICY"
        ),
        _ => format!("  next: witnessmark org cosign {place}  (on the next signer's machine)"),
    }
}

/// What the request follows: as the ledger or an export says, or as the request does.
async fn view(
    arguments: &Arguments,
    place: &str,
    request: &Request,
) -> Result<Option<View>, Failure> {
    let Some(org) = request.org() else {
        return Ok(None);
    };
    if let (Some(from), Some(policy)) = (&arguments.from, &arguments.policy) {
        return View::read(&org, from, policy, Memory::Usual)
            .await
            .map(Some);
    }
    request.view(&org).map_err(|message| {
        let message = format!("what it says of the ledger does not hold: {message}");
        Failure::refused(Trouble::new("NOT_A_REQUEST", place, message).fix(
            "have the request made again, or look with --from at the ledger itself or an export of it",
        ))
    })
}

/// The keys that were named, each of which has a part in the request and has not signed it yet.
fn keys(arguments: &Arguments, place: &str, standing: &Standing) -> Result<Vec<Key>, Failure> {
    let named = [
        ("--registrar", Some("registrars"), &arguments.registrar),
        ("--root", Some("roots"), &arguments.root),
        ("--key", None, &arguments.key),
    ];
    let mut keys: Vec<Key> = Vec::new();
    let mut troubles = Vec::new();
    for (option, side, names) in named {
        for name in names {
            let key = arguments.unlock.open(name)?;
            let id = key.public_key().key_id();
            match objection(standing, &id, side) {
                Some((reason, message, fix)) => troubles.push(
                    Trouble::new(reason, format!("{place}: {option} {name}"), message).fix(fix),
                ),
                None => keys.push(key),
            }
        }
    }
    Failure::unless_empty(Outcome::Refused, troubles)?;
    if keys.is_empty() {
        return Err(Failure::usage(
            Trouble::new("USAGE", "--confirm", "no key was named to sign with")
                .fix("name yours with --registrar, --root or --key"),
        ));
    }
    Ok(keys)
}

/// Why a key may not sign the request, if it may not: a code, what is wrong, and what to do.
fn objection(
    standing: &Standing,
    id: &KeyId,
    side: Option<&'static str>,
) -> Option<(&'static str, String, &'static str)> {
    let signed = standing.sides.iter().flat_map(|it| &it.signed);
    if signed.chain(&standing.not_judged).any(|it| it == id) {
        let message = format!("key {id} has signed it already");
        let fix = "nothing is to be done with this key; pass the file on to those who are missing";
        return Some(("SIGNATURE_DUPLICATE", message, fix));
    }
    let unknown = match side {
        Some(side) => standing.unknown.contains(&side),
        None => !standing.unknown.is_empty(),
    };
    if unknown || standing.has_part(id, side) {
        return None;
    }
    let message = match side {
        Some(side) => format!("key {id} is not one of the {side}"),
        None => format!("key {id} has no part in this"),
    };
    let fix = "run the command without --confirm: it lists the keys that may sign";
    Some(("KEY_UNKNOWN", message, fix))
}

/// A code for exactly this.
fn code(id: &RecordId) -> String {
    let mut code = id.to_string();
    code.truncate(CODE_DIGITS);
    code
}

fn show(
    arguments: &Arguments,
    id: &RecordId,
    (subject, standing): (&Subject, &Standing),
    view: Option<&View>,
) -> Report {
    let code = code(id);
    let mut lines = vec!["what is to be signed".to_owned()];
    lines.extend(subject.lines().iter().map(|line| format!("  {line}")));
    lines.push(format!("  record id        {id}"));
    if let Some(view) = view {
        let how = if arguments.from.is_some() {
            "verified"
        } else {
            "as the request says; compare the charter's id with the one you know"
        };
        let charter = witnessmark_verifier::Entry::parse(&view.charter_entry);
        let charter = charter.map_or_else(|_| String::new(), |it| it.record_id().to_string());
        lines.push(format!("ledger {}  ({how})", view.charter.origin));
        lines.push(format!("  charter        {charter}"));
    } else if matches!(subject, Subject::Event(_)) {
        lines.push("ledger not known: the request says nothing of it (--from does)".to_owned());
    }
    lines.extend(standing.lines());
    lines.push(format!(
        "nothing was signed; to sign exactly this: the same command with your key and --confirm {code}"
    ));
    let json = json!({
        "file": arguments.request,
        "record_id": id.to_string(),
        "request": subject.to_json(),
        "origin": view.map(|view| view.charter.origin.as_str()),
        "standing": standing.to_json(),
        "confirm": code,
        "signed": [],
    });
    Report::done(plain(&lines.join("\n")), json)
}
