//! A finding on a file of misbehaviour, in plain words.

use crate::escape::quote;
use crate::misbehaviour::{Contradiction, Finding, FindingFacts, FindingWord};

use super::Page;

impl Finding {
    /// The finding in plain words, ending in a newline.
    pub fn to_text(&self) -> String {
        let mut page = Page::default();
        page.line(0, self.word.as_str());
        page.blank();
        if let (FindingWord::Proved, Some(facts)) = (self.word, &self.facts) {
            let what = format!(
                "The key that your policy gives for the ledger {} signed two checkpoints that cannot both be honest: {}.",
                quote(&facts.origin),
                contradiction(facts)
            );
            page.wrapped(0, &what);
        } else if let Some(check) = self.failed() {
            let failed = format!("The check {:?} failed: {}.", check.name, check.detail);
            page.flowed(0, &failed, 2);
        }
        page.wrapped(0, self.meaning());
        if let Some(facts) = &self.facts {
            write_signed(&mut page, facts);
        }
        if self.word == FindingWord::Proved {
            page.heading("What this does not show");
            page.list(self.does_not_show().iter().copied());
        }
        page.heading("Checks, in order");
        for check in &self.checks {
            page.check(check, 14);
        }
        page.text
    }
}

fn contradiction(facts: &FindingFacts) -> String {
    let [old, new] = &facts.heads;
    match &facts.shown_by {
        Contradiction::TwoRoots => format!(
            "for the size of {} entries it signed two different trees",
            old.size
        ),
        Contradiction::TwoBeginnings { .. } => format!(
            "the tree of {} entries does not begin with the tree of {} entries",
            new.size, old.size
        ),
        Contradiction::TwoEntries { index, .. } => {
            format!("at index {index} they have different entries")
        }
        // Never with the word that this sentence goes with.
        Contradiction::Unproved(_) => "nothing shows it".to_owned(),
    }
}

fn write_signed(page: &mut Page, facts: &FindingFacts) {
    page.heading("What was signed");
    page.pair("ledger", &quote(&facts.origin));
    page.pair("key", &facts.key);
    for (label, head) in ["first", "second"].into_iter().zip(&facts.heads) {
        let tree = format!("{} entries, root hash {}", head.size, head.root);
        page.pair(label, &tree);
    }
    match &facts.shown_by {
        Contradiction::TwoBeginnings { root, .. } => {
            let [old, _] = &facts.heads;
            page.pair(
                "evidence",
                &format!(
                    "a proof that the first {} entries of the second have the root hash {root}",
                    old.size
                ),
            );
        }
        Contradiction::TwoEntries { index, leaves } => {
            for (which, proved) in ["first", "second"].into_iter().zip(leaves) {
                page.pair(
                    "evidence",
                    &format!(
                        "a proof that the {which} has the leaf hash {} at index {index}",
                        proved.leaf.hash()
                    ),
                );
            }
        }
        Contradiction::TwoRoots | Contradiction::Unproved(_) => {}
    }
    for name in &facts.cosigned_both {
        page.pair("witnesses", &format!("{} cosigned both", quote(name)));
    }
}
