//! Every call answers with something that the client can verify.

use witnessmark_bundle::{NoFiles, VerdictWord, verify_bundle};
use witnessmark_client::{EntrySelector, SignedPayload};
use witnessmark_record::v1;
use witnessmark_verifier::{EntryKind, LeafHash, LeafIndex, TreeSize};

use super::ledger::{
    ORG, SIZE, TestLedger, countersigner, device, good_record, key_id, record, signed_record,
    stranger,
};

#[tokio::test]
async fn a_record_is_logged_with_its_proof_and_found_again() {
    let ledger = TestLedger::start().await;
    let sent = signed_record(&record(1), &[&device(), &countersigner()]);
    let logged = ledger.client.submit_record(sent.clone()).await.unwrap();
    assert_eq!(logged.index.get(), SIZE);
    assert_eq!(logged.entry.kind, EntryKind::Record);
    assert_eq!(logged.entry.payload, sent.payload);
    assert_eq!(logged.entry.signatures, sent.signatures);
    assert!(!logged.already_logged);
    assert!(
        logged
            .warnings
            .iter()
            .any(|warning| warning.code == "W-CLOCK")
    );

    let by_id = EntrySelector::RecordId(logged.record_id());
    for selector in [EntrySelector::Index(logged.index), by_id] {
        let found = ledger.client.entry(selector).await.unwrap();
        assert_eq!(found.bytes, logged.bytes);
        assert_eq!(found.index, logged.index);
    }
}

#[tokio::test]
async fn a_record_that_is_submitted_again_is_answered_with_the_entry_it_has() {
    let ledger = TestLedger::start().await;
    let first = ledger.log(1).await;
    ledger.log(2).await;
    // The answer needs no signature: it tells nothing that is not public, and says nothing of the signature that came.
    let none = |record: &mut SignedPayload| record.signatures.clear();
    let bad = |record: &mut SignedPayload| record.signatures[0].signature[40] ^= 1;
    let nobody = |record: &mut SignedPayload| record.signatures[0].key_id = key_id(&stranger());
    for change in [none, bad, nobody] {
        let mut again = good_record(1);
        change(&mut again);
        let second = ledger.client.submit_record(again).await.unwrap();
        assert!(second.already_logged);
        assert_eq!((second.index, &second.bytes), (first.index, &first.bytes));
        assert_eq!(second.entry.signatures, good_record(1).signatures);
    }
    assert_eq!(
        ledger.client.checkpoint().await.unwrap().head().size.get(),
        SIZE + 2
    );

    let events = super::ledger::key_events(&super::ledger::registrar(
        &ledger.folder.path().join("ledger"),
    ));
    let event = ledger
        .client
        .submit_key_event(events[0].clone())
        .await
        .unwrap();
    assert!(event.already_logged);
    assert_eq!(event.index.get(), 1);
}

#[tokio::test]
async fn entries_are_listed_in_verified_pages() {
    let ledger = TestLedger::start().await;
    let many = (0..300).map(good_record);
    let mut answers = ledger.client.submit_many(many).await.unwrap();
    while let Some(answer) = answers.next().await.unwrap() {
        answer.result.unwrap();
    }
    let size = SIZE + 300;
    for (start, end) in [
        (0, None),
        (0, Some(1)),
        (5, Some(9)),
        (257, Some(size)),
        (size - 1, None),
    ] {
        let end_size = end.map(TreeSize::new);
        let mut pages = ledger
            .client
            .entries(LeafIndex::new(start), end_size)
            .await
            .unwrap();
        let mut next = start;
        while let Some(page) = pages.next().await.unwrap() {
            assert_eq!(page.start.get(), next);
            next += u64::try_from(page.entries.len()).unwrap();
        }
        assert_eq!(next, end.unwrap_or(size));
    }
    let mut pages = ledger
        .client
        .entries(LeafIndex::new(0), None)
        .await
        .unwrap();
    let first = pages.next().await.unwrap().unwrap();
    assert!(first.entries.len() <= 256);
    let one = ledger
        .client
        .entry(EntrySelector::Index(LeafIndex::new(7)))
        .await
        .unwrap();
    assert_eq!(first.entries[7], one.bytes);
}

