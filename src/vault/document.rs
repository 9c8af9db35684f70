//! The document inside a vault file: JSON, so that an organisation can read it with `age` alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use witnessmark_record::{DisclosedValue, Disclosure, field_salt};
use witnessmark_verifier::{Hash, OrgName, RecordId, hex};
use zeroize::Zeroizing;

use super::{ErasedField, HeldRecord, Vault, VaultError};

/// The first member of every vault of this version.
const FORMAT: &str = "witnessmark-vault/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    org: Option<String>,
    records: Vec<RecordText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordText {
    record_id: String,
    /// In hex; null once a field was erased, and the salts then stand with the fields.
    secret: Option<Zeroizing<String>>,
    fields: Vec<FieldText>,
    erased: Vec<ErasedText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldText {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<Zeroizing<String>>,
    value: ValueText,
}

/// The type is the name of the one member.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValueText {
    Bytes(String),
    Text(String),
    Integer(i64),
    TimeMs(i64),
    Bool(bool),
    Json(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErasedText {
    name: String,
    at_ms: u64,
    /// In hex. The salt is gone, so it tells nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

impl Vault {
    /// Reads the document of a vault.
    ///
    /// # Errors
    ///
    /// When it is not one of this version. The message repeats nothing of it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        let document: Document = serde_json::from_slice(bytes).map_err(|error| {
            // What serde says may quote the document.
            malformed(&format!("line {}, column {}", error.line(), error.column()))
        })?;
        if document.format != FORMAT {
            return Err(malformed("its format is another one"));
        }
        let org = document.org.as_deref().map(OrgName::parse).transpose();
        let org = org.map_err(|_| malformed("its organisation has no proper name"))?;
        let mut records = BTreeMap::new();
        for record in document.records {
            let id = RecordId::parse_hex(&record.record_id)
                .map_err(|_| malformed("a record id is not 64 hex digits"))?;
            if records.insert(id, record.read()?).is_some() {
                return Err(malformed("a record is there twice"));
            }
        }
        Ok(Self { org, records })
    }

    /// The document of this vault, in clear.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn encode(&self) -> Result<Zeroizing<String>, VaultError> {
        let records = self.records.iter();
        let document = Document {
            format: FORMAT.to_owned(),
            org: self.org.as_ref().map(|org| org.as_str().to_owned()),
            records: records.map(|(id, held)| RecordText::of(id, held)).collect(),
        };
        serde_json::to_string(&document)
            .map(Zeroizing::new)
            .map_err(|_| malformed("it cannot be written"))
    }
}

fn malformed(what: &str) -> VaultError {
    VaultError::Malformed(what.to_owned())
}

impl RecordText {
    fn of(id: &RecordId, held: &HeldRecord) -> Self {
        let secret = held.secret.as_ref();
        let fields = held.fields.iter().map(|field| FieldText {
            name: field.name.clone(),
            salt: secret
                .is_none()
                .then(|| Zeroizing::new(hex::encode(&field.salt))),
            value: ValueText::of(&field.value),
        });
        let erased = held.erased.iter().map(|field| ErasedText {
            name: field.name.clone(),
            at_ms: field.at_ms,
            digest: field.digest.map(|digest| digest.to_string()),
        });
        Self {
            record_id: id.to_string(),
            secret: secret.map(|secret| Zeroizing::new(hex::encode(secret.as_slice()))),
            fields: fields.collect(),
            erased: erased.collect(),
        }
    }

