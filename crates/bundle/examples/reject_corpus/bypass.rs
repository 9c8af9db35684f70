//! The published bypasses that the list repeats, by the number of their line.

/// A line of the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bypass {
    /// Its number.
    pub(crate) number: &'static str,
    /// What was published, where.
    pub(crate) what: &'static str,
}

/// Every line of the list.
pub(crate) const BYPASSES: [Bypass; 26] = [
    line(
        "N1",
        "CVE-2026-42501: an empty or unrelated answer was a success",
    ),
    line(
        "N2",
        "CVE-2026-56864: lines that nothing authenticates were believed",
    ),
    line(
        "N3",
        "CVE-2026-56865: a tile was not checked against its parent",
    ),
    line(
        "N4",
        "CVE-2026-22703, CVE-2022-36056, CVE-2024-51746: document, signature and key of different things",
    ),
    line(
        "N5",
        "CVE-2022-23649: a signed promise was taken for an entry",
    ),
    line(
        "N6",
        "CVE-2022-35929, CVE-2026-39395: a payload of the wrong type, or that does not parse, was skipped",
    ),
    line("N7", "CVE-2026-44310: a panic ended with exit code 0"),
    line(
        "N8",
        "CVE-2026-44309: the signature was checked over bytes that had been encoded again",
    ),
    line(
        "N9",
        "CVE-2026-49834, GO-2022-1004, CVE-2026-23992: one key counted several times towards a threshold",
    ),
    line(
        "N10",
        "CVE-2026-54787, CVE-2026-24122: the validity of a key at the time was not checked",
    ),
    line(
        "N11",
        "CVE-2023-47122: the root of trust came with the evidence",
    ),
    line(
        "N12",
        "CVE-2022-39199 and the origin rule of C2SP: one log for another",
    ),
    line(
        "N13",
        "CVE-2022-36111: a consistency proof with honest ends and a forged middle",
    ),
    line(
        "N14",
        "CVE-2022-29173, CVE-2024-23332: an older state was put in the place of a newer one",
    ),
    line(
        "N15",
        "CVE-2024-45395, CVE-2023-33958, CVE-2025-66564: endless data",
    ),
    line(
        "N16",
        "CVE-2023-33199, CVE-2026-23831: a part that was absent was not missed",
    ),
    line(
        "N17",
        "CVE-2026-24686, CVE-2026-24137: a name led out of the folder",
    ),
    line(
        "N18",
        "GHSA-pmwq-pjrm-6p5r: two implementations disagreed on one file",
    ),
    line("N19", "RFC 6962, section 2.1: second preimages of a tree"),
    line(
        "N20",
        "CVE-2012-2459: a tree whose last leaf is there twice had the same root",
    ),
    line("N21", "a path of hashes fits many pairs of index and size"),
    line(
        "N22",
        "paths and hashes of the wrong length, as in the test data of transparency-dev",
    ),
    line(
        "N23",
        "a signature or key of one algorithm was taken for one of another",
    ),
    line(
        "N24",
        "texts in the evidence that deceive whoever reads the answer",
    ),
    line(
        "N25",
        "an older version of a format, or no policy, where a newer one is asked for",
    ),
    line("N26", "a ledger was accused by what convicts nobody"),
];

const fn line(number: &'static str, what: &'static str) -> Bypass {
    Bypass { number, what }
}

/// The line with this number.
pub(crate) fn of(number: &str) -> Bypass {
    let found = BYPASSES.into_iter().find(|line| line.number == number);
    found.unwrap_or(Bypass {
        number: "",
        what: "",
    })
}
