//! A server that lies in one answer: the client returns an error, whatever the lie.

use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status, Streaming};
use witnessmark_client::{Client, ClientError, EntrySelector, LoggedEntry};
use witnessmark_proto::v1;
use witnessmark_proto::v1::ledger_service_client::LedgerServiceClient;
use witnessmark_proto::v1::ledger_service_server::{LedgerService, LedgerServiceServer};
use witnessmark_verifier::{LeafIndex, TreeSize};

use super::ledger::{TestLedger, device, good_record, policy, record, signed_record};
use crate::support::typed;

/// What the server changes in what the honest ledger says.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lie {
    /// Nothing.
    None,
    /// A byte of the entry.
    Entry,
    /// The index.
    Index,
    /// The proof, or its first hash.
    Proof,
    /// The checkpoint's size.
    Checkpoint,
    /// The answer is true, and about something else.
    Other,
    /// In a thread only: the last key event is left out.
    Keys,
    /// In a thread only: entry 6 is in it, with a good proof, and does not belong there.
    Stray,
}

const LIES: [Lie; 5] = [
    Lie::Entry,
    Lie::Index,
    Lie::Proof,
    Lie::Checkpoint,
    Lie::Other,
];

struct Liar {
    honest: LedgerServiceClient<Channel>,
    lie: Lie,
}

impl Liar {
    fn bend(&self, index: &mut u64, entry: &mut [u8], proof: &mut String) {
        match self.lie {
            Lie::None | Lie::Other | Lie::Keys | Lie::Stray => {}
            Lie::Entry => *entry.last_mut().unwrap() ^= 1,
            Lie::Index => *index += 1,
            Lie::Proof => *proof = proof.replacen("index ", "index 1", 1),
            Lie::Checkpoint => *proof = self.checkpoint(proof),
        }
    }

    /// The note in `text` with another size: the signature is of something else.
    fn checkpoint(&self, text: &str) -> String {
        match self.lie {
            Lie::Checkpoint => {
                let (head, tail) = text.split_once("ledger.test/service\n").unwrap();
                format!("{head}ledger.test/service\n1{tail}")
            }
            Lie::None
            | Lie::Entry
            | Lie::Index
            | Lie::Proof
            | Lie::Other
            | Lie::Keys
            | Lie::Stray => text.to_owned(),
        }
    }

    /// An entry with its proof in the tree of `size`.
    async fn proved(&self, index: u64, size: u64) -> Result<v1::ProvedEntry, Status> {
        let selector = EntrySelector::Index(LeafIndex::new(index));
        let request = v1::GetEntryRequest::from(selector);
        let entry = self.honest.clone().get_entry(request).await?.into_inner();
        let request = selector.inclusion_request(size);
        let proof = self.honest.clone().get_inclusion_proof(request).await?;
        Ok(v1::ProvedEntry {
            index,
            entry: entry.entry,
            inclusion_proof: proof.into_inner().inclusion_proof,
        })
    }

