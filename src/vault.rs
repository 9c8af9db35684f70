//! The vault of an organisation: what opens the protected fields of its records, and nothing else does.
//!
//! It never comes near a ledger. For each record it holds the record secret, from which the salts of the
//! fields are drawn, and the names and values of the fields. Erasing one field takes the secret away too,
//! because whoever has the secret can draw the erased field's salt again and guess its value; the salts of
//! the fields that stay are then kept one by one.

mod document;
mod limits;
mod merge;
mod seal;

use std::collections::BTreeMap;
use std::fmt;

use witnessmark_record::{DisclosedValue, Disclosure, TooLong, field_digest, field_salt};
use witnessmark_verifier::{Hash, OrgName, RecordId};
use zeroize::{Zeroize, Zeroizing};

pub(crate) use limits::{FIELDS_MAX, PASSPHRASE_CHARS_MIN, VAULT_BYTES_MAX};
pub(crate) use merge::Merged;
pub(crate) use seal::{Recipient, SealError, VaultKey, needs_passphrase, open, seal, seal_for};

/// What an organisation keeps to itself.
#[derive(Default)]
pub(crate) struct Vault {
    org: Option<OrgName>,
    records: BTreeMap<RecordId, HeldRecord>,
}

/// The part of the vault that belongs to one record.
#[derive(Clone)]
pub(crate) struct HeldRecord {
    /// Gone once a field was erased.
    secret: Option<Zeroizing<[u8; 32]>>,
    /// In the order of their names.
    fields: Vec<Disclosure>,
    erased: Vec<ErasedField>,
}

/// The name of a field whose value nobody can show any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErasedField {
    /// The field.
    pub(crate) name: String,
    /// When it was erased, in milliseconds since 1970 by the clock of that machine.
    pub(crate) at_ms: u64,
    /// The digest that stands for it in the record; unknown for what older versions erased.
    pub(crate) digest: Option<Hash>,
}

/// Why the vault cannot do what it was asked to. No message holds a value or a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum VaultError {
    /// What was decrypted is not the document of a vault.
    #[error("the file does not hold a vault of this version: {0}")]
    Malformed(String),
    /// The vault belongs to another organisation.
    #[error("the vault belongs to the organisation {}", .0.as_str())]
    OtherOrganisation(OrgName),
    /// The vault holds nothing of this record.
    #[error("the vault holds nothing of the record {0}")]
    NoRecord(RecordId),
    /// The vault holds this record, but no such field of it.
    #[error("the vault holds no field {name} of the record; it holds {held}")]
    NoField {
        /// What was asked for.
        name: String,
        /// The names it holds.
        held: String,
    },
    /// The field was erased.
    #[error("the field {0} was erased from the vault, and nobody can show it")]
    Erased(String),
    /// Two vaults hold a record differently.
    #[error("both vaults hold the record {id}, and {why}")]
    Conflict {
        /// The record.
        id: RecordId,
        /// How they differ, without any value.
        why: &'static str,
    },
    /// A name or a value is too long.
    #[error(transparent)]
    Disclosure(#[from] TooLong),
}

impl HeldRecord {
    /// The fields of a new record under its secret.
    ///
    /// # Errors
    ///
    /// When a name is longer than a disclosure can hold.
    pub(crate) fn new(
        secret: Zeroizing<[u8; 32]>,
        fields: Vec<(String, DisclosedValue)>,
    ) -> Result<Self, VaultError> {
        let mut disclosures = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let salt = field_salt(&secret, &name)?;
            disclosures.push(Disclosure { salt, name, value });
        }
        disclosures.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            secret: Some(secret),
            fields: disclosures,
            erased: Vec::new(),
        })
    }

    /// The digests that stand for the fields in the record, ascending.
    ///
    /// # Errors
    ///
    /// When a value is longer than a disclosure can hold.
    pub(crate) fn digests(&self) -> Result<Vec<Hash>, VaultError> {
        let digests: Result<Vec<Hash>, TooLong> = self.fields.iter().map(field_digest).collect();
        let mut digests = digests?;
        digests.sort();
        Ok(digests)
    }

    /// The fields that can be shown.
    pub(crate) fn fields(&self) -> &[Disclosure] {
        &self.fields
    }

    /// The fields that were erased.
    pub(crate) fn erased(&self) -> &[ErasedField] {
        &self.erased
    }

    /// What shows the field of this name.
    ///
    /// # Errors
    ///
    /// When there is no such field, or it was erased.
    pub(crate) fn disclosure(&self, name: &str) -> Result<&Disclosure, VaultError> {
        if let Some(field) = self.fields.iter().find(|field| field.name == name) {
            return Ok(field);
        }
        if self.erased.iter().any(|field| field.name == name) {
            return Err(VaultError::Erased(name.to_owned()));
        }
        let held: Vec<&str> = self.fields.iter().map(|f| f.name.as_str()).collect();
        let held = if held.is_empty() {
            "none any more".to_owned()
        } else {
            held.join(", ")
        };
        Err(VaultError::NoField {
            name: name.to_owned(),
            held,
        })
    }

    fn erase(&mut self, name: &str, at_ms: u64) -> Result<(), VaultError> {
        let digest = field_digest(self.disclosure(name)?)?;
        self.secret = None;
        self.fields.retain_mut(|field| {
            let stays = field.name != name;
            if !stays {
                wipe(field);
            }
            stays
        });
        self.erased.push(ErasedField {
            name: name.to_owned(),
            at_ms,
            digest: Some(digest),
        });
        Ok(())
    }
}

