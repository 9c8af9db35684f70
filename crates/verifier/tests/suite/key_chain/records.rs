//! Who may sign a record, and what becomes of a key.

use super::*;

#[test]
fn a_record_is_signed_by_keys_that_may() {
    use KeyChainError::RoleNotAllowed;
    let table: [(&[u8], Option<KeyChainError>); 8] = [
        (&[DEVICE], None),
        (&[OFFICER, DEVICE], None),
        (&[], Some(KeyChainError::Signers(SignersError::NoSignature))),
        (&[OFFICER], Some(RoleNotAllowed)),
        (
            &[DEVICE, DEVICE],
            Some(KeyChainError::Signers(SignersError::DuplicateSigner(id(
                DEVICE,
            )))),
        ),
        (
            &[DEVICE, STRANGER],
            Some(KeyChainError::Signers(SignersError::UnknownKey(id(
                STRANGER,
            )))),
        ),
        (
            &[11],
            Some(KeyChainError::Signers(SignersError::UnknownKey(id(11)))),
        ),
        (
            &[DEVICE, OFFICER, 3, 4, 5, 6, 7, 8, 9],
            Some(KeyChainError::Signers(SignersError::TooManySignatures)),
        ),
    ];
    for (seeds, error) in table {
        assert_eq!(check_record(&team(), seeds).err(), error, "{seeds:?}");
    }
    let verdict = check_record(&KeyChain::new(org()), &[DEVICE]);
    assert_eq!(verdict, Err(KeyChainError::UnknownOrganisation));
}

#[test]
fn revocation_looks_forward_only() {
    let mut chain = team();
    let before = chain.clone();
    let logged = record_entry(&chain);
    apply(&mut chain, revoke(DEVICE), &[11, 12]);
    let revoked = Err(KeyChainError::RevokedKey(id(DEVICE)));
    assert_eq!(check_record(&chain, &[DEVICE]), revoked);
    assert_eq!(chain.check_signers(&logged.signatures), revoked);
    // A live key beside it does not help: no dead signature goes into an entry.
    assert_eq!(check_record(&chain, &[DEVICE, OFFICER]), revoked);
    // What was logged before stays valid by the chain it carries.
    assert_eq!(before.check_record_entry(&logged), Ok(()));
    assert_eq!(
        chain.check_record_entry(&logged),
        Err(KeyChainError::HeadMismatch)
    );
}

#[test]
fn a_chain_with_its_signers_alone_judges_their_records_as_the_whole_one() {
    let mut chain = team();
    apply(&mut chain, add(31, KeyRole::Record), &[11, 12, 31]);
    apply(&mut chain, revoke(31), &[11, 12]);
    for signers in [
        &[DEVICE][..],
        &[OFFICER],
        &[DEVICE, OFFICER],
        &[31],
        &[DEVICE, STRANGER],
        &[],
    ] {
        let small = chain.only(&signers.iter().map(|seed| id(*seed)).collect());
        assert_eq!(check_record(&small, signers), check_record(&chain, signers));
        assert_eq!((small.seq(), small.head()), (chain.seq(), chain.head()));
        assert!(small.keys().count() <= signers.len());
        // The roots are not there, so nothing can be added to it.
        let event = next(&small, add(32, KeyRole::Record));
        assert!(check(&small, &event, &[11, 12, 32]).is_err());
        assert!(check(&small, &event, &[32]).is_err());
    }
}

#[test]
fn a_record_is_logged_with_the_chain_that_admitted_it() {
    let chain = team();
    let good = record_entry(&chain);
    assert_eq!(chain.check_record_entry(&good), Ok(()));
    let head = KeyChainError::HeadMismatch;
    let other = Some(OrgName::parse("others").unwrap());
    let table = [
        (
            Entry {
                org_key_seq: 2,
                ..good.clone()
            },
            head.clone(),
        ),
        (
            Entry {
                org_key_head: Hash::new([0; 32]),
                ..good.clone()
            },
            head.clone(),
        ),
        (
            Entry {
                org: other.clone(),
                ..good.clone()
            },
            KeyChainError::OrgMismatch,
        ),
        // The kind is asked first.
        (
            Entry {
                kind: EntryKind::Tombstone,
                org: other,
                ..good.clone()
            },
            KeyChainError::WrongKind,
        ),
        (
            Entry {
                payload: b"other".to_vec(),
                ..good
            },
            KeyChainError::Signers(SignersError::BadSignature(id(DEVICE))),
        ),
    ];
    for (entry, error) in table {
        assert_eq!(chain.check_record_entry(&entry), Err(error));
    }
}

#[test]
fn a_chain_tells_when_each_key_came_and_went() {
    let mut chain = team();
    for seed in 31..=34 {
        let action = KeyAction::Add {
            key: public(seed),
            role: KeyRole::Countersign,
            label: Some(format!("spare {seed}")),
        };
        apply(&mut chain, action, &[11, 12, seed]);
    }
    apply(&mut chain, revoke(33), &[11, 12]);
    let keys = chain.keys().map(|key| (key.key.key_id(), key.added_seq));
    let seeds = [DEVICE, OFFICER, 31, 32, 33, 34];
    assert!(keys.eq(seeds.map(id).into_iter().zip(2..)));
    let spare = chain.key(&id(33)).unwrap();
    assert_eq!(spare.label.as_deref(), Some("spare 33"));
    assert_eq!(spare.role, KeyRole::Countersign);
    let revocation = spare.revoked.unwrap();
    assert_eq!((revocation.seq, revocation.suspected_since), (8, Some(4)));
    assert_eq!(revocation.reason, RevokeReason::Compromised);
}
