//! The one reader of the environment.

use std::ffi::OsString;
use std::path::PathBuf;

/// The variable that says what the server's log holds, in the syntax of `tracing-subscriber`, for
/// example `info` or `witnessmark=debug`.
const LOG_FILTER_VARIABLE: &str = "WITNESSMARK_LOG";

/// What the server's log holds when nothing is said.
const LOG_FILTER_DEFAULT: &str = "info";

/// The filter of the server's log.
pub(crate) fn log_filter() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    let filter = std::env::var(LOG_FILTER_VARIABLE);
    filter.unwrap_or_else(|_| LOG_FILTER_DEFAULT.to_owned())
}

/// The socket of the user's ssh-agent, if there is one.
pub(crate) fn agent_socket() -> Option<PathBuf> {
    let socket = std::env::var_os("SSH_AUTH_SOCK");
    socket.filter(|it| !it.is_empty()).map(PathBuf::from)
}

/// The variable that says in which folder checkpoints are remembered, or with the value `off` that none are.
const REMEMBER_VARIABLE: &str = "WITNESSMARK_REMEMBER";

/// Where checkpoints are remembered when a command does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remember {
    /// In this folder.
    Folder(PathBuf),
    /// Nowhere, because the user says so.
    Off,
    /// Nowhere, because no variable names a place.
    Unknown,
}

/// Where checkpoints are remembered when a command does not say: `WITNESSMARK_REMEMBER`, else the place that the XDG Base
/// Directory Specification gives to what a program keeps between runs.
pub(crate) fn remember() -> Remember {
    place([REMEMBER_VARIABLE, "XDG_STATE_HOME", "HOME"].map(std::env::var_os))
}

fn place([own, state, home]: [Option<OsString>; 3]) -> Remember {
    if let Some(own) = own.filter(|it| !it.is_empty()) {
        return if own == "off" {
            Remember::Off
        } else {
            Remember::Folder(own.into())
        };
    }
    // The specification has relative paths ignored.
    let absolute = |it: Option<OsString>| it.map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute(state).or_else(|| Some(absolute(home)?.join(".local/state")));
    state.map_or(Remember::Unknown, |state| {
        Remember::Folder(state.join("witnessmark/checkpoints"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_users_own_word_then_the_state_folder_then_the_one_in_the_home() {
        let folder = |path: &str| Remember::Folder(path.into());
        for (own, state, home, expected) in [
            ("off", "/s", "/h", Remember::Off),
            ("seen", "/s", "/h", folder("seen")),
            ("", "/s", "/h", folder("/s/witnessmark/checkpoints")),
            (
                "",
                "s",
                "/h",
                folder("/h/.local/state/witnessmark/checkpoints"),
            ),
            ("", "", "h", Remember::Unknown),
            ("", "", "", Remember::Unknown),
        ] {
            let given = [own, state, home].map(|it| Some(OsString::from(it)));
            assert_eq!(place(given), expected, "{own} {state} {home}");
        }
        assert_eq!(place([None, None, None]), Remember::Unknown);
    }
}