impl Vault {
    /// The organisation it belongs to: the first that signed with it.
    pub(crate) const fn org(&self) -> Option<&OrgName> {
        self.org.as_ref()
    }

    /// The records in the order of their ids.
    pub(crate) fn records(&self) -> impl Iterator<Item = (&RecordId, &HeldRecord)> {
        self.records.iter()
    }

    /// The part of a record.
    ///
    /// # Errors
    ///
    /// When the vault holds nothing of it.
    pub(crate) fn record(&self, id: &RecordId) -> Result<&HeldRecord, VaultError> {
        self.records.get(id).ok_or(VaultError::NoRecord(*id))
    }

    /// Makes it the vault of `org`, if it is nobody's yet.
    ///
    /// # Errors
    ///
    /// When it belongs to another organisation.
    pub(crate) fn belong_to(&mut self, org: &OrgName) -> Result<(), VaultError> {
        match &self.org {
            Some(owner) if owner != org => Err(VaultError::OtherOrganisation(owner.clone())),
            Some(_) | None => {
                self.org = Some(org.clone());
                Ok(())
            }
        }
    }

    /// Takes in the part of a new record.
    pub(crate) fn insert(&mut self, id: RecordId, record: HeldRecord) {
        self.records.insert(id, record);
    }

    /// Destroys the secret of a record and the values of `names`, or of all its fields when there are none.
    /// Nothing is changed when one of them cannot be erased. Returns the names.
    ///
    /// # Errors
    ///
    /// When the vault does not hold the record or one of the fields, or holds none any more.
    pub(crate) fn erase(
        &mut self,
        id: &RecordId,
        names: &[String],
        at_ms: u64,
    ) -> Result<Vec<String>, VaultError> {
        let record = self.records.get_mut(id).ok_or(VaultError::NoRecord(*id))?;
        let mut chosen: Vec<String> = if names.is_empty() {
            record
                .fields
                .iter()
                .map(|field| field.name.clone())
                .collect()
        } else {
            names.to_vec()
        };
        chosen.sort();
        chosen.dedup();
        for name in &chosen {
            record.disclosure(name)?;
        }
        for name in &chosen {
            record.erase(name, at_ms)?;
        }
        Ok(chosen)
    }
}

/// Overwrites what a field held.
fn wipe(field: &mut Disclosure) {
    field.salt.zeroize();
    match &mut field.value {
        DisclosedValue::Bytes(bytes) => bytes.zeroize(),
        DisclosedValue::Text(text) | DisclosedValue::Json(text) => text.zeroize(),
        DisclosedValue::Integer(number) | DisclosedValue::Time(number) => number.zeroize(),
        DisclosedValue::Bool(truth) => truth.zeroize(),
    }
}

impl Drop for HeldRecord {
    fn drop(&mut self) {
        self.fields.iter_mut().for_each(wipe);
    }
}

