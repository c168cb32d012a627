//! # Broadcast: all honest parties agree on what was said
//! Functionality: F_bcast with abort · Protocol: echo (Goldwasser–Lindell 2005) · Spec: `spec/protocols/04-broadcast.md`
//! Level: A3C2, selective abort · Rounds: 1 (n = 2) or 2 · Bytes: the message and 32 per peer · Soundness: 2^-128

use bytes::Bytes;
use spec::{Bound, Check};
use transport::{Meta, PerParty};

use crate::message::Digest;
use crate::{Blame, Result, Session};

/// All honest parties heard the same.
pub const BROADCAST_ECHO: Check = Check {
    id: "broadcast.echo",
    tests: "every party received the same messages (three parties or more)",
    bound: Bound::Binding { bits: 256 },
    dies: "the session",
};

/// Sends `mine` to everyone; the digests of all that was heard must agree.
pub(crate) async fn broadcast(s: &mut Session, meta: &PerParty<Meta>, mine: Bytes) -> Result<PerParty<Bytes>> {
    let me = s.me();
    // Step 1: tell everyone. Who has nothing to say sends nothing.
    for p in s.others().filter(|_| meta[me].len > 0) {
        s.send_encoded(p, meta[me], 0, mine.clone())?;
    }
    let mut heard = Vec::with_capacity(s.n());
    for p in s.parties().iter() {
        if p == me {
            heard.push(mine.clone());
            continue;
        }
        let len = meta[p].len * meta[p].width as usize;
        let body = if len == 0 { None } else { s.recv_encoded(p, meta[p], 0, len).await? };
        heard.push(body.unwrap_or_else(|| vec![0; len].into()));
    }
    // Step 2: exchange digests of everything heard. With two parties there is nobody to be told otherwise.
    if s.n() > 2 {
        let parts: Vec<&[u8]> = heard.iter().map(|b| b.as_ref()).collect();
        let mine = s.digest("quorate 2026 broadcast echo v1", &parts);
        let echoes = s.exchange::<Digest>("echo", &[mine]).await?;
        s.verdict(&BROADCAST_ECHO, echoes.values().all(|e| e[0] == mine), Blame::Unknown)?;
    }
    Ok(PerParty::from_vec(heard))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Ears, run};
    use crate::{Abort, Error};

    /// With two parties there is nobody who could be told otherwise. With more everyone tells everyone else what it heard,
    /// and whoever tells it wrong ends the session.
    #[test]
    fn what_is_heard_is_echoed_from_three_parties_on() {
        // Party 1 has nothing to say.
        let len = |p: transport::PartyId| if p.index() == 1 { 0 } else { 2 };
        let program = move |mut s: Session| async move {
            let lens = PerParty::from_fn(s.n(), len);
            let mine = vec![Digest([s.me().index() as u8; 32]); len(s.me())];
            s.broadcast_each("told", &mine, &lens).await
        };
        for n in 2..=4 {
            let mut ears = Ears::of("echo", false);
            for end in run(n, 1, &mut ears, program) {
                let heard = end.unwrap();
                let right = |(p, told): (transport::PartyId, &Vec<Digest>)| {
                    told.len() == len(p) && told.iter().all(|d| *d == Digest([p.index() as u8; 32]))
                };
                assert!(heard.iter().all(right));
            }
            assert_eq!(ears.heard, if n > 2 { n - 1 } else { 0 });
        }
        let end = run(3, 1, &mut Ears::of("echo", true), program).swap_remove(0);
        assert!(matches!(end, Err(Error::Abort(Abort { check, .. })) if check == &BROADCAST_ECHO));
    }
}
