//! Opening: the one way in which value shares of preprocessing and of whole vectors leave a party.
//! Spec: `spec/protocols/12-online.md`, Step 3.

use std::ops::Range;

use field::Field;
use zeroize::Zeroizing;

use super::{MacKey, Shared};
use crate::{Result, Session};

/// Shows values to everybody, unchecked: the caller records them with their MACs for the next check, and lets nothing
/// that depends on them leave before it has passed.
///
/// Values of another key than `key` are a local error. Step 3.1: with three or more parties a fresh zero share hides how the value is shared.
pub(crate) async fn open<F: Field>(
    s: &mut Session,
    key: &MacKey<F>,
    name: &'static str,
    x: &Shared<F>,
) -> Result<Vec<F>> {
    key.owns(x)?;
    let mut s = s.step(name);
    let mut zeros = if s.n() > 2 { s.zero_shares::<F>(x.len()).await? } else { Zeroizing::default() };
    let mut sum = vec![F::ZERO; x.len()];
    let make = |part: Range<usize>| match zeros.get_mut(part.clone()) {
        Some(z) => {
            F::add_slices(z, &x.value[part]);
            z.to_vec()
        }
        None => x.value[part].to_vec(),
    };
    // Step 3.2: add up what everyone sends.
    s.stream("share", x.len(), 1, make, |part, mine, theirs| {
        sum[part.clone()].copy_from_slice(&mine);
        theirs.iter().for_each(|(_, t)| F::add_slices(&mut sum[part.clone()], t));
    })
    .await?;
    Ok(sum)
}
