//! A bad link: passes connections on to a ledger, and cuts the first few in the middle of what the sender says.
//!
//! ```sh
//! cargo run --example bad_link -- 127.0.0.1:7480 2 1500
//! ```
//!
//! listens on a free port of this machine and prints `listening on ADDRESS`. Of what comes in on each of the first 2 connections it
//! passes on 1,500 bytes and cuts the connection, without a goodbye; later ones it passes on whole. For trying out, and for
//! the test of the walk from the field to the court.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [to, cuts, after] = arguments.as_slice() else {
        return usage();
    };
    let (Ok(cuts), Ok(after)) = (cuts.parse(), after.parse()) else {
        return usage();
    };
    match serve(to, cuts, after) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error}"));
            ExitCode::from(2)
        }
    }
}

fn usage() -> ExitCode {
    say("usage: bad_link LEDGER_ADDRESS CUTS BYTES");
    ExitCode::from(64)
}

#[expect(clippy::print_stdout, reason = "a program for a terminal")]
fn say(line: &str) {
    println!("{line}");
}

fn serve(to: &str, cuts: u64, after: u64) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    say(&format!("listening on {}", listener.local_addr()?));
    for number in 0.. {
        let (sender, _) = listener.accept()?;
        let ledger = TcpStream::connect(to)?;
        let budget = if number < cuts { after } else { u64::MAX };
        if number < cuts {
            say(&format!("connection {}: to be cut", number + 1));
        }
        pass(sender, ledger, budget)?;
    }
    Ok(())
}

/// Passes both ways, each in a thread of its own.
fn pass(sender: TcpStream, ledger: TcpStream, budget: u64) -> io::Result<()> {
    let (back_from, back_to) = (ledger.try_clone()?, sender.try_clone()?);
    thread::spawn(move || copy(back_from, back_to, u64::MAX));
    thread::spawn(move || copy(sender, ledger, budget));
    Ok(())
}

/// Passes on at most `budget` bytes, then closes both ends.
fn copy(mut from: TcpStream, mut to: TcpStream, mut budget: u64) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let allowed = usize::try_from(budget).unwrap_or(usize::MAX).min(read);
        let part = buffer.get(..allowed).unwrap_or_default();
        if to.write_all(part).is_err() || allowed < read {
            break;
        }
        budget = budget.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
    }
    // The other side may have closed it already.
    let _closed = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
