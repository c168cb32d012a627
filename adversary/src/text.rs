//! Texts of somebody else's, where people read them.

/// Whether a terminal does nothing with a character but show it: it moves no cursor, begins no line and no escape
/// sequence, hides nothing, changes none before it and turns no text round.
#[must_use]
pub fn is_shown(c: char) -> bool {
    // Quotes and backslashes are marked for the sake of literals.
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_or_cannot_be_seen_is_not_shown() {
        for c in "it's `p = 3`: \"5/9\" \\ é 𝄞 × − … 漢".chars() {
            assert!(is_shown(c), "{c:?}");
        }
        let steer = "\0\t\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{200e}\u{2028}\u{2029}\u{202e}\u{2066}\u{2069}";
        let unseen = "\u{a0}\u{ad}\u{301}\u{200b}\u{2060}\u{feff}\u{e000}\u{e0041}";
        for c in steer.chars().chain(unseen.chars()) {
            assert!(!is_shown(c), "{c:?}");
        }
    }
}
