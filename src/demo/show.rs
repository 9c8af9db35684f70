//! What a stranger can see for himself: a bundle that verifies, a byte that does not, and an audit.

use witnessmark_bundle::{NoFiles, verify_bundle};
use witnessmark_client::Client;

use super::{DemoRecord, PROVED, Place, expect};
use crate::cli::{audit_folder, client_trouble, read_bytes, verdict_report, write_replacing};
use crate::output::{Failure, Outcome, Output, Report, Trouble};

/// More than any bundle or policy of the demonstration.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Fetches the bundle, keeps it, and verifies the bytes of the file with the verifier alone.
///
/// # Errors
///
/// When there is no bundle or it does not verify.
pub(super) async fn prove(
    client: &Client,
    records: &[DemoRecord],
    place: &Place,
    output: &Output,
) -> Result<Report, Failure> {
    let record = records
        .iter()
        .find(|record| record.demo_id == PROVED)
        .ok_or_else(|| Failure::refused(Trouble::new("DEMO", PROVED, "not among the records")))?;
    let bundle = client.bundle(record.id).await.map_err(client_trouble)?;
    write_replacing(&place.bundle(), &bundle.into_unverified_bytes())?;
    output.say(format!(
        "\n7. A bundle for the wreckage finding {PROVED} is written to {}\n   \
         and verified from the bytes of the two files alone:\n",
        place.bundle().display()
    ));
    let report = expect(judge(&place.bundle(), place)?, Outcome::Done, "bundle")?;
    output.say(indented(&report.text));
    Ok(report)
}

/// Changes one byte inside the record of the bundle and shows that it is refused.
///
/// # Errors
///
/// When the changed bundle is not refused.
pub(super) fn change_one_byte(
    _bundle: &Report,
    place: &Place,
    output: &Output,
) -> Result<Report, Failure> {
    let mut bytes = read_bytes(&place.bundle(), FILE_BYTES_MAX)?;
    let (at, old, new) = change(&mut bytes)
        .ok_or_else(|| Failure::refused(Trouble::new("DEMO", "", "the bundle has no entry")))?;
    write_replacing(&place.changed_bundle(), &bytes)?;
    output.say(format!(
        "\n8. One byte is changed: `{old}` at offset {at}, in the middle of the record, becomes `{new}`\n"
    ));
    let refused = expect(
        judge(&place.changed_bundle(), place)?,
        Outcome::Refused,
        "changed bundle",
    )?;
    output.say(indented(&refused.text));
    Ok(refused)
}

/// Exchanges one base64 digit in the middle of the first entry.
fn change(bytes: &mut [u8]) -> Option<(usize, char, char)> {
    let marker = b"\"entry\": \"";
    let start = bytes
        .windows(marker.len())
        .position(|window| window == marker)?;
    let start = start.checked_add(marker.len())?;
    let length = bytes.get(start..)?.iter().position(|byte| *byte == b'"')?;
    let at = start.checked_add(length / 2)?;
    let digit = bytes.get_mut(at)?;
    let old = *digit;
    *digit = if old == b'A' { b'B' } else { b'A' };
    Some((at, char::from(old), char::from(*digit)))
}

fn judge(bundle: &std::path::Path, place: &Place) -> Result<Report, Failure> {
    let bundle = read_bytes(bundle, FILE_BYTES_MAX)?;
    let policy = read_bytes(&place.policy(), FILE_BYTES_MAX)?;
    Ok(verdict_report(&verify_bundle(&bundle, &policy, &NoFiles)))
}

/// Audits the export from its files.
///
/// # Errors
///
/// When the audit finds anything.
pub(super) fn audit(place: &Place, output: &Output) -> Result<Report, Failure> {
    output.say(
        "\n10. The export is audited from entry 0, with nothing but its files and the policy:\n",
    );
    let verdict = audit_folder(&place.export(), &place.policy(), &mut |_| {});
    let report = expect(verdict_report(&verdict), Outcome::Done, "audit")?;
    output.say(indented(&report.text));
    Ok(report)
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("   | {line}")).collect();
    lines.join("\n")
}
