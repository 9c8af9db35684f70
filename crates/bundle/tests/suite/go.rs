//! Examples in Go, built with the packages that the Go project wrote for its own log.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Go with the packages of its own log, as Debian has them: `golang-go` and `golang-golang-x-mod-dev`.
fn go(cache: &Path) -> Command {
    let mut go = Command::new("go");
    let sources = std::env::var_os("WITNESSMARK_GOPATH");
    go.env("GO111MODULE", "off")
        .env(
            "GOPATH",
            sources.unwrap_or_else(|| "/usr/share/gocode".into()),
        )
        .env("GOCACHE", cache);
    go
}

/// The program of one source file, built in `dir`; nothing where there is no Go.
pub(crate) fn build(source: &Path, dir: &Path) -> Option<PathBuf> {
    let cache = dir.join("cache");
    let ran = go(&cache)
        .args(["list", "golang.org/x/mod/sumdb/tlog"])
        .output();
    let is_ready = ran.is_ok_and(|output| output.status.success());
    assert!(
        is_ready || std::env::var_os("WITNESSMARK_GOPATH").is_none(),
        "WITNESSMARK_GOPATH has no golang.org/x/mod"
    );
    if !is_ready {
        return None;
    }
    let program = dir.join(source.file_stem().unwrap());
    let built = go(&cache)
        .args(["build", "-o"])
        .args([program.as_path(), source])
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    Some(program)
}
