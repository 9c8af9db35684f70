//! The page that lists every check is the one that the code makes.

use witnessmark_record::validation_document;

#[test]
fn the_page_on_validation_is_made_of_the_codes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/VALIDATION.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    let made = validation_document();
    if page != made && std::env::var_os("WITNESSMARK_WRITE_DOCS").is_some() {
        std::fs::write(path, made).unwrap();
        return;
    }
    assert!(
        page == made,
        "docs/VALIDATION.md differs from the code. To write it again:\n  \
         WITNESSMARK_WRITE_DOCS=1 cargo test -p witnessmark-record the_page_on_validation"
    );
}
