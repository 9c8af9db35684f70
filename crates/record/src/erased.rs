//! What an erasure and a disclosure say of the fields and files of another record.

use witnessmark_verifier::{RecordId, hex};

use crate::v1::record::Body;
use crate::{Record, escape, v1};

/// One thing of a record that an erasure names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// What it is; unspecified when the erasure does not say.
    pub kind: v1::ErasureKind,
    /// The digest of the protected field, or the SHA-256 of the file.
    pub digest: [u8; 32],
    /// When it was erased, as the erasure has it (EDTF); empty when it does not say.
    pub date: String,
    /// By what authority, as the erasure has it; empty when it does not say.
    pub authority: String,
    /// What remains, as the erasure has it; empty when it does not say.
    pub remains: String,
}

/// Protected fields of a record that a disclosure names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Their digests.
    pub digests: Vec<[u8; 32]>,
    /// To whom they were opened: the name, or the office; empty when the disclosure names nobody.
    pub to: String,
    /// When, as the disclosure has it (EDTF); empty when it does not say.
    pub when: String,
    /// By what authority, as the disclosure has it; empty when it does not say.
    pub authority: String,
}

/// What `record` says was erased of the record `of`: nothing, unless it is an erasure. Whether it has any effect is not judged
/// here: only the organisation that signed a record can say so.
pub fn erased(record: &Record, of: &RecordId) -> Vec<Erased> {
    let Some(Body::Erasure(erasure)) = &record.message().body else {
        return Vec::new();
    };
    let named = erasure
        .targets
        .iter()
        .filter(|it| it.record == of.as_bytes());
    named
        .filter_map(|target| {
            Some(Erased {
                kind: target.kind(),
                digest: digest(&target.digest)?,
                date: erasure.date.clone(),
                authority: erasure.authority.clone(),
                remains: erasure.remains.clone(),
            })
        })
        .collect()
}

/// What `record` says was opened of the record `of`: nothing, unless it is a disclosure.
pub fn opened(record: &Record, of: &RecordId) -> Vec<Opened> {
    let Some(Body::Disclosure(disclosure)) = &record.message().body else {
        return Vec::new();
    };
    let to = disclosure.to.as_ref().map_or("", |to| {
        let names = [&to.name_as_written, &to.transliteration, &to.office];
        names
            .into_iter()
            .find(|it| !it.is_empty())
            .map_or("", String::as_str)
    });
    let named = disclosure
        .fields
        .iter()
        .filter(|it| it.record == of.as_bytes());
    named
        .map(|fields| Opened {
            digests: fields.digests.iter().filter_map(|it| digest(it)).collect(),
            to: to.to_owned(),
            when: disclosure.when.clone(),
            authority: disclosure.authority.clone(),
        })
        .collect()
}

/// The lines of a record, as [`render()`](crate::render()) gives them, in which what was erased is said to be.
pub fn render_erased(record: &v1::Record, erased: &[Erased]) -> Vec<(String, String)> {
    let mut lines = crate::render(record);
    for (label, value) in &mut lines {
        let found = erased.iter().find_map(|one| one.in_line(label, value));
        if let Some(words) = found {
            *value = words;
        }
    }
    lines
}

impl Erased {
    /// When and by what authority, in words that are safe to show: `erased on 2026-03-01 by authority of ...`.
    pub fn words(&self) -> String {
        let on = match self.date.as_str() {
            "" => "at a time that is not stated".to_owned(),
            date => format!("on {}", escape(date)),
        };
        match self.authority.as_str() {
            "" => format!("erased {on}, by an authority that is not stated"),
            authority => format!("erased {on} by authority of {}", escape(authority)),
        }
    }

