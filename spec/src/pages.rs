//! The prose, so that tests can hold the code against it.

macro_rules! page {
    ($name:literal) => {
        ($name, include_str!(concat!("../protocols/", $name, ".md")))
    };
}

/// Every page of `spec/protocols/`, as (name without extension, text), in order.
#[must_use]
pub fn protocol_pages() -> &'static [(&'static str, &'static str)] {
    PAGES
}

const PAGES: &[(&str, &str)] = &[
    page!("01-session"),
    page!("02-commitment"),
    page!("03-coin"),
    page!("04-broadcast"),
    page!("05-zero-sharing"),
    page!("06-base-ot"),
    page!("07-ot-extension"),
    page!("08-copee"),
    page!("09-authentication"),
    page!("10-mascot-triple"),
    page!("11-mac-check"),
    page!("12-online"),
    page!("13-ledger"),
];

/// The text of `spec/pitfalls.md`.
pub const PITFALLS: &str = include_str!("../pitfalls.md");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_and_numbered_in_order() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/protocols");
        let mut files: Vec<String> =
            std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        let listed: Vec<String> = protocol_pages().iter().map(|(name, _)| format!("{name}.md")).collect();
        assert_eq!(files, listed);
        for (i, (name, _)) in protocol_pages().iter().enumerate() {
            assert!(name.starts_with(&format!("{:02}-", i + 1)), "{name}");
        }
    }

    #[test]
    fn every_page_has_the_same_parts() {
        let parts = ["Functionality", "Checks", "Bound", "Cost", "Papers"];
        for (name, text) in protocol_pages() {
            for part in parts {
                assert!(text.contains(&format!("\n## {part}\n")), "{name} has no part {part}");
            }
            assert!(text.contains("**Step 1") || text.contains("## Step 1"), "{name} has no numbered steps");
        }
    }
}
