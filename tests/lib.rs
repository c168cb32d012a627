//! Checks that every implementation of a functionality must pass, real or ideal. The tests beside this file run them.
//!
//! What follows is the README, so that its example is compiled and run.
#![doc = include_str!("../README.md")]

use field::Field;
use protocols::{Result, Session};

/// A public coin is the same at all parties, of the asked length, and another one each time.
pub async fn coins<F: Field>(mut s: Session) -> Result<[Vec<F>; 2]> {
    Ok([s.challenge::<F>(40).await?, s.challenge::<F>(40).await?])
}

/// Everyone learns what everyone committed to.
pub async fn committed<F: Field>(mut s: Session) -> Result<Vec<Vec<F>>> {
    let mine = vec![F::from_u64(s.me().index() as u64 + 1); 2];
    Ok(s.commit_open("value", &mine).await?.into_vec())
}

/// Everyone hears what everyone broadcasts, whatever the lengths.
pub async fn broadcast<F: Field>(mut s: Session) -> Result<Vec<Vec<F>>> {
    let lens = transport::PerParty::from_fn(s.n(), |p| p.index());
    let mine = vec![F::ONE; s.me().index()];
    Ok(s.broadcast_each("word", &mine, &lens).await?.into_vec())
}

/// Zero shares.
pub async fn zeros<F: Field>(mut s: Session) -> Result<Vec<F>> {
    Ok(s.zero_shares(30).await?.to_vec())
}
