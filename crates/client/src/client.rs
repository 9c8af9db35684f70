//! The client: one method for each call of the service, each answer verified.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Mutex;
use tonic::transport::Endpoint;
use witnessmark_proto::{
    Appended, CheckpointChoice, ConsistencyAnswer, EntrySelector, EntryWithProof, LeafWithProof,
    Reason, Refusal, SignedPayload, WaitFor, v1,
};
use witnessmark_verifier::{
    ConsistencyProof, ENTRY_BYTES_MAX, InclusionProof, LeafHash, LeafIndex, RecordId, TlogProof,
    TreeHead, TreeSize, TrustPolicy, VerifiedCheckpoint,
};

use crate::asking::{Service, choice_of, service};
use crate::busy::until_taken;
use crate::error::innermost;
use crate::limits::{CALL_TIMEOUT, CONNECT_TIMEOUT, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT};
use crate::verify::{is_of, logged_entry};
use crate::{ClientError, Kept, LoggedEntry, Remembered};

/// A connection to one ledger, and what its user trusts. Clones share the connection and the
/// remembered checkpoint.
#[derive(Clone)]
pub struct Client {
    pub(crate) service: Service,
    choice: CheckpointChoice,
    pub(crate) wait: WaitFor,
    endpoint: Endpoint,
    pub(crate) policy: Arc<TrustPolicy>,
    pub(crate) remembered: Arc<Mutex<Remembered>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// A leaf that is proved to be in a tree, and that tree to be a beginning of the checkpoint's.
#[derive(Debug, Clone)]
pub struct ProvedLeaf {
    /// The place of the leaf.
    pub index: LeafIndex,
    /// The leaf hash.
    pub leaf: LeafHash,
    /// The tree the proof is about.
    pub head: TreeHead,
    /// The proof.
    pub inclusion: InclusionProof,
    /// The proof that the tree of `head` is a beginning of the checkpoint's.
    pub consistency: ConsistencyProof,
    /// The latest checkpoint.
    pub checkpoint: VerifiedCheckpoint,
}

/// The bytes of a bundle as the ledger sent them. The verdict on a bundle is for the bundle's own
/// verifier to give, from these bytes and the user's policy alone.
#[derive(Debug, Clone)]
pub struct UnverifiedBundle(Vec<u8>);

impl UnverifiedBundle {
    /// The bytes, for the bundle's verifier.
    pub fn into_unverified_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl Client {
    /// Connects to the ledger at `url` (`http://HOST:PORT`; the scheme may be left out), and
    /// remembers checkpoints for as long as the client lives.
    ///
    /// # Errors
    ///
    /// The address is not one, or nothing answers there.
    pub async fn connect(url: &str, policy: TrustPolicy) -> Result<Self, ClientError> {
        Self::connect_with(url, policy, Remembered::in_memory()).await
    }

    /// Connects to the ledger at `url`; what it shows must fit what is `remembered`.
    ///
    /// # Errors
    ///
    /// The address is not one, or nothing answers there.
    pub async fn connect_with(
        url: &str,
        policy: TrustPolicy,
        remembered: Remembered,
    ) -> Result<Self, ClientError> {
        let client = Self::unconnected(url, policy, remembered)?;
        client.reconnect().await
    }

    /// The client of the ledger at `url`, before anybody knows whether something answers there: it connects with its first
    /// call, or with [`reconnect`](Self::reconnect). Needs a runtime.
    ///
    /// # Errors
    ///
    /// The address is not one.
    pub fn unconnected(
        url: &str,
        policy: TrustPolicy,
        remembered: Remembered,
    ) -> Result<Self, ClientError> {
        let whole = if url.contains("://") {
            url.to_owned()
        } else {
            format!("http://{url}")
        };
        let address = |problem: &dyn fmt::Display| ClientError::Address {
            url: url.to_owned(),
            problem: problem.to_string(),
        };
        if !whole.starts_with("http://") {
            return Err(address(&"only the scheme http is known"));
        }
        let endpoint = Endpoint::from_shared(whole)
            .map_err(|error| address(&error))?
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .tcp_nodelay(true);
        let choice = choice_of(&policy);
        let wait = match choice {
            CheckpointChoice::Newest => WaitFor::Published,
            CheckpointChoice::Witnessed | CheckpointChoice::FirstWitnessed => WaitFor::Witnessed,
        };
        Ok(Self {
            service: service(endpoint.connect_lazy(), choice),
            choice,
            wait,
            endpoint,
            policy: Arc::new(policy),
            remembered: Arc::new(Mutex::new(remembered)),
        })
    }

    /// The same client over a new connection, for when the old one may be dead: what is trusted and what is remembered
    /// stay.
    ///
    /// # Errors
    ///
    /// Nothing answers there.
    pub async fn reconnect(&self) -> Result<Self, ClientError> {
        let channel = self.endpoint.connect().await.map_err(|error| {
            let (url, error) = (self.endpoint.uri(), innermost(&error));
            ClientError::Unreachable(format!("{url}: {error}"))
        })?;
        Ok(Self {
            service: service(channel, self.choice),
            ..self.clone()
        })
    }

    /// The same client, whose submissions are answered when the quorum of the ledger's witnesses has cosigned. Without this they are
    /// when its policy asks for witnesses, and else as soon as they are published.
    #[must_use]
    pub fn waiting_for_witnesses(self) -> Self {
        Self {
            wait: WaitFor::Witnessed,
            ..self
        }
    }

    /// Whether its policy asks for witnesses, so that no answer without them verifies.
    pub fn asks_for_witnesses(&self) -> bool {
        self.policy.quorum().is_some()
    }

    /// The same client, which reads what the quorum of the ledger's witnesses has cosigned, whatever its policy asks for.
    #[must_use]
    pub fn reading_witnessed(self) -> Self {
        let choice = CheckpointChoice::Witnessed;
        Self {
            service: service(self.endpoint.connect_lazy(), choice),
            choice,
            ..self
        }
    }

    /// Submits one record. While the ledger has no room and says when to come back, it is submitted again by itself.
    ///
    /// # Errors
    ///
    /// The ledger refused it, or its answer does not verify.
    pub async fn submit_record(&self, record: SignedPayload) -> Result<LoggedEntry, ClientError> {
        check_length(&record).map_err(ClientError::refused)?;
        let request = v1::SubmitRecordRequest {
            record: Some(record.clone().into()),
            wait_for: self.wait.into(),
        };
        let call = || {
            let (mut service, request) = (self.service.clone(), request.clone());
            async move { service.submit_record(request).await }
        };
        let answer = until_taken(call).await?;
        self.verify_appended(&record, Appended::from_message(answer.appended)?)
            .await
    }

    /// Submits one key event, as [`Client::submit_record`] does.
    ///
    /// # Errors
    ///
    /// The ledger refused it, or its answer does not verify.
    pub async fn submit_key_event(&self, event: SignedPayload) -> Result<LoggedEntry, ClientError> {
        check_length(&event).map_err(ClientError::refused)?;
        let request = v1::SubmitKeyEventRequest {
            key_event: Some(event.clone().into()),
            wait_for: self.wait.into(),
        };
        let call = || {
            let (mut service, request) = (self.service.clone(), request.clone());
            async move { service.submit_key_event(request).await }
        };
        let answer = until_taken(call).await?;
        self.verify_appended(&event, Appended::from_message(answer.appended)?)
            .await
    }

    /// The latest checkpoint.
    ///
    /// # Errors
    ///
    /// There is none that verifies and fits what is remembered.
    pub async fn checkpoint(&self) -> Result<VerifiedCheckpoint, ClientError> {
        let request = v1::GetCheckpointRequest {};
        let answer = self
            .service
            .clone()
            .get_checkpoint(request)
            .await?
            .into_inner();
        self.accept(&answer.checkpoint).await
    }

    /// One entry, proved to be in the latest checkpoint.
    ///
    /// # Errors
    ///
    /// There is no such entry, or the answer does not verify.
    pub async fn entry(&self, selector: EntrySelector) -> Result<LoggedEntry, ClientError> {
        let request = v1::GetEntryRequest::from(selector);
        let answer = self.service.clone().get_entry(request).await?.into_inner();
        let EntryWithProof {
            index,
            entry,
            proof,
        } = answer.into();
        let checkpoint = self.accept_proof(&proof).await?;
        let logged = logged_entry(index, entry, proof, checkpoint)?;
        let asked = match selector {
            EntrySelector::Index(asked) => asked == logged.index,
            EntrySelector::RecordId(asked) => asked == logged.record_id(),
        };
        if asked {
            Ok(logged)
        } else {
            Err(ClientError::not_verified("another entry was asked for"))
        }
    }

    /// The proof that an entry is in the tree of `size`, or of the latest size if that is `None`.
    ///
    /// For a record id the entry is read first, so that the leaf is known to be that record's.
    ///
    /// # Errors
    ///
    /// There is no such entry in that tree, or the answer does not verify.
    pub async fn inclusion_proof(
        &self,
        selector: EntrySelector,
        size: Option<TreeSize>,
    ) -> Result<ProvedLeaf, ClientError> {
        let (index, expected) = match selector {
            EntrySelector::Index(index) => (index, None),
            EntrySelector::RecordId(_) => {
                let logged = self.entry(selector).await?;
                (logged.index, Some(LeafHash::of(&logged.bytes)))
            }
        };
        let request = EntrySelector::Index(index).inclusion_request(size.map_or(0, TreeSize::get));
        let answer = self
            .service
            .clone()
            .get_inclusion_proof(request)
            .await?
            .into_inner();
        let LeafWithProof {
            index: shown,
            leaf,
            head,
            inclusion,
            consistency,
            checkpoint,
        } = answer.try_into()?;
        let checkpoint = self.accept(&checkpoint).await?;
        let asked_size = size.unwrap_or_else(|| checkpoint.head().size);
        if shown != index || head.size != asked_size || expected.is_some_and(|hash| hash != leaf) {
            return Err(ClientError::not_verified(
                "the proof is about another entry or tree",
            ));
        }
        consistency
            .verify(&head, checkpoint.head())
            .map_err(ClientError::not_verified)?;
        inclusion
            .verify(leaf, index, &head)
            .map_err(ClientError::not_verified)?;
        Ok(ProvedLeaf {
            index,
            leaf,
            head,
            inclusion,
            consistency,
            checkpoint,
        })
    }

    /// The proof that the tree of `old` is a beginning of the tree of `new`.
    ///
    /// # Errors
    ///
    /// The ledger has no such trees, or the proof it gives does not hold.
    pub async fn consistency_proof(
        &self,
        old: &TreeHead,
        new: &TreeHead,
    ) -> Result<ConsistencyProof, ClientError> {
        let answer = self.consistency_answer(old, new).await?;
        answer
            .proof
            .verify(old, new)
            .map_err(ClientError::not_verified)?;
        Ok(answer.proof)
    }

    /// The bundle of a record, as the ledger sent it, in the newest checkpoint that the client reads.
    ///
    /// # Errors
    ///
    /// There is no such record, or no bundle of it can be made.
    pub async fn bundle(&self, record: RecordId) -> Result<UnverifiedBundle, ClientError> {
        self.bundle_in(record, self.choice).await
    }

    /// The bundle of a record in the first checkpoint that the witnesses cosigned and that covers it, as far as the ledger has kept
    /// it: the one that shows the earliest time.
    ///
    /// # Errors
    ///
    /// There is no such record, or no bundle of it can be made.
    pub async fn first_bundle(&self, record: RecordId) -> Result<UnverifiedBundle, ClientError> {
        let choice = CheckpointChoice::FirstWitnessed;
        self.bundle_in(record, choice).await
    }

    async fn bundle_in(
        &self,
        record: RecordId,
        choice: CheckpointChoice,
    ) -> Result<UnverifiedBundle, ClientError> {
        let mut request = tonic::Request::new(v1::GetBundleRequest {
            record_id: record.as_bytes().to_vec(),
        });
        choice.ask(request.metadata_mut());
        let answer = self.service.clone().get_bundle(request).await?.into_inner();
        Ok(UnverifiedBundle(answer.bundle))
    }

    /// The checkpoint that this client remembered last, if it has seen one.
    pub async fn remembered(&self) -> Option<Kept> {
        self.remembered.lock().await.latest().cloned()
    }

    /// Verifies what a submission was answered with.
    pub(crate) async fn verify_appended(
        &self,
        sent: &SignedPayload,
        appended: Appended,
    ) -> Result<LoggedEntry, ClientError> {
        let Appended {
            index,
            entry,
            proof,
            already_logged,
            warnings,
        } = appended;
        let checkpoint = self.accept_proof(&proof).await?;
        let mut logged = logged_entry(index, entry, proof, checkpoint)?;
        logged.already_logged = already_logged;
        logged.warnings = warnings;
        is_of(&logged, sent)?;
        Ok(logged)
    }

    /// Verifies the checkpoint inside a tlog-proof.
    async fn accept_proof(&self, proof: &str) -> Result<VerifiedCheckpoint, ClientError> {
        let proof = TlogProof::parse(proof).map_err(ClientError::not_verified)?;
        self.accept(proof.note.source()).await
    }

    pub(crate) async fn consistency_answer(
        &self,
        old: &TreeHead,
        new: &TreeHead,
    ) -> Result<ConsistencyAnswer, ClientError> {
        let (old_size, new_size) = (old.size.get(), new.size.get());
        let request = v1::GetConsistencyProofRequest { old_size, new_size };
        let answer = self
            .service
            .clone()
            .get_consistency_proof(request)
            .await?
            .into_inner();
        Ok(answer.try_into()?)
    }
}

/// Refuses what cannot be an entry before it is sent: the transport would only say that it is long.
pub(crate) fn check_length(signed: &SignedPayload) -> Result<(), Refusal> {
    let length = signed.payload.len();
    if length <= ENTRY_BYTES_MAX {
        return Ok(());
    }
    let message = format!("the payload is {length} bytes long, an entry at most {ENTRY_BYTES_MAX}");
    Err(Refusal::new(Reason::EntryTooLarge, message))
}
