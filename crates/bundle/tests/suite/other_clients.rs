//! An export read by a client that others wrote for other logs, from a folder and from a plain web server.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;
use witnessmark_bundle::ExportWriter;

use crate::go;
use crate::mini_log::{MiniLog, TEAM};

/// Ends the web server, whatever becomes of the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap_or_default();
        drop(self.0.wait());
    }
}

/// A plain web server for a folder, and its address.
fn serve(folder: &Path) -> (Server, String) {
    let mut child = Command::new("python3")
        .args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"])
        .arg("--directory")
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let (_, rest) = line.split_once("(http://").unwrap();
    let (address, _) = rest.split_once("/)").unwrap();
    (Server(child), format!("http://{address}"))
}

#[test]
fn the_client_of_another_log_reads_an_export() {
    let work = TempDir::new().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/read_export.go");
    let Some(program) = go::build(&source, work.path()) else {
        // Not with a macro, whose words are kept back when a test passes.
        let said = b"skipped: there is no go with golang.org/x/mod\n";
        std::io::stderr().write_all(said).unwrap();
        return;
    };
    let read = |source: &str, key: &str| -> Output {
        Command::new(&program).args([source, key]).output().unwrap()
    };
    let folder = work.path().join("export");
    let mut log = MiniLog::usual();
    let key = log.vkey().to_string();
    // Exported in steps, as it grows.
    for size in [5, 256, 300, 620] {
        while log.entries.len() < size {
            let message = log.message(TEAM, &format!("Record {}", log.entries.len()));
            log.record(11, &message);
        }
        let mut writer = ExportWriter::create(&folder, &log.checkpoint(&[])).unwrap();
        let start = usize::try_from(writer.next_index()).unwrap();
        for entry in &log.entries[start..] {
            writer.push(entry).unwrap();
        }
        writer.finish().unwrap();
        let output = read(folder.to_str().unwrap(), &key);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with(&format!("{size} entries of ")), "{text}");
        assert!(output.status.success());
    }
    let (_server, address) = serve(&folder);
    let output = read(&address, &key);
    assert!(output.status.success(), "{output:?}");
    // It does find faults.
    for name in ["tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/108"] {
        let path = folder.join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[20] ^= 1;
        fs::write(&path, bad).unwrap();
        assert!(!read(&address, &key).status.success(), "{name}");
        fs::write(&path, good).unwrap();
    }
    assert!(read(&address, &key).status.success());
}
