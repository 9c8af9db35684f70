//! Which relations of a link say something of what its target says, and which only say how two things hang together.

/// The relations that say how what two records are about hangs together, and nothing of the other record itself.
///
/// A bundle follows every other relation over any number of steps: a withdrawal of an attestation bears on what was attested, but
/// what was found in the same shipment as something that was attested does not.
pub const STRUCTURAL_RELATIONS: [&str; 9] = [
    "part_of",
    "has_part",
    "recovered_from",
    "found_in_shipment",
    "same_item_as",
    "same_event_as",
    "same_type_as",
    "derived_from",
    "traces",
];

/// Whether a link with this relation, a word such as `withdraws`, speaks of the record that it points to.
///
/// # Examples
///
/// ```
/// assert!(witnessmark_record::speaks_of("withdraws"));
/// assert!(!witnessmark_record::speaks_of("part_of"));
/// ```
pub fn speaks_of(relation: &str) -> bool {
    !STRUCTURAL_RELATIONS.contains(&relation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::LinkRel;

    #[test]
    fn every_relation_was_thought_about() {
        let words = (1..).map_while(|number| LinkRel::try_from(number).ok());
        let words = words.map(|rel| rel.as_str_name().replace("LINK_REL_", "").to_lowercase());
        let (speaking, structural): (Vec<String>, Vec<String>) =
            words.partition(|word| speaks_of(word));
        assert_eq!(structural.len(), STRUCTURAL_RELATIONS.len());
        assert_eq!(
            speaking,
            [
                "custody_of",
                "about",
                "contradicts",
                "updates",
                "responds_to",
                "corrects",
                "withdraws",
                "supersedes",
                "corroborates"
            ]
        );
    }
}
