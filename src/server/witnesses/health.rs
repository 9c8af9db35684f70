//! What health checks learn of the witnesses: one name for each of them, one for the quorum, and whether submissions are taken.

use std::sync::Weak;

use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::Asked;
use crate::server::SUBMIT_HEALTH_NAME;
use crate::server::core::Core;

/// The name of the quorum; those of the witnesses are below it.
const WITNESSED_HEALTH_NAME: &str = "witnessmark.ledger.v1.LedgerService/witnessed";

/// Tells health checks whenever something is told by a witness. Ends with the ledger.
pub(crate) async fn report(reporter: HealthReporter, core: Weak<Core>) {
    let told = core.upgrade().and_then(|core| {
        let mut stop = core.stopping.clone();
        let told = core.witnesses.asked.as_ref()?.told.subscribe();
        stop.mark_unchanged();
        Some((told, stop))
    });
    let Some((mut told, mut stop)) = told else {
        return;
    };
    loop {
        let names = core.upgrade().and_then(|core| {
            let mut names = core.witnesses.asked.as_ref().map(Asked::health)?;
            names.push((
                SUBMIT_HEALTH_NAME.to_owned(),
                core.queue.refused().is_none(),
            ));
            Some(names)
        });
        for (name, is_good) in names.unwrap_or_default() {
            let status = if is_good {
                ServingStatus::Serving
            } else {
                ServingStatus::NotServing
            };
            reporter.set_service_status(name, status).await;
        }
        tokio::select! {
            changed = told.changed() => if changed.is_err() { return },
            _ = stop.changed() => return,
        }
    }
}

impl Asked {
    /// Whether those that cosigned when they were asked last are a quorum, and which they are.
    fn health(&self) -> Vec<(String, bool)> {
        let book = self.book();
        let each = self.rules.asked.iter().zip(book.all());
        let mut names: Vec<(String, bool)> = each
            .map(|(witness, seen)| {
                let name = format!("{WITNESSED_HEALTH_NAME}/{}", witness.key().name());
                (name, seen.vouched && seen.error.is_none())
            })
            .collect();
        let good = |key: &witnessmark_verifier::VerifierKey| {
            let mut each = self.rules.asked.iter().zip(book.all());
            each.any(|(witness, seen)| witness.key() == key && seen.vouched && seen.error.is_none())
        };
        let is_quorum = self.rules.policy.is_quorum(good);
        names.push((WITNESSED_HEALTH_NAME.to_owned(), is_quorum));
        names
    }
}