#[tokio::test]
async fn proofs_hold_at_every_size() {
    let ledger = TestLedger::start().await;
    let mut heads = vec![*ledger.client.checkpoint().await.unwrap().head()];
    for number in 0..9 {
        let logged = ledger.log(number).await;
        heads.push(*logged.checkpoint.head());
    }
    for (place, old) in heads.iter().enumerate() {
        for new in &heads[place..] {
            ledger.client.consistency_proof(old, new).await.unwrap();
        }
        for index in 0..old.size.get() {
            let selector = EntrySelector::Index(LeafIndex::new(index));
            let leaf = ledger
                .client
                .inclusion_proof(selector, Some(old.size))
                .await
                .unwrap();
            assert_eq!(leaf.head, *old);
        }
    }
    let logged = ledger.log(9).await;
    let selector = EntrySelector::RecordId(logged.record_id());
    let leaf = ledger.client.inclusion_proof(selector, None).await.unwrap();
    assert_eq!(leaf.leaf, LeafHash::of(&logged.bytes));
    assert_eq!(leaf.head, *leaf.checkpoint.head());
}

#[tokio::test]
async fn a_bundle_is_verified_and_holds_what_links_to_the_record() {
    let ledger = TestLedger::start().await;
    let logged = ledger.log(1).await;
    ledger.log(2).await;
    let mut contradiction = record(3);
    contradiction.links = vec![v1::Link {
        rel: v1::LinkRel::Contradicts.into(),
        target: logged.record_id().as_bytes().to_vec(),
        ..v1::Link::default()
    }];
    let contradiction = signed_record(&contradiction, &[&device()]);
    let contradiction = ledger.client.submit_record(contradiction).await.unwrap();

    let policy = std::fs::read(ledger.folder.path().join("ledger/trust.policy")).unwrap();
    let bundle = ledger
        .client
        .bundle(logged.record_id())
        .await
        .unwrap()
        .into_unverified_bytes();
    let verdict = verify_bundle(&bundle, &policy, &NoFiles);
    assert_eq!(
        verdict.word,
        VerdictWord::VerifiedWithRemarks,
        "{verdict:?}"
    );
    let parsed = witnessmark_bundle::Bundle::parse(&bundle).unwrap();
    assert_eq!(parsed.related.len(), 1);
    assert_eq!(parsed.related[0].relation, "contradicts");
    assert_eq!(parsed.related[0].proven.entry, contradiction.bytes);
    assert_eq!(parsed.key_chains.len(), 1);
    assert_eq!(parsed.key_chains[0].org.as_str(), ORG);
    assert_eq!(parsed.key_chains[0].events.len(), 5);

    let alone = ledger
        .client
        .bundle(contradiction.record_id())
        .await
        .unwrap();
    let verdict = verify_bundle(&alone.into_unverified_bytes(), &policy, &NoFiles);
    assert_eq!(verdict.word, VerdictWord::Verified, "{verdict:?}");
}

#[tokio::test]
async fn checkpoints_are_watched_until_the_server_stops() {
    let ledger = TestLedger::start().await;
    let mut watch = ledger.client.watch_checkpoints().await.unwrap();
    let first = watch.next().await.unwrap().unwrap();
    assert_eq!(first.head().size.get(), SIZE);
    for number in 0..3 {
        let logged = ledger.log(number).await;
        let seen = watch.next().await.unwrap().unwrap();
        assert_eq!(seen.head(), logged.checkpoint.head());
    }
    let TestLedger { daemon, folder, .. } = ledger;
    let stopped = tokio::task::spawn_blocking(move || daemon.terminate());
    assert!(watch.next().await.unwrap().is_none());
    assert_eq!(stopped.await.unwrap(), 0);
    drop(folder);
}
