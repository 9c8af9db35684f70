//! A greedy organisation: one that submits all it can while another, the polite one, is measured.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use witnessmark_verifier::{OrgName, Origin};

use super::load::{self, Load, Measured, Requests};
use super::records::{self, Made, Order};
use super::{PAYLOAD_BYTES_MIN, broken};
use crate::output::Failure;

/// How often it is looked whether the greedy have begun.
const LOOK: Duration = Duration::from_millis(2);

/// How many records each stream of the greedy sends before the first has its answer.
const IN_FLIGHT: usize = 256;

/// Who is greedy.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// Measure twice: alone, and beside so many clients of another organisation, each with a stream that is always full.
    #[arg(long, value_name = "N", requires_all = ["greedy_org", "greedy_key"])]
    greedy: Option<NonZeroU16>,
    /// The organisation of the greedy clients.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse, requires = "greedy")]
    greedy_org: Option<OrgName>,
    /// A key of it that may sign records. Repeat it for several devices.
    #[arg(long, value_name = "FILE", requires = "greedy")]
    greedy_key: Vec<PathBuf>,
    /// How many records they have: as many as they can send while the others are measured.
    #[arg(long, value_name = "N", default_value = "50000", requires = "greedy")]
    greedy_records: NonZeroU32,
}

/// Greedy clients with their records.
pub(super) struct Greedy {
    clients: NonZeroU16,
    made: Vec<Made>,
}

/// What was measured beside the greedy.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) measured: Measured,
    /// How many greedy clients there were.
    pub(super) clients: NonZeroU16,
    /// How many of their records were answered in a second, meanwhile.
    pub(super) rate: f64,
    /// Whether they had records left at the end.
    pub(super) to_the_end: bool,
}

impl Arguments {
    /// How many records are to be signed for them.
    pub(super) fn count(&self) -> u64 {
        self.greedy
            .map_or(0, |_| u64::from(self.greedy_records.get()))
    }

    /// Signs the records of the greedy, if there are to be any.
    ///
    /// # Errors
    ///
    /// When a key cannot be read.
    pub(super) fn make(
        &self,
        origin: &Origin,
        bar: &ProgressBar,
    ) -> Result<Option<Greedy>, Failure> {
        let (Some(clients), Some(org)) = (self.greedy, &self.greedy_org) else {
            return Ok(None);
        };
        let order = Order {
            org,
            keys: &self.greedy_key,
            countersign: None,
            records: self.greedy_records.get(),
            bytes: PAYLOAD_BYTES_MIN.max(1_024),
        };
        let (made, _) = records::make(&order, origin, bar)?;
        Ok(Some(Greedy { clients, made }))
    }
}

impl Greedy {
    /// Measures the polite while the greedy are at work.
    ///
    /// # Errors
    ///
    /// When a connection fails, or a record of the polite is refused.
    pub(super) async fn beside(self, polite: &Load, requests: Requests) -> Result<Beside, Failure> {
        let answered = Arc::new(AtomicU64::new(0));
        let clients = self.clients;
        let greedy = Load {
            clients,
            answered: Arc::clone(&answered),
            ..polite.clone()
        };
        let own = self.made.into_iter().map(|made| made.sent).collect();
        let own = Requests::Stream(own, IN_FLIGHT);
        let running = tokio::spawn(async move { load::run(&greedy, own).await.map(drop) });
        while answered.load(Ordering::Relaxed) == 0 && !running.is_finished() {
            tokio::time::sleep(LOOK).await;
        }
        let (begin, before) = (Instant::now(), answered.load(Ordering::Relaxed));
        let measured = load::run(polite, requests).await?;
        let took = begin.elapsed();
        let count = answered.load(Ordering::Relaxed).saturating_sub(before);
        let to_the_end = !running.is_finished();
        if to_the_end {
            running.abort();
        } else {
            running.await.map_err(broken)??;
        }
        let count = u32::try_from(count).map_err(broken)?;
        Ok(Beside {
            measured,
            clients,
            rate: f64::from(count) / took.as_secs_f64(),
            to_the_end,
        })
    }
}