    fn read(self) -> Result<HeldRecord, VaultError> {
        let digits = |text: &Zeroizing<String>| {
            hex::decode_32(text)
                .map(Zeroizing::new)
                .map_err(|_| malformed("a secret or a salt is not 64 hex digits"))
        };
        let secret = self.secret.as_ref().map(digits).transpose()?;
        let mut fields = Vec::with_capacity(self.fields.len());
        for field in self.fields {
            let salt = match (&secret, &field.salt) {
                (Some(secret), None) => field_salt(secret, &field.name)?,
                (None, Some(salt)) => *digits(salt)?,
                (Some(_), Some(_)) | (None, None) => {
                    return Err(malformed(
                        "a record needs its secret, or each field its salt",
                    ));
                }
            };
            fields.push(Disclosure {
                salt,
                name: field.name,
                value: field.value.read()?,
            });
        }
        let erased = self.erased.into_iter().map(ErasedText::read);
        Ok(HeldRecord {
            secret,
            fields,
            erased: erased.collect::<Result<_, _>>()?,
        })
    }
}

impl ErasedText {
    fn read(self) -> Result<ErasedField, VaultError> {
        let digest = self.digest.as_deref().map(hex::decode_32).transpose();
        let digest = digest.map_err(|_| malformed("a digest is not 64 hex digits"))?;
        Ok(ErasedField {
            name: self.name,
            at_ms: self.at_ms,
            digest: digest.map(Hash::new),
        })
    }
}

impl ValueText {
    fn of(value: &DisclosedValue) -> Self {
        match value {
            DisclosedValue::Bytes(bytes) => Self::Bytes(hex::encode(bytes)),
            DisclosedValue::Text(text) => Self::Text(text.clone()),
            DisclosedValue::Integer(number) => Self::Integer(*number),
            DisclosedValue::Time(ms) => Self::TimeMs(*ms),
            DisclosedValue::Bool(truth) => Self::Bool(*truth),
            DisclosedValue::Json(text) => Self::Json(text.clone()),
        }
    }

    fn read(self) -> Result<DisclosedValue, VaultError> {
        Ok(match self {
            Self::Bytes(text) => DisclosedValue::Bytes(
                hex::decode(&text).map_err(|_| malformed("a value of bytes is not hex"))?,
            ),
            Self::Text(text) => DisclosedValue::Text(text),
            Self::Integer(number) => DisclosedValue::Integer(number),
            Self::TimeMs(ms) => DisclosedValue::Time(ms),
            Self::Bool(truth) => DisclosedValue::Bool(truth),
            Self::Json(text) => DisclosedValue::Json(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_value_comes_back_as_it_was_put_in() {
        let values = [
            DisclosedValue::Bytes(vec![0, 255]),
            DisclosedValue::Text("A. B.\n\u{202e}\"".to_owned()),
            DisclosedValue::Integer(-5),
            DisclosedValue::Time(1_700_000_000_000),
            DisclosedValue::Bool(false),
            DisclosedValue::Json("{\"a\":1}".to_owned()),
        ];
        let names = ('a'..).map(String::from);
        let fields: Vec<_> = names.zip(values).collect();
        let id = RecordId::new(Hash::new([1; 32]));
        let mut vault = Vault::default();
        vault.insert(
            id,
            HeldRecord::new(Zeroizing::new([3; 32]), fields).unwrap(),
        );
        let again = Vault::parse(vault.encode().unwrap().as_bytes()).unwrap();
        let [one, two] = [&vault, &again].map(|vault| vault.record(&id).unwrap());
        assert_eq!(one.fields(), two.fields());
        assert_eq!(one.secret, two.secret);
    }

    #[test]
    fn a_document_of_another_form_is_refused_without_repeating_it() {
        for text in [
            "",
            "{\"format\":\"witnessmark-vault/2\",\"org\":null,\"records\":[]}",
            "{\"format\":\"witnessmark-vault/1\",\"org\":\"Planted\",\"records\":[]}",
            "{\"format\":\"witnessmark-vault/1\",\"org\":null,\"records\":[],\"planted\":1}",
            "{\"format\":\"witnessmark-vault/1\",\"org\":null,\"records\":\"planted\"}",
            "{\"format\":\"witnessmark-vault/1\",\"org\":null,\"records\":[{\"record_id\":\"planted\",\
             \"secret\":null,\"fields\":[],\"erased\":[]}]}",
        ] {
            let error = Vault::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(!error.to_lowercase().contains("planted"), "{error}");
        }
    }
}
