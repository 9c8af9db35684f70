//! Parties: what they are, and that no private person is named in clear.

use crate::descriptor::join;
use crate::{Problem, codes, v1};

pub(super) fn check(party: &v1::Party, path: &str, problems: &mut Vec<Problem>) {
    if party.r#type() == v1::PartyType::Unspecified {
        let fix = "Say what it is: person, organisation, state_body, conveyance, store or unknown";
        problems.push(codes::PARTY_TYPE.at(join(path, "type"), "", fix));
    }
    let named = !party.name_as_written.is_empty() || !party.transliteration.is_empty();
    let known = !party.office.is_empty() || !party.address.is_empty();
    if !named && !known && party.identifiers.is_empty() {
        let fix = "Give name_as_written, office, address or identifiers";
        problems.push(codes::PARTY_TYPE.at(path, "", fix));
    }
    let person = party.r#type() == v1::PartyType::Person;
    let public = party.public_official || party.publicly_listed;
    if person && named && !public {
        // The name is left out of the problem, which may be shown and kept where the record is not.
        let fix = "Put the name into a protected field, or set public_official or publicly_listed if that is so";
        problems.push(codes::PERSON_CLEAR.at(path, "(a name)", fix));
    }
}