    /// What the line says instead, when it is the line of this field or file.
    fn in_line(&self, label: &str, value: &str) -> Option<String> {
        let digest = hex::encode(&self.digest);
        match self.kind {
            v1::ErasureKind::ProtectedField => (value == format!("withheld (commitment {digest})"))
                .then(|| format!("{} (commitment {digest})", self.words())),
            v1::ErasureKind::Attachment => (value == digest && label.ends_with("sha256"))
                .then(|| format!("{digest}; the file was {}", self.words())),
            v1::ErasureKind::Unspecified => None,
        }
    }
}

fn digest(bytes: &[u8]) -> Option<[u8; 32]> {
    <[u8; 32]>::try_from(bytes).ok()
}

#[cfg(test)]
mod tests {
    use witnessmark_verifier::Hash;

    use super::*;

    const ONE: RecordId = RecordId::new(Hash::new([1; 32]));
    const TWO: RecordId = RecordId::new(Hash::new([2; 32]));

    fn decoded(schema: &str, body: Body) -> Record {
        let message = v1::Record {
            schema: schema.to_owned(),
            body: Some(body),
            ..v1::Record::default()
        };
        Record::decode(&crate::encode(&message)).unwrap()
    }

    fn erasure() -> Record {
        let target = |kind: v1::ErasureKind, digest: u8, record: RecordId| v1::ErasureTarget {
            kind: kind.into(),
            digest: vec![digest; 32],
            record: record.as_bytes().to_vec(),
        };
        let erasure = v1::Erasure {
            targets: vec![
                target(v1::ErasureKind::ProtectedField, 7, ONE),
                target(v1::ErasureKind::ProtectedField, 8, TWO),
                target(v1::ErasureKind::Attachment, 9, ONE),
            ],
            authority: "Order\u{202e}7".to_owned(),
            date: "2026-03-01".to_owned(),
            remains: "the digest".to_owned(),
        };
        decoded("erasure/1", Body::Erasure(erasure))
    }

    #[test]
    fn an_erasure_speaks_of_each_record_apart() {
        let digests = |of: &RecordId| -> Vec<u8> {
            erased(&erasure(), of)
                .iter()
                .map(|it| it.digest[0])
                .collect()
        };
        assert_eq!(digests(&ONE), [7, 9]);
        assert_eq!(digests(&TWO), [8]);
        assert_eq!(opened(&erasure(), &ONE), []);
    }

    #[test]
    fn the_lines_of_what_was_erased_say_so_and_no_others() {
        let record = v1::Record {
            protected: vec![vec![7; 32], vec![8; 32]],
            attachments: vec![v1::Attachment {
                sha256: vec![9; 32],
                ..v1::Attachment::default()
            }],
            ..v1::Record::default()
        };
        let lines = render_erased(&record, &erased(&erasure(), &ONE));
        let values: Vec<&str> = lines.iter().map(|(_, value)| value.as_str()).collect();
        let words = "erased on 2026-03-01 by authority of Order\\u{202e}7";
        assert_eq!(
            values[0],
            format!("{words} (commitment {})", "07".repeat(32))
        );
        assert_eq!(
            values[1],
            format!("withheld (commitment {})", "08".repeat(32))
        );
        assert_eq!(
            values[2],
            format!("{}; the file was {words}", "09".repeat(32))
        );
    }

    #[test]
    fn a_disclosure_names_whom_and_which_fields() {
        let disclosure = v1::Disclosure {
            to: Some(v1::Party {
                office: "Registrar".to_owned(),
                ..v1::Party::default()
            }),
            fields: vec![v1::OpenedFields {
                record: ONE.as_bytes().to_vec(),
                digests: vec![vec![7; 32], vec![8; 31]],
            }],
            when: "2026".to_owned(),
            ..v1::Disclosure::default()
        };
        let record = decoded("disclosure/1", Body::Disclosure(disclosure));
        let found = opened(&record, &ONE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].digests, [[7; 32]]);
        assert_eq!(found[0].to, "Registrar");
        assert_eq!(opened(&record, &TWO), []);
        assert_eq!(erased(&record, &ONE), []);
    }
}
