//! What a person reads: an error says what it holds, each part in its place, and names are shown as they are.

use witnessmark_verifier::{
    CharterError, CheckpointError, Hash, KeyChainError, KeyId, OrgName, Origin, SignersError,
    TextError,
};

#[test]
fn an_error_says_what_it_holds() {
    let (have, need) = (1, 2);
    let (quorum, missing) = ("witness a".to_owned(), "b, c".to_owned());
    let key_id = KeyId::new(Hash::new([7; 32]));
    let seven = "07".repeat(32);
    let table = [
        (
            KeyChainError::Threshold { have, need }.to_string(),
            "1 roots signed, and 2 must".to_owned(),
        ),
        (
            KeyChainError::RegistrarThreshold { have, need }.to_string(),
            "1 registrars signed, and 2 must".to_owned(),
        ),
        (
            KeyChainError::WrongSeq { have: 3, found: 5 }.to_string(),
            "key event 5 does not follow the last one, which is 3".to_owned(),
        ),
        (
            KeyChainError::RevokedKey(key_id).to_string(),
            format!("key {seven} is revoked"),
        ),
        (
            KeyChainError::from(SignersError::DuplicateSigner(key_id)).to_string(),
            format!("key {seven} signs twice"),
        ),
        (
            CharterError::Threshold { have, need }.to_string(),
            "1 registrars signed the charter, which demands 2".to_owned(),
        ),
        (
            CharterError::from(TextError::Line(7)).to_string(),
            "the charter is malformed: line 7 is not what the format has there".to_owned(),
        ),
        (
            CheckpointError::QuorumNotMet { quorum, missing }.to_string(),
            "the policy asks for witness a; not cosigned by b, c".to_owned(),
        ),
    ];
    for (shown, words) in table {
        assert_eq!(shown, words);
    }
}

#[test]
fn a_name_is_shown_as_it_is_and_its_rule_is_told() {
    assert_eq!(OrgName::parse("a.b-c").unwrap().to_string(), "a.b-c");
    assert_eq!(Origin::parse("log/1").unwrap().to_string(), "log/1");
    let words =
        "an organisation's name is 1 to 63 of a-z, 0-9, '.' and '-', a letter or digit first";
    assert_eq!(OrgName::parse("").unwrap_err().to_string(), words);
    let words = "a log or key name has 1 to 255 bytes";
    assert_eq!(Origin::parse("").unwrap_err().to_string(), words);
}
