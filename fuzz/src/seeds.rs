//! Where the engine starts: inputs made of the project's vectors.

use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value;
use witnessmark_record::{encode, from_json};
use witnessmark_verifier::hex;

use crate::{bundle, proved};

/// The first inputs of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let vectors = include_str!("../../crates/verifier/vectors/witnessmark-v1.json");
    let vectors: Value = serde_json::from_str(vectors).expect("the vectors");
    let text = |value: &Value| value.as_str().expect("a text").as_bytes().to_vec();
    let bytes = |value: &Value| hex::decode(value.as_str().expect("a text")).expect("hex");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    match target {
        "bundle" => vec![bundle::seed()],
        "checkpoint" => {
            let whole = vectors["checkpoints"].as_object().expect("an object").values();
            let mut seeds: Vec<Vec<u8>> = whole.map(text).collect();
            seeds.push(text(&vectors["checkpoint_cosigned"]));
            let parts = seeds.clone().into_iter();
            seeds.extend(parts.filter_map(|seed| {
                let end = seed.windows(2).position(|pair| pair == b"\n\n")?;
                Some(seed[..=end].to_vec())
            }));
            seeds
        }
        "disclosure" => list(&vectors["disclosures"]["fields"])
            .iter()
            .map(|field| bytes(&field["disclosure"]))
            .collect(),
        "entry" => list(&vectors["entries"]).iter().map(|it| bytes(&it["entry"])).collect(),
        "key_chain" => {
            let mut seeds = vec![text(&vectors["charter"]["payload_text"])];
            let events = list(&vectors["key_chain"]["events"]);
            seeds.extend(events.iter().map(|event| text(&event["payload_text"])));
            // A genesis by both registrars and two roots, then a device, in the choices of the target.
            let genesis = [0, 2, 0, 2, 0, 0b1100, 0, 0, 0, 0b1111, 0];
            seeds.push([&genesis[..], &[0, 1, 0, 0, 0, 0b11, 0, 5, 1, 4, 0, 0, 0, 0, 0b1_1100]].concat());
            seeds
        }
        "policy" => [
            &vectors["policy"].as_str().expect("a text").to_owned()[..],
            "log @A\nwitness x @a\nwitness y @b https://y.example/\nwitness z @c\ngroup g 2 x y z\nquorum g\n",
            "# all\nlog @A\nlog @B\nwitness a @a\nwitness b @b\ngroup g any a b\nwitness c @c\ngroup h all g c\nquorum h\n",
            "log @A\nquorum none\n",
        ]
        .iter()
        .flat_map(|policy| [0_u8, 3, 7].map(|mask| [&[mask], policy.as_bytes()].concat()))
        .collect(),
        "proved" => [records(), vec![proved::seed(), vec![0], (1..40).collect()]].concat(),
        "record" => [records(), vec![proved::seed(), bytes(&vectors["record"]["payload"])]].concat(),
        "tlog_proof" => vec![text(&vectors["tlog_proof"]), vec![6, 4, 1, 1, 0, 9, 7]],
        "cosignature" => vec![vec![0x11; 72], vec![1; 40], (0..120).collect()],
        "consistency" | "inclusion" => {
            vec![(0..60).collect(), vec![1, 6, 4, 1, 1, 0, 3, 7], vec![1, 255, 99, 0, 0, 0]]
        }
        other => panic!("no target {other}"),
    }
}

/// A record of each kind, as it is signed.
fn records() -> Vec<Vec<u8>> {
    let lines = include_str!("../../data/synthetic-records.jsonl").lines();
    let records = lines.map(|line| {
        let json: Value = serde_json::from_str(line).expect("a line of JSON");
        encode(&from_json(&json).expect("a record"))
    });
    records.collect()
}

/// Writes the first inputs of a target to the folder that `WITNESSMARK_SEEDS` names, if it names one.
pub fn write(target: &str) {
    let Some(folder) = env::var_os("WITNESSMARK_SEEDS").map(PathBuf::from) else {
        return;
    };
    fs::create_dir_all(&folder).expect("a folder for seeds");
    for (number, seed) in of(target).iter().enumerate() {
        fs::write(folder.join(format!("seed-{number}")), seed).expect("a seed");
    }
}
