//! Makes a strategy that wins as small as it can be, however it is told that something smaller wins too.

use std::time::{Duration, Instant};

use adversary::strategy::{Strategy, shrink};

/// Candidates for something smaller.
const SHRINKS: usize = 2000;
/// How long a strategy is shrunk.
const SHRINKING: Duration = Duration::from_secs(60);

/// The smallest strategy found that wins, and what `wins` tells of it: nothing of one that does not. What it tells of
/// the strategy itself is `told`.
pub fn smallest<T>(strategy: &Strategy, told: T, mut wins: impl FnMut(&Strategy) -> Option<T>) -> (Strategy, T) {
    let (mut told, deadline) = (told, Instant::now() + SHRINKING);
    let strategy = shrink(strategy, SHRINKS, |smaller| {
        let won = if Instant::now() < deadline { wins(smaller) } else { None };
        won.map(|t| told = t).is_some()
    });
    (strategy, told)
}
