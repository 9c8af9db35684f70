//! The demonstration's organisations: their keys, and how the ledger admits them.

use std::path::PathBuf;
use std::sync::Arc;

use witnessmark_bundle::SignedRecord;
use witnessmark_client::Client;
use witnessmark_verifier::{Hash, KeyAction, KeyRole, OrgName, key_chain_head};

use super::Place;
use crate::cli::{
    EventDraft, new_key, read_key, read_signed, send_event, sign_event, write_new_or_same,
};
use crate::clock;
use crate::ledger::Folder;
use crate::output::{Failure, Output, Trouble};
use crate::signer::Key;

/// The organisations, and which kinds of record each of them signs.
const NAMES: [&str; 3] = [
    "demo-field-team",
    "demo-evidence-office",
    "demo-court-registry",
];

/// Devices of each organisation.
const DEVICES: usize = 2;

/// An organisation with its private keys.
#[derive(Debug)]
pub(super) struct Organisation {
    /// Its name in the ledger.
    pub(super) name: OrgName,
    root: Key,
    /// The keys that sign records.
    pub(super) devices: Vec<Device>,
}

/// A key that signs records, and its file.
#[derive(Debug)]
pub(super) struct Device {
    /// The private key's file, beside which the device counts its records.
    pub(super) file: PathBuf,
    /// The key.
    pub(super) key: Key,
}

/// Reads the organisations' keys, making those that are not there.
///
/// # Errors
///
/// When a key cannot be read or made.
pub(super) fn gather(place: &Place) -> Result<Vec<Organisation>, Failure> {
    NAMES
        .into_iter()
        .map(|name| organisation(name, place))
        .collect()
}

fn organisation(name: &str, place: &Place) -> Result<Organisation, Failure> {
    let name = OrgName::parse(name)
        .map_err(|error| Failure::cannot_tell(Trouble::new("DEMO", name, error)))?;
    let file = |what: &str| place.keys().join(format!("{}.{what}.key", name.as_str()));
    let root = key_at(file("root"))?.key;
    let devices = (1..=DEVICES)
        .map(|number| key_at(file(&format!("device-{number}"))))
        .collect::<Result<_, _>>()?;
    Ok(Organisation {
        name,
        root,
        devices,
    })
}

fn key_at(file: PathBuf) -> Result<Device, Failure> {
    let key = Arc::new(if file.exists() {
        read_key(&file)?
    } else {
        new_key(&file)?
    });
    Ok(Device { file, key })
}

/// Which organisation signs records of this kind, as its place in the list.
pub(super) fn signer_of(schema: &str) -> usize {
    match schema.split('/').next().unwrap_or_default() {
        "wreckage-finding" | "component-observation" => 0,
        "strike-event" | "statement" => 1,
        _ => 2,
    }
}

/// Has the ledger admit every organisation and its devices.
///
/// # Errors
///
/// When the ledger refuses an event, or an answer does not verify.
pub(super) async fn admit(
    client: &Client,
    organisations: &[Organisation],
    place: &Place,
    output: &Output,
) -> Result<(), Failure> {
    output.say("\n3. Three organisations are admitted: a root key each, two device keys each");
    let registrar: Key = Arc::new(read_key(&Folder::new(&place.ledger()).registrar_key())?);
    for organisation in organisations {
        let mut logged = Vec::new();
        for event in events(organisation, &registrar, place)? {
            logged.push(send_event(client, event).await?);
        }
        let already = logged.iter().all(|logged| logged.entry().already_logged);
        output.say(format!(
            "   {:22} {} key events, {}",
            organisation.name.as_str(),
            logged.len(),
            if already {
                "already there: nothing new is written"
            } else {
                "each proved to be in the log"
            },
        ));
    }
    Ok(())
}

/// The organisation's events, from the genesis on: as signed in an earlier run, or signed and kept.
fn events(
    organisation: &Organisation,
    registrar: &Key,
    place: &Place,
) -> Result<Vec<SignedRecord>, Failure> {
    let root = &organisation.root;
    let genesis = KeyAction::Genesis {
        threshold: 1,
        roots: vec![root.public_key()],
    };
    let mut planned = vec![(genesis, [root, registrar])];
    for (number, device) in (1..).zip(&organisation.devices) {
        let action = KeyAction::Add {
            key: device.key.public_key(),
            role: KeyRole::Record,
            label: Some(format!("Demonstration device {number}")),
        };
        planned.push((action, [root, &device.key]));
    }
    let mut prev = Hash::new([0; 32]);
    let mut events = Vec::new();
    for (seq, (action, keys)) in (1..).zip(planned) {
        let file = place
            .events()
            .join(format!("{}.{seq}.json", organisation.name.as_str()));
        let event = if file.exists() {
            read_signed(&file)?
        } else {
            let draft = EventDraft {
                org: organisation.name.clone(),
                seq,
                prev,
                action,
            };
            let event = sign_event(draft, clock::now_ms(), &keys.map(Arc::clone))?;
            write_new_or_same(&file, event.encode().as_bytes())?;
            event
        };
        // A record id is the SHA-256 of the PAE, which is what the head commits to.
        prev = key_chain_head(&prev, &Hash::new(*event.record_id().as_bytes()));
        events.push(event);
    }
    Ok(events)
}
