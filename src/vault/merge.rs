//! One vault taken into another: records are added whole, and what the two hold differently is refused.

use witnessmark_verifier::RecordId;

use super::{HeldRecord, Vault, VaultError};

/// What a merge did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// Records that the vault did not hold.
    pub(crate) added: Vec<RecordId>,
    /// Records that it held already, exactly so.
    pub(crate) same: Vec<RecordId>,
}

impl Vault {
    /// Takes in all records of another vault of the same organisation. Nothing is taken in while there is a conflict.
    ///
    /// # Errors
    ///
    /// Everything that stands against it: another organisation, and each record that both hold and hold differently, such as
    /// one of which a field was erased in one of them.
    pub(crate) fn merge(&mut self, from: &Self) -> Result<Merged, Vec<VaultError>> {
        let mut errors = Vec::new();
        if let (Some(own), Some(other)) = (&self.org, &from.org)
            && own != other
        {
            errors.push(VaultError::OtherOrganisation(other.clone()));
        }
        let mut merged = Merged::default();
        for (id, held) in &from.records {
            match self.records.get(id) {
                None => merged.added.push(*id),
                Some(own) if own.is_same(held) => merged.same.push(*id),
                Some(own) => errors.push(VaultError::Conflict {
                    id: *id,
                    why: own.difference(held),
                }),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        if self.org.is_none() {
            self.org.clone_from(&from.org);
        }
        for id in &merged.added {
            if let Some(held) = from.records.get(id) {
                self.records.insert(*id, held.clone());
            }
        }
        Ok(merged)
    }

    /// Takes out the records that were merged into another vault. What opened them is overwritten in memory.
    pub(crate) fn give_away(&mut self, merged: &Merged) {
        for id in merged.added.iter().chain(&merged.same) {
            self.records.remove(id);
        }
    }
}

impl HeldRecord {
    fn is_same(&self, other: &Self) -> bool {
        self.secret == other.secret
            && self.fields == other.fields
            && self.erased_names() == other.erased_names()
    }

    fn erased_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .erased
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        names.sort_unstable();
        names
    }

    /// How two parts of one record differ, without any value.
    fn difference(&self, other: &Self) -> &'static str {
        if self.erased_names() == other.erased_names() {
            "the two hold other fields or values of it"
        } else {
            "a field of it was erased in one of them, and not in the other: erase it there too"
        }
    }
}

#[cfg(test)]
mod tests {
    use witnessmark_record::DisclosedValue;
    use witnessmark_verifier::{Hash, OrgName};
    use zeroize::Zeroizing;

    use super::*;

    fn id(number: u8) -> RecordId {
        RecordId::new(Hash::new([number; 32]))
    }

    fn vault(org: &str, records: &[(u8, &str)]) -> Vault {
        let mut vault = Vault::default();
        vault.belong_to(&OrgName::parse(org).unwrap()).unwrap();
        for (number, value) in records {
            let fields =
                ["a", "b"].map(|name| (name.to_owned(), DisclosedValue::Text((*value).to_owned())));
            let secret = Zeroizing::new([*number; 32]);
            vault.insert(
                id(*number),
                HeldRecord::new(secret, fields.to_vec()).unwrap(),
            );
        }
        vault
    }

    #[test]
    fn records_are_added_and_those_already_there_are_left() {
        let mut into = vault("team", &[(1, "x")]);
        let mut from = vault("team", &[(1, "x"), (2, "y")]);
        let merged = into.merge(&from).unwrap();
        assert_eq!(
            (merged.added.as_slice(), merged.same.as_slice()),
            ([id(2)].as_slice(), [id(1)].as_slice())
        );
        assert_eq!(into.records().count(), 2);
        from.give_away(&merged);
        assert_eq!(from.records().count(), 0);
        // A second time there is nothing to do; a vault that is nobody's becomes the organisation's.
        assert_eq!(into.merge(&from).unwrap(), Merged::default());
        let mut fresh = Vault::default();
        fresh.merge(&into).unwrap();
        assert_eq!(fresh.org(), into.org());
    }

    #[test]
    fn every_conflict_is_told_and_nothing_is_taken_in() {
        let mut into = vault("team", &[(1, "x"), (2, "y")]);
        let mut from = vault("team", &[(1, "z"), (2, "y"), (3, "w")]);
        from.erase(&id(2), &["a".to_owned()], 5).unwrap();
        let errors = into.merge(&from).unwrap_err();
        let words: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), 2);
        assert!(
            words[0].contains("other fields or values") && words[1].contains("was erased"),
            "{words:?}"
        );
        assert_eq!(into.records().count(), 2);
        // Erased in both, at other times: the same.
        into.erase(&id(2), &["a".to_owned()], 9).unwrap();
        assert_eq!(into.merge(&from).unwrap_err().len(), 1);
        let other = vault("others", &[(4, "v")]);
        assert!(matches!(
            into.merge(&other).unwrap_err()[..],
            [VaultError::OtherOrganisation(_)]
        ));
    }
}
