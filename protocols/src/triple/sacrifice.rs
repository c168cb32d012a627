//! # Sacrifice: one triple vouches for another
//! Functionality: part of F_triple · Protocol: MASCOT (ePrint 2016/505) Π_Triple, last steps
//! Spec: `spec/protocols/10-mascot-triple.md`, Step 4 · Level: A3C2, selective abort
//! Rounds: 7 (coin 2, ρ, MAC check 4) · Bytes: one element per triple and peer
//! Soundness, whatever the batch, with q = (2p−1)/p²: a spoiled triple is accepted with 1 − (1−q)², which is the claim; a
//! wrong one with 1/p + (1−1/p)q. Of the equation alone the figures are q and 1/p; a cheat that fails it may still pass
//! the MAC check that tests it.

use field::Field;
use spec::{Bound, Check};
use zeroize::ZeroizeOnDrop;

use crate::share::{Opened, open};
use crate::{MacKey, Result, Session, Shared, Triples};

/// Every triple multiplies. The bound counts every cheat that is accepted whose errors are linear in the honest factor,
/// also one whose triple is right and who learns from the acceptance what that factor was. A lie about single bits of the
/// raw factors is accepted if they are guessed, and their combination hides what that tells
/// (`spec/protocols/10-mascot-triple.md`, selective failure).
pub const TRIPLE_SACRIFICE: Check = Check {
    id: "triple.sacrifice",
    tests: "every triple of the batch multiplies, and what its sacrifice opened is what was shared",
    bound: Bound::SacrificeAcceptedByMacCheck,
    dies: "the session, its MAC key, transfers and all its preprocessing",
};

/// Second products with the same right factor as the triples they vouch for.
#[derive(ZeroizeOnDrop)]
pub struct Partners<F: Field> {
    /// `[[â]]`.
    pub a: Shared<F>,
    /// `[[â·b]]`.
    pub c: Shared<F>,
}

/// Step 4: lets only right triples pass; the partners are used up. The authentication of all five values has been
/// checked: it is what the challenge must not have preceded.
///
/// ```compile_fail,E0382
/// use quorate_protocols::{MacKey, Partners, Session, Triples, sacrifice};
/// type F = field::F128;
/// async fn twice(s: &mut Session, key: &mut MacKey<F>, one: Triples<F>, two: Triples<F>, partners: Partners<F>) {
///     let _ = sacrifice(s, key, one, partners).await;
///     let _ = sacrifice(s, key, two, partners).await;
/// }
/// ```
pub async fn sacrifice<F: Field>(
    s: &mut Session,
    key: &mut MacKey<F>,
    triples: Triples<F>,
    partners: Partners<F>,
) -> Result<Triples<F>> {
    for x in [&triples.a, &triples.b, &triples.c, &partners.a, &partners.c] {
        key.owns(x)?;
    }
    let mut s = s.step("sacrifice");
    // Step 4.1: one challenge for the whole batch; all its triples have to pass, so there is no union over them.
    let challenge = s.challenge::<F>(1).await?[0];
    // Step 4.2: ρ = s·a − â.
    let rho = &triples.a.scale(challenge) - &partners.a;
    let opened = open(&mut s, key, "rho", &rho).await?;
    // Step 4.3: ω = s·c − ĉ − ρ·b must be zero. It is not opened: zero is the claim that the MAC check tests.
    let omega = &(&triples.c.scale(challenge) - &partners.c) - &triples.b.scale_each(&opened);
    // Step 4.4: one MAC check of both.
    let mut list = Opened::default();
    list.record(&opened, &rho.mac);
    list.record(&vec![F::ZERO; omega.len()], &omega.mac);
    key.check(&mut s, list, &TRIPLE_SACRIFICE).await?;
    // Step 4.5: the triples are good, the partners are gone.
    Ok(triples)
}

#[cfg(test)]
mod tests {
    use field::{F128, Field};

    use super::*;
    use crate::testing::{Passing, run_on_real};
    use crate::{Abort, Error};

    /// Values in the clear: `6·7` beside `11·7`.
    #[test]
    fn right_triples_pass_and_wrong_ones_do_not() {
        for (c, other, passes) in [(42, 77, true), (43, 77, false), (42, 78, false)] {
            let ends = run_on_real(2, 1, &mut Passing, move |mut s: Session| async move {
                let [x, y] = [3, 5].map(F128::from_u64);
                let (alpha, first) = (x + y, s.me().index() == 0);
                let mut key = MacKey::from_share(if first { x } else { y });
                let share = |v: u64, mask: u64| {
                    let [v, value, mac] = [v, mask, mask + 1].map(F128::from_u64);
                    let mine = if first { (v - value, alpha * v - mac) } else { (value, mac) };
                    Shared::from_parts(vec![mine.0], vec![mine.1])
                };
                let triples = Triples { a: share(6, 100), b: share(7, 200), c: share(c, 300) };
                let partners = Partners { a: share(11, 400), c: share(other, 500) };
                sacrifice(&mut s, &mut key, triples, partners).await.map(|t| t.len())
            });
            match &ends[0] {
                Ok(1) => assert!(passes, "{c}, {other}"),
                Err(Error::Abort(Abort { check, .. })) => assert!(!passes && *check == &TRIPLE_SACRIFICE),
                _ => panic!("{c}, {other}"),
            }
        }
    }
}
