//! The page that checks a bundle in a browser, from disk and without a network.
//!
//! It is a second implementation of the verifier, written in JavaScript from `docs/FORMAT.md`: the modules are in `web/`. The
//! build joins them into [`HTML`], one document without any address in it.

/// The page: one HTML document in UTF-8 that needs nothing else.
pub const HTML: &str = include_str!(concat!(env!("OUT_DIR"), "/page.html"));

#[cfg(test)]
mod tests {
    use super::HTML;

    #[test]
    fn the_page_asks_nobody_for_anything() {
        assert!(HTML.contains("default-src 'none'; script-src 'sha256-"));
        for word in [
            "src=",
            "href=",
            "fetch(",
            "XMLHttpRequest",
            "WebSocket",
            "eval(",
        ] {
            assert!(!HTML.contains(word), "{word}");
        }
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
        ] {
            assert!(!HTML.contains(word), "{word}");
        }
    }

    #[test]
    fn the_page_has_one_script_and_one_style() {
        for tag in ["<script", "</script>", "<style", "</style>"] {
            assert_eq!(HTML.matches(tag).count(), 1, "{tag}");
        }
        assert!(!HTML.contains("{{"), "a place was not filled");
    }
}
