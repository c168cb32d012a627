//! # Commitment: everyone is bound to a value before anyone shows one
//! Functionality: F_com · Protocol: hash commitment in the random-oracle model · Spec: `spec/protocols/02-commitment.md`
//! Level: A3C2 · Rounds: 2 · Bytes: 64 per party and peer beside the message · Soundness: 2^-128

use bytes::Bytes;
use spec::{Bound, Check};
use transport::{Kind, Meta, PartyId, PerParty};

use crate::message::{Digest, Nonce};
use crate::{Blame, Result, Session};

/// An opening must match the commitment of its owner.
pub const COMMIT_OPENING: Check = Check {
    id: "commit.opening",
    tests: "what a party opens is what it committed to, in this session and step, as its own",
    bound: Bound::Binding { bits: 256 },
    dies: "the session",
};
/// All honest parties saw the same commitments.
pub const COMMIT_ECHO: Check = Check {
    id: "commit.echo",
    tests: "every party received the same commitments (three parties or more)",
    bound: Bound::Binding { bits: 256 },
    dies: "the session",
};

/// The commitment of `owner` to `message` under 32 random bytes. The owner is hashed in, or a rushing party could copy
/// another's commitment and later its opening.
pub(crate) fn commitment(s: &Session, owner: PartyId, message: &[u8], nonce: &Nonce) -> Digest {
    s.digest("quorate 2026 commitment v1", &[&[owner.index() as u8], message, &nonce.0])
}

/// Commits to `mine` and opens once every commitment is there.
pub(crate) async fn commit_open(s: &mut Session, meta: Meta, mine: Bytes) -> Result<PerParty<Bytes>> {
    let me = s.me();
    // Step 1: commit.
    let nonce = Nonce(s.tape().nonce()?);
    let commitments = s.exchange("commitment", &[commitment(s, me, &mine, &nonce)]).await?;
    // Step 2: open, with three or more parties with the digest of all commitments, so that no two honest parties accept
    // different ones.
    let echo = (s.n() > 2).then(|| {
        let all: Vec<u8> = commitments.values().flatten().flat_map(|c| c.0).collect();
        s.digest("quorate 2026 commitment echo v1", &[&all])
    });
    for p in s.others() {
        s.send_encoded(p, meta, 0, mine.clone())?;
        s.send(p, "opening", &[nonce])?;
        if let Some(echo) = echo {
            s.send(p, "echo", &[echo])?;
        }
    }
    // Step 3: check every opening.
    let mut opened = Vec::with_capacity(s.n());
    for p in s.parties().iter() {
        if p == me {
            opened.push(mine.clone());
            continue;
        }
        let message = s.recv_encoded(p, meta, 0, mine.len()).await?.unwrap_or_else(|| vec![0; mine.len()].into());
        let nonce = s.recv::<Nonce>(p, "opening", 1).await?;
        if let Some(echo) = echo {
            let theirs = s.recv::<Digest>(p, "echo", 1).await?;
            // Either the peer lies or somebody equivocated towards one of us.
            s.verdict(&COMMIT_ECHO, theirs[0] == echo, Blame::Unknown)?;
        }
        let matches = commitments[p][0] == commitment(s, p, &message, &nonce[0]);
        s.verdict(&COMMIT_OPENING, matches, Blame::Accused(p))?;
        opened.push(message);
    }
    Ok(PerParty::from_vec(opened))
}

/// The type of one joint-coin contribution.
pub(crate) const SEED: Meta = Meta { name: "seed", kind: Kind::Nonces, field: "", len: 1, width: 32 };

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use transport::Parties;
    use transport::threads::mesh;

    use super::*;
    use crate::testing::{Ears, run};
    use crate::{Error, Real, SessionId, Tape};

    /// With two parties there is nobody who could be told otherwise. With more everyone tells everyone else what it was
    /// told, and whoever tells it wrong ends the session.
    #[test]
    fn commitments_are_echoed_from_three_parties_on() {
        let program =
            |mut s: Session| async move { s.commit_open("shown", &[Nonce([s.me().index() as u8; 32])]).await };
        for n in 2..=4 {
            let mut ears = Ears::of("echo", false);
            for end in run(n, 1, &mut ears, program) {
                let shown = end.unwrap().into_vec().concat();
                assert!(shown == (0..n).map(|p| Nonce([p as u8; 32])).collect::<Vec<_>>());
            }
            assert_eq!(ears.heard, if n > 2 { n - 1 } else { 0 });
        }
        let end = run(3, 1, &mut Ears::of("echo", true), program).swap_remove(0);
        assert!(matches!(end, Err(Error::Abort(a)) if a.check == &COMMIT_ECHO));
    }

    /// Who guesses a message cannot confirm the guess, nor tell that it is the one of the last time.
    #[test]
    fn a_repeated_message_has_another_commitment() {
        let parties = Parties::anonymous(2);
        let net = Rc::new(mesh(&parties).swap_remove(0));
        let s = Session::new(net, SessionId([3; 32]), Rc::new(Real::bootstrap()), Tape::seeded([4; 32]));
        let nonces = [(); 2].map(|()| Nonce(s.tape().nonce().unwrap()));
        let [one, other] = nonces.map(|nonce| commitment(&s, s.me(), b"yes", &nonce));
        assert!(one != other);
    }
}
