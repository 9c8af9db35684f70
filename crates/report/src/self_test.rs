//! The verifier tested on a known entry, before it is relied upon for a report.

use witnessmark_verifier::{TlogProof, hex, sha256};

/// An entry of the published test values, with its proof and a policy.
const ENTRY: &str = "\
    574d4b31010000019b76db96480f64656d6f2d6669656c642d7465616d000000031e26c0ae1eabb628b33abb502a9302bf75\
    708f96b5f37d8f3150786e9dd65f94002e6170706c69636174696f6e2f766e642e7769746e6573736d61726b2e7265636f72\
    642e76312b70726f746f627566000000a20a0f64656d6f2d6669656c642d7465616d10071880d0eab6b73322202a6927613d\
    dc903379f3e02145f22074ccf048c7753cfa1ed8ee26c7466829972a202e3177ff35819ba49d7470353d1a10928bf4961421\
    ac4b366ce87f7473e7a7fb2a203c1aebdcbf6ef73fd665e86abe0e0a3cbc4370c964b2f8a4edb38a57046590192a20fb755d\
    cd732b6dc34d63a19dbe27521905fc694d32c77e659a9460ec8ba539320201866eefbd6718c8846cd7ddfe43fc74ab1daac4\
    538ff8514ea2ec2d410a41574300402d0b44f7b0c0f30628f6bb9be56fb5b1f8d1d0b1bef515d07b7d4d3a1de420005451e1\
    293d53149eef711e8237648538f54f9f5f44091b2eef7ce36b28244f0c01ec930a2e142775b57f190351bfb055396465975d\
    0e18807c3720c540c98b026c0040b9e1876e2abf35045964d13864ec87d930fb71c48ee664fe32578916a577d4e241fc71ac\
    88f1ab5a7e033402d834aba693de1747c441db37753ac177e349890e";
const PROOF: &str = concat!(
    "c2sp.org/tlog-proof@v1\n",
    "index 4\n",
    "JGkHheKaoVkodw2sRjTJywPto1IjWNj/Uiv+RTeZLOQ=\n",
    "yqqIHSPAX455H9AAtt0Eqml7eHPvyBsxGUqC1MwSPfU=\n",
    "+HuLlp9ENJf5vDIrunX4VNbyfiJ5BxKnPLONSUNi29k=\n",
    "\n",
    "ledger.example/demo\n",
    "7\n",
    "fyZCAHRB32HY2JYuTb7BaxnL8cgOMXmcStpwsS14QMM=\n",
    "\n",
    "\u{2014} ledger.example/demo EemJ2RZS1ZQg4Lw+snzdGcjwf2UZnatzrspp64Nwn7NMA0Im54iqQyrKfBxxfeNyJ8tL49BLtwpW0a00Ey3gevvBKgM=\n",
    "\u{2014} witness.example/w1 x9oybwAAAABpVblkXgBKjlj4YZqqillEiZv4HHu2+wjEA3j+tUdxPGmShFAk5PgNWwGccneDk710mltg49uheGfgSOnII7J0PbWkBg==\n",
);
const POLICY: &str = concat!(
    "log ledger.example/demo+11e989d9+AT1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM\n",
    "witness w1 witness.example/w1+c7da326f+BPxRzY5iGKGjjaR+0AIw8FgIFu0TujMDrF3rkRVIkIAl\n",
    "quorum w1\n",
);
/// SHA-256 of the empty input, from FIPS 180-4's examples.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// How the self-test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfTest {
    /// Each test by its name, and whether the verifier gave the known answer.
    pub tests: Vec<(&'static str, bool)>,
}

impl SelfTest {
    /// Whether every test gave the known answer.
    pub fn passed(&self) -> bool {
        !self.tests.is_empty() && self.tests.iter().all(|(_, passed)| *passed)
    }

    /// The result in one sentence.
    pub fn say(&self) -> String {
        let failed: Vec<&str> = self
            .tests
            .iter()
            .filter(|(_, passed)| !passed)
            .map(|(name, _)| *name)
            .collect();
        if failed.is_empty() {
            format!("{} of {} passed", self.tests.len(), self.tests.len())
        } else {
            format!(
                "FAILED ({}): do not rely on this program on this machine",
                failed.join(", ")
            )
        }
    }
}

/// Runs the verifier on what is known: one good proof, and three that must be refused.
pub fn self_test() -> SelfTest {
    let entry = hex::decode(ENTRY).unwrap_or_default();
    let mut changed = entry.clone();
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    let moved = PROOF.replacen("index 4", "index 3", 1);
    let stranger = POLICY.replacen("quorum w1", "quorum none", 1).replacen(
        "log ledger.example/demo",
        "log ledger.example/other",
        1,
    );
    SelfTest {
        tests: vec![
            (
                "SHA-256 of nothing",
                sha256(b"").to_string() == EMPTY_SHA256,
            ),
            ("a good proof is accepted", accepts(&entry, PROOF, POLICY)),
            (
                "a changed entry is refused",
                !accepts(&changed, PROOF, POLICY),
            ),
            ("a moved entry is refused", !accepts(&entry, &moved, POLICY)),
            (
                "an unknown ledger is refused",
                !accepts(&entry, PROOF, &stranger),
            ),
        ],
    }
}

fn accepts(entry: &[u8], proof: &str, policy: &str) -> bool {
    let (Ok(proof), Ok(policy)) = (TlogProof::parse(proof), witnessmark_policy::parse(policy))
    else {
        return false;
    };
    proof.verify(entry, &policy).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_knows_its_own_values() {
        let test = self_test();
        assert!(test.passed(), "{}", test.say());
        assert_eq!(test.say(), "5 of 5 passed");
    }

    #[test]
    fn a_test_that_fails_is_told() {
        let test = SelfTest {
            tests: vec![("this", true), ("that", false)],
        };
        assert!(!test.passed());
        assert!(test.say().contains("FAILED (that)"));
    }
}
