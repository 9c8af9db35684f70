//! How fast a real ledger is over gRPC, beside what this machine can do at most in the same run.
//!
//! ```text
//! cargo bench --bench ledger
//! WITNESSMARK_BENCH_RECORDS=100000 WITNESSMARK_BENCH_DIR=/var/tmp cargo bench --bench ledger
//! ```
//!
//! A ledger is made in a new folder, `witnessmark serve` runs as a process of its own, and `witnessmark bench` puts one load after the other on
//! it. The processor time is the server's alone. In the end the server is killed and started again. Every row can be repeated by hand with
//! `witnessmark bench`; docs/PERFORMANCE.md holds one run.

#![expect(clippy::unwrap_used, reason = "a bench ends by panicking")]
#![expect(clippy::print_stdout, reason = "what a bench is for")]
#![expect(clippy::as_conversions, reason = "figures are rounded")]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded")]

mod server;

use std::env;
use std::path::PathBuf;

use serde_json::Value;

use server::Server;

/// One load.
struct Load {
    calls: &'static str,
    clients: u32,
    bytes: u32,
    signatures: u32,
    /// Keys of devices, which the clients use in turn: with as many as clients, each has its own.
    devices: u32,
    /// How much of the usual number of calls is made, in thousandths: big records and single callers take longer.
    per_mille: u64,
}

const fn load(
    calls: &'static str,
    clients: u32,
    bytes: u32,
    (signatures, devices): (u32, u32),
    per_mille: u64,
) -> Load {
    Load {
        calls,
        clients,
        bytes,
        signatures,
        devices,
        per_mille,
    }
}

const APPENDS: [Load; 16] = [
    // To warm up: the first row of a table is never believed.
    load("stream", 8, 1_024, (1, 8), 200),
    load("stream", 1, 1_024, (1, 1), 1_000),
    load("stream", 8, 1_024, (1, 8), 1_000),
    // One key over several connections: its records overtake each other.
    load("stream", 8, 1_024, (1, 1), 1_000),
    load("stream", 64, 1_024, (1, 8), 1_000),
    load("stream", 256, 1_024, (1, 8), 1_000),
    load("stream", 8, 1_024, (2, 8), 500),
    load("stream", 8, 256, (1, 8), 1_000),
    load("stream", 8, 4_096, (1, 8), 500),
    load("stream", 8, 32_768, (1, 8), 100),
    load("unary", 1, 1_024, (1, 1), 30),
    load("unary", 8, 1_024, (1, 8), 200),
    load("unary", 64, 1_024, (1, 8), 500),
    load("unary", 256, 1_024, (1, 8), 500),
    load("unary", 64, 256, (1, 8), 500),
    load("unary", 64, 1_024, (2, 8), 300),
];

const READS: [Load; 6] = [
    load("inclusion", 1, 0, (0, 0), 200),
    load("inclusion", 8, 0, (0, 0), 1_000),
    load("inclusion", 64, 0, (0, 0), 1_000),
    load("consistency", 1, 0, (0, 0), 200),
    load("consistency", 8, 0, (0, 0), 1_000),
    load("consistency", 64, 0, (0, 0), 1_000),
];

fn main() {
    let records = number("WITNESSMARK_BENCH_RECORDS", 20_000);
    let parent = env::var_os("WITNESSMARK_BENCH_DIR").map_or_else(env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(parent).unwrap();
    println!("{}", server::machine());
    let mut server = Server::start(folder.path());
    println!(
        "\n| calls | clients | bytes | signatures | devices | a second | of bare verification | of bare calls | p50 | p99 | p99.9 | bare p50 | sync p50, p99 | server, us a call |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for load in APPENDS.iter().chain(&READS) {
        row(&server, load, records);
    }
    let size = server.size();
    let (resident, most) = server.memory();
    println!("\nentries                 {size}");
    println!("memory of the server    {resident}, at most {most}");
    println!(
        "bytes on disk an entry  {:.0}",
        server.disk_bytes() as f64 / size as f64
    );
    for _ in 0..3 {
        let start = server.kill_and_start();
        println!(
            "start after a kill      {:.2} s to listening, {:.2} s to a record taken",
            start.listening.as_secs_f64(),
            start.appended.as_secs_f64()
        );
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var_os(name).map_or(default, |text| text.to_str().unwrap().parse().unwrap())
}

fn row(server: &Server, load: &Load, records: u64) {
    let count = (records * load.per_mille / 1_000).max(u64::from(load.clients));
    let mut arguments = vec![
        format!("--records={count}"),
        format!("--calls={}", load.calls),
        format!("--clients={}", load.clients),
    ];
    if load.bytes > 0 {
        arguments.push(format!("--bytes={}", load.bytes));
        // A client has a mebibyte under way at most: 256 records of the usual size.
        let in_flight = ((1 << 20) / load.bytes).clamp(1, 256);
        arguments.push(format!("--in-flight={in_flight}"));
        arguments.push("--org=field-team".to_owned());
        arguments.extend(server.keys(load.devices, load.signatures));
    }
    let cpu = server.cpu_seconds();
    arguments.push(server.disk());
    let told = server.bench(&arguments);
    let cpu = server.cpu_seconds() - cpu;
    let ratio = |value: &Value| {
        let ratio = value["ratio"].as_f64();
        ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{:.0} %", 100.0 * ratio))
    };
    let wait =
        |waits: &Value, part: &str| format!("{:.2} ms", waits[part].as_f64().unwrap() / 1_000.0);
    let waits = &told["wait_us"];
    println!(
        "| {} | {} | {} | {} | {} | {:.0} | {} | {} | {} | {} | {} | {} | {}, {} | {:.0} |",
        load.calls,
        load.clients,
        load.bytes,
        load.signatures,
        load.devices,
        told["per_s"].as_f64().unwrap(),
        ratio(&told["bare_verification"]),
        ratio(&told["bare_calls"]),
        wait(waits, "p50"),
        wait(waits, "p99"),
        wait(waits, "p99_9"),
        wait(&told["bare_calls"]["wait_us"], "p50"),
        wait(&told["sync_us"], "p50"),
        wait(&told["sync_us"], "p99"),
        cpu * 1e6 / count as f64,
    );
}
