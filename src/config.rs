//! The one reader of the environment.

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