// Neither shows a value or a secret, so that none gets into a message by accident.
impl fmt::Debug for HeldRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|f| f.name.as_str()).collect();
        f.debug_struct("HeldRecord")
            .field("fields", &names)
            .field("erased", &self.erased)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("org", &self.org)
            .field("records", &self.records)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use witnessmark_verifier::hex;

    use super::*;

    const ID: RecordId = RecordId::new(Hash::new([7; 32]));

    /// The golden values of the format.
    fn vectors() -> Value {
        let text = include_str!("../crates/verifier/vectors/witnessmark-v1.json");
        serde_json::from_str::<Value>(text).unwrap()["disclosures"].take()
    }

    fn golden(vectors: &Value) -> HeldRecord {
        let secret = hex::decode_32(vectors["record_secret"].as_str().unwrap()).unwrap();
        let fields = vectors["fields"].as_array().unwrap();
        let fields = fields.iter().map(|field| {
            assert_eq!(field["type"], 1);
            let value = field["value"].as_str().unwrap().to_owned();
            let name = field["name"].as_str().unwrap().to_owned();
            (name, DisclosedValue::Text(value))
        });
        HeldRecord::new(Zeroizing::new(secret), fields.collect()).unwrap()
    }

    /// What a field is shown with and stands for, as the golden values say.
    fn assert_golden(record: &HeldRecord, vectors: &Value, names: &[&str]) {
        for field in vectors["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            if !names.contains(&name) {
                continue;
            }
            let shown = record.disclosure(name).unwrap();
            assert_eq!(hex::encode(&shown.salt), field["salt"].as_str().unwrap());
            let bytes = shown.encode().unwrap();
            assert_eq!(hex::encode(&bytes), field["disclosure"].as_str().unwrap());
        }
    }

    const NAMES: [&str; 3] = ["witness.name", "place.detail", "case"];

    #[test]
    fn the_golden_fields_have_the_golden_salts_disclosures_and_digests() {
        let vectors = vectors();
        let record = golden(&vectors);
        assert_golden(&record, &vectors, &NAMES);
        let digests: Vec<String> = record
            .digests()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        let sorted: Vec<&str> = vectors["sorted_digests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|digest| digest.as_str().unwrap())
            .collect();
        assert_eq!(digests, sorted);
    }

    #[test]
    fn erasing_one_field_takes_the_secret_and_leaves_the_others_showable() {
        let vectors = vectors();
        let mut vault = Vault::default();
        vault.insert(ID, golden(&vectors));
        let names = ["place.detail".to_owned()];
        assert_eq!(vault.erase(&ID, &names, 5).unwrap(), names);
        let text = vault.encode().unwrap();
        for gone in [
            vectors["record_secret"].as_str().unwrap(),
            vectors["fields"][1]["salt"].as_str().unwrap(),
            "north yard",
        ] {
            assert!(!text.contains(gone), "{gone}");
        }
        let mut again = Vault::parse(text.as_bytes()).unwrap();
        assert_golden(
            again.record(&ID).unwrap(),
            &vectors,
            &["witness.name", "case"],
        );
        let error = VaultError::Erased("place.detail".to_owned());
        assert_eq!(
            again.record(&ID).unwrap().disclosure("place.detail"),
            Err(error.clone())
        );
        assert_eq!(again.erase(&ID, &names, 6), Err(error));
        assert_eq!(again.erase(&ID, &[], 7).unwrap().len(), 2);
        assert_eq!(again.record(&ID).unwrap().erased()[0].at_ms, 5);
        assert!(again.record(&ID).unwrap().fields().is_empty());
    }

    #[test]
    fn nothing_is_erased_when_one_of_the_names_is_wrong() {
        let mut vault = Vault::default();
        vault.insert(ID, golden(&vectors()));
        let names = ["case", "casse"].map(str::to_owned);
        assert!(matches!(
            vault.erase(&ID, &names, 1),
            Err(VaultError::NoField { .. })
        ));
        assert_eq!(vault.record(&ID).unwrap().fields().len(), 3);
        let other = RecordId::new(Hash::new([8; 32]));
        assert_eq!(
            vault.erase(&other, &[], 1),
            Err(VaultError::NoRecord(other))
        );
    }

    #[test]
    fn a_vault_belongs_to_the_first_organisation_that_signs_with_it() {
        let [one, two] = ["field-team", "other-team"].map(|name| OrgName::parse(name).unwrap());
        let mut vault = Vault::default();
        vault.belong_to(&one).unwrap();
        vault.belong_to(&one).unwrap();
        assert_eq!(
            vault.belong_to(&two),
            Err(VaultError::OtherOrganisation(one))
        );
    }

    #[test]
    fn no_value_and_no_secret_is_in_what_debugging_shows() {
        let mut vault = Vault::default();
        vault.insert(ID, golden(&vectors()));
        let shown = format!("{vault:?}");
        assert!(shown.contains("witness.name"));
        assert!(
            !shown.contains("north yard") && !shown.contains("2026-17"),
            "{shown}"
        );
    }
}
