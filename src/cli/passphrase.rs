//! Passphrases: from a private file, or asked for at the terminal. They are never an argument.

use std::path::Path;

use zeroize::Zeroizing;

use super::files;
use crate::output::{Failure, Trouble, plain};

/// The passphrase in a file that nobody else may read: its first line.
///
/// # Errors
///
/// When the file cannot be read, others may read it, or the line is empty.
pub(crate) fn of_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = files::read_private(path)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        let message = "the first line, which is the passphrase, is empty";
        let trouble = Trouble::new("PASSPHRASE", path.display(), message);
        return Err(Failure::usage(trouble));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Asks at the terminal, where nothing is shown of what is typed. `fix` says what to do where there is none.
///
/// # Errors
///
/// When nobody can be asked.
pub(crate) fn ask(question: &str, fix: &str) -> Result<Zeroizing<String>, Failure> {
    rpassword::prompt_password(plain(question))
        .map(Zeroizing::new)
        .map_err(|error| {
            let message = format!("nobody can be asked for it: {error}");
            Failure::usage(
                Trouble::new(
                    "PASSPHRASE",
                    plain(question.trim_end_matches([':', ' '])),
                    message,
                )
                .fix(fix),
            )
        })
}

/// Asks twice for a new one.
///
/// # Errors
///
/// When nobody can be asked, or the two differ.
pub(crate) fn ask_twice(question: &str, fix: &str) -> Result<Zeroizing<String>, Failure> {
    let asked = ask(question, fix)?;
    if asked != ask("The same again: ", fix)? {
        let message = "the two passphrases differ";
        return Err(Failure::usage(Trouble::new("PASSPHRASE", "", message)));
    }
    Ok(asked)
}