    fn hash(&self, hashes: &mut [Vec<u8>]) {
        if self.lie == Lie::Proof {
            hashes[0][0] ^= 1;
        }
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl LedgerService for Liar {
    type SubmitRecordsStream = Streaming<v1::SubmitRecordsResponse>;
    type WatchCheckpointsStream = Streaming<v1::WatchCheckpointsResponse>;
    type ListEntriesStream = tokio_stream::Once<Result<v1::ListEntriesResponse, Status>>;

    async fn submit_record(
        &self,
        mut request: Request<v1::SubmitRecordRequest>,
    ) -> Answer<v1::SubmitRecordResponse> {
        if self.lie == Lie::Other {
            request.get_mut().record = Some(good_record(77).into());
        }
        let mut answer = self.honest.clone().submit_record(request).await?;
        let appended = answer.get_mut().appended.as_mut().unwrap();
        self.bend(
            &mut appended.index,
            &mut appended.entry,
            &mut appended.proof,
        );
        Ok(answer)
    }

    async fn submit_records(
        &self,
        _: Request<Streaming<v1::SubmitRecordsRequest>>,
    ) -> Answer<Self::SubmitRecordsStream> {
        Err(Status::unimplemented("not needed"))
    }

    async fn submit_key_event(
        &self,
        _: Request<v1::SubmitKeyEventRequest>,
    ) -> Answer<v1::SubmitKeyEventResponse> {
        Err(Status::unimplemented("not needed"))
    }

    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Answer<v1::GetCheckpointResponse> {
        self.honest.clone().get_checkpoint(request).await
    }

    async fn watch_checkpoints(
        &self,
        request: Request<v1::WatchCheckpointsRequest>,
    ) -> Answer<Self::WatchCheckpointsStream> {
        self.honest.clone().watch_checkpoints(request).await
    }

    async fn get_entry(
        &self,
        mut request: Request<v1::GetEntryRequest>,
    ) -> Answer<v1::GetEntryResponse> {
        if self.lie == Lie::Other {
            request.get_mut().entry = Some(v1::get_entry_request::Entry::Index(0));
        }
        let mut answer = self.honest.clone().get_entry(request).await?;
        let v1::GetEntryResponse {
            index,
            entry,
            proof,
        } = answer.get_mut();
        self.bend(index, entry, proof);
        Ok(answer)
    }

    async fn list_entries(
        &self,
        mut request: Request<v1::ListEntriesRequest>,
    ) -> Answer<Self::ListEntriesStream> {
        if self.lie == Lie::Other {
            request.get_mut().start -= 1;
        }
        let answers = self.honest.clone().list_entries(request).await?;
        let mut chunk = answers.into_inner().message().await?.unwrap();
        match self.lie {
            Lie::None | Lie::Other | Lie::Keys | Lie::Stray => {}
            Lie::Entry => chunk.entries[0][60] ^= 1,
            Lie::Index => chunk.start += 1,
            Lie::Proof => self.hash(&mut chunk.left_nodes),
            Lie::Checkpoint => chunk.checkpoint = self.checkpoint(&chunk.checkpoint),
        }
        Ok(Response::new(tokio_stream::once(Ok(chunk))))
    }

    async fn get_inclusion_proof(
        &self,
        mut request: Request<v1::GetInclusionProofRequest>,
    ) -> Answer<v1::GetInclusionProofResponse> {
        if self.lie == Lie::Other {
            request.get_mut().size -= 1;
        }
        let mut answer = self.honest.clone().get_inclusion_proof(request).await?;
        let message = answer.get_mut();
        match self.lie {
            Lie::None | Lie::Other | Lie::Keys | Lie::Stray => {}
            Lie::Entry => message.leaf_hash[0] ^= 1,
            Lie::Index => message.index += 1,
            Lie::Proof => self.hash(&mut message.inclusion_proof),
            Lie::Checkpoint => message.root[0] ^= 1,
        }
        Ok(answer)
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Answer<v1::GetConsistencyProofResponse> {
        let mut answer = self.honest.clone().get_consistency_proof(request).await?;
        self.hash(&mut answer.get_mut().consistency_proof);
        Ok(answer)
    }

    async fn get_thread(
        &self,
        request: Request<v1::GetThreadRequest>,
    ) -> Answer<v1::GetThreadResponse> {
        let mut answer = self.honest.clone().get_thread(request).await?;
        let message = answer.get_mut();
        message.checkpoint = self.checkpoint(&message.checkpoint);
        let last = message.records.last_mut().unwrap();
        match self.lie {
            Lie::None | Lie::Checkpoint => {}
            Lie::Entry => *last.entry.last_mut().unwrap() ^= 1,
            Lie::Index => last.index -= 1,
            Lie::Proof => self.hash(&mut message.consistency_proof),
            Lie::Other => drop(message.records.pop()),
            Lie::Keys => drop(message.key_events.pop()),
            Lie::Stray => {
                let stray = self.proved(6, message.size).await?;
                message.records.insert(0, stray);
            }
        }
        Ok(answer)
    }

    async fn get_bundle(&self, _: Request<v1::GetBundleRequest>) -> Answer<v1::GetBundleResponse> {
        Err(Status::unimplemented("not needed"))
    }
}

/// A client of a server that lies about `ledger`.
async fn client_of_liar(ledger: &TestLedger, lie: Lie) -> Client {
    let url = liar(ledger, lie).await;
    Client::connect(&url, policy(&ledger.folder.path().join("ledger")))
        .await
        .unwrap()
}

/// The address of a server that lies about `ledger`.
async fn liar(ledger: &TestLedger, lie: Lie) -> String {
    let liar = Liar {
        honest: ledger.bare().await,
        lie,
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let server = Server::builder().add_service(LedgerServiceServer::new(liar));
    tokio::spawn(server.serve_with_incoming(incoming));
    url
}

/// Whether the answer is neither believed nor mistaken for a refusal or a failing network.
fn is_found_out<T>(result: &Result<T, ClientError>) -> bool {
    matches!(
        result,
        Err(ClientError::NotVerified(_) | ClientError::Protocol(_))
    )
}

#[tokio::test]
async fn an_honest_server_in_between_is_believed() {
    let ledger = TestLedger::start().await;
    let client = client_of_liar(&ledger, Lie::None).await;
    let logged = client.submit_record(good_record(1)).await.unwrap();
    client
        .entry(EntrySelector::Index(logged.index))
        .await
        .unwrap();
    let mut pages = client.entries(LeafIndex::new(3), None).await.unwrap();
    while pages.next().await.unwrap().is_some() {}
    let selector = EntrySelector::Index(LeafIndex::new(2));
    client
        .inclusion_proof(selector, Some(TreeSize::new(5)))
        .await
        .unwrap();
}

#[tokio::test]
async fn every_lie_about_an_entry_is_found_out() {
    let ledger = TestLedger::start().await;
    ledger.log(77).await;
    for lie in LIES {
        let client = client_of_liar(&ledger, lie).await;
        let submitted = client.submit_record(good_record(1)).await;
        assert!(is_found_out(&submitted), "{lie:?}: {submitted:?}");
        let entry = client.entry(EntrySelector::Index(LeafIndex::new(2))).await;
        assert!(is_found_out(&entry), "{lie:?}: {entry:?}");
        let mut pages = client.entries(LeafIndex::new(3), None).await.unwrap();
        let page = pages.next().await;
        assert!(is_found_out(&page), "{lie:?}: {page:?}");
        let selector = EntrySelector::Index(LeafIndex::new(2));
        let proof = client
            .inclusion_proof(selector, Some(TreeSize::new(5)))
            .await;
        assert!(is_found_out(&proof), "{lie:?}: {proof:?}");
    }
}

#[tokio::test]
async fn every_lie_about_a_thread_is_found_out() {
    let ledger = TestLedger::start().await;
    let first = ledger.log(76).await;
    let asked = ledger.log(77).await.record_id();
    let size = Some(TreeSize::new(asked_size(&first) + 1));
    ledger.log(78).await;
    let honest = client_of_liar(&ledger, Lie::None).await;
    let thread = honest.thread(asked, size).await.unwrap();
    // One thread id; the third record came later.
    let indexes: Vec<u64> = thread.records.iter().map(|it| it.index.get()).collect();
    assert_eq!(indexes, [6, 7]);
    assert_eq!(honest.thread(asked, None).await.unwrap().records.len(), 3);
    for lie in LIES.into_iter().chain([Lie::Keys]) {
        let client = client_of_liar(&ledger, lie).await;
        let thread = client.thread(asked, size).await;
        assert!(is_found_out(&thread), "{lie:?}: {thread:?}");
    }
}

#[tokio::test]
async fn a_record_that_does_not_belong_to_the_thread_is_not_shown() {
    let ledger = TestLedger::start().await;
    let mut other = record(76);
    other.thread_id = vec![7; 16];
    let other = signed_record(&other, &[&device()]);
    ledger.client.submit_record(other).await.unwrap();
    let asked = ledger.log(77).await.record_id();
    for (lie, code) in [(Lie::None, 0), (Lie::Stray, 1)] {
        let url = liar(&ledger, lie).await;
        let policy = ledger.folder.path().join("ledger/trust.policy");
        let line = format!("thread {asked} --from {url} --policy {}", policy.display());
        let ran = tokio::task::spawn_blocking(move || typed(&line));
        let ran = ran.await.unwrap().exits(code);
        assert_eq!(ran.stderr.contains("does not belong"), lie == Lie::Stray);
    }
}

/// The size right after an entry.
fn asked_size(logged: &LoggedEntry) -> u64 {
    logged.index.get() + 1
}

#[tokio::test]
async fn a_server_that_cannot_prove_that_it_only_grew_misbehaves() {
    let ledger = TestLedger::start().await;
    let client = client_of_liar(&ledger, Lie::Proof).await;
    client.checkpoint().await.unwrap();
    ledger.log(1).await;
    let error = client.checkpoint().await.unwrap_err();
    assert!(matches!(error, ClientError::Misbehaviour(_)), "{error}");
}
