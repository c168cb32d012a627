//! Two parties with a ledger each.

use std::thread;

use field::Fr;
use transport::drive;
use transport::sim::{Adversary, Envelope};

use super::*;
use crate::testing::run;
use crate::{BROADCAST_ECHO, Online};

/// Runs a program at two parties on threads, each with its own place.
fn both<T: Send>(places: &[Place; 2], program: impl AsyncFn(Session, Directory) -> Result<T> + Sync) -> Vec<Result<T>> {
    let nets = mesh(&Parties::anonymous(2));
    thread::scope(|scope| {
        let party = |(net, place): (transport::threads::ThreadNet, &Place)| {
            let (ledger, fences) = (place.ledger(), place.fences());
            let program = &program;
            scope.spawn(move || {
                let net = Rc::new(net);
                let tape = Tape::seeded([7; 32]);
                let dir = Directory::open(&ledger, &fences, &tape)?;
                let s = Session::new(net.clone(), SessionId([4; 32]), Rc::new(Real::bootstrap()), tape);
                drive(&*net, program(s, dir))
            })
        };
        let running: Vec<_> = nets.into_iter().zip(places).map(party).collect();
        running.into_iter().map(|t| t.join().unwrap()).collect()
    })
}
fn fill(places: &[Place; 2], sessions: [u8; 2]) {
    for p in 0..2 {
        generate(&places[p].open().unwrap(), p, sessions[p]).unwrap();
    }
}
fn binding(s: &Session) -> Binding {
    Binding { session: SessionId([1; 32]), ..Binding::of(s, [9; 32]) }
}

#[test]
fn equal_ledgers_start_together() {
    let places = [Place::new(), Place::new()];
    fill(&places, [1, 1]);
    for round in 0..2 {
        let left = both(&places, async |mut s, dir| {
            let b = binding(&s);
            let mut ledger = dir.resume::<F128>(&mut s, &b).await?;
            drop(ledger.parts().1.triples(5)?);
            let left = ledger.left();
            ledger.close()?;
            Ok(left)
        });
        assert_eq!(left, [(); 2].map(|()| Ok(vec![18 - 5 * round, 7, 5, 5])));
    }
}

#[test]
fn different_cursors_are_said_and_cost_nothing() {
    let places = [Place::new(), Place::new()];
    fill(&places, [1, 1]);
    let dir = places[1].open().unwrap();
    let b = Binding { session: SessionId([1; 32]), parameters: [9; 32], n: 2, me: PartyId::new(1) };
    let mut ledger = take(&dir, &b).unwrap();
    drop(ledger.parts().1.randoms(3).unwrap());
    ledger.close().unwrap();
    drop(dir);
    let ends = both(&places, async |mut s, dir| {
        let b = binding(&s);
        let end = dir.resume::<F128>(&mut s, &b).await.map(|_| ());
        assert_eq!(s.alive(), Err(Error::Dead), "a session whose parties disagree goes nowhere");
        end
    });
    for (end, theirs) in ends.into_iter().zip([3, 0]) {
        let why = refusal(end);
        assert!(why.contains(&format!("has used {theirs} of 7 random values")), "{why}");
    }
    // Neither party lost anything by the attempt.
    let left = places.each_ref().map(|p| p.open().unwrap().stock()[0].clone());
    assert!(left.iter().all(|s| s.status == crate::ledger::Status::Sealed));
    assert_eq!(left.map(|s| s.randoms), [7, 4]);
}

#[test]
fn other_segments_are_said() {
    let places = [Place::new(), Place::new()];
    fill(&places, [1, 2]);
    let ends = both(&places, async |mut s, dir| {
        let b = Binding { session: SessionId([1 + s.me().index() as u8; 32]), ..Binding::of(&s, [9; 32]) };
        dir.resume::<F128>(&mut s, &b).await.map(|_| ())
    });
    ends.into_iter().for_each(|end| assert!(refusal(end).contains("name the same session")));
    let ends = both(&places, async |mut s, dir| {
        let b = Binding { me: PartyId::new(1 - s.me().index()), ..binding(&s) };
        dir.resume::<F128>(&mut s, &b).await.map(|_| ())
    });
    ends.into_iter().for_each(|end| assert!(refusal(end).contains("does not serve")));
}

/// A dealer's triple in the clear: α = 5 + 6, shares `x − 1000` at party 0 and 1000 at party 1.
fn dealt(me: usize, x: u64) -> (Fr, Fr) {
    let share = |v: Fr| if me == 0 { v - Fr::from_u64(1000) } else { Fr::from_u64(1000) };
    (share(Fr::from_u64(x)), share(Fr::from_u64(11 * x)))
}
fn dealt_row(me: usize, row: &[u64]) -> Shared<Fr> {
    let (value, mac) = row.iter().map(|x| dealt(me, *x)).unzip();
    Shared::from_parts(value, mac)
}

#[test]
fn a_computation_runs_from_disk_and_a_failed_check_kills_the_segment() {
    for honest in [true, false] {
        let places = [Place::new(), Place::new()];
        let ends = both(&places, async |mut s, dir| {
            let me = s.me().index();
            let key = MacKey::from_share(Fr::from_u64(5 + me as u64));
            let mut w = dir.writer(&s, [9; 32], &key)?;
            w.triples(Triples { a: dealt_row(me, &[2, 3]), b: dealt_row(me, &[5, 7]), c: dealt_row(me, &[10, 21]) })?;
            w.randoms(dealt_row(me, &[6, if honest || me == 0 { 4 } else { 1 << 40 }]))?;
            let b = w.finish(key)?;
            let mut ledger = dir.resume::<Fr>(&mut s, &b).await?;
            let (key, items) = ledger.parts();
            let mut online = Online::new(&mut s, key, items);
            let x = online.random(2)?;
            let mut x = x;
            if !honest && me == 1 {
                x.value[0] += Fr::ONE;
            }
            let y = online.mul(&x, &x).await?;
            let out = online.output(&y).await;
            let end = out.map(|v| v == [Fr::from_u64(36), Fr::from_u64(16)]);
            if end.is_ok() {
                ledger.close()?;
            }
            Ok((end, dir.stock()[0].clone()))
        });
        for end in ends {
            let (end, stock) = end.unwrap();
            if honest {
                assert_eq!((end, stock.triples, stock.randoms), (Ok(true), 0, 0));
            } else {
                assert!(end.is_err());
                assert_eq!(stock.status, crate::ledger::Status::Failed);
            }
        }
    }
}

/// Party 1 tells party 2 that one triple more was used than it tells party 0.
struct TwoTales;
impl Adversary for TwoTales {
    fn outgoing(&mut self, mut e: Envelope, deliver: &mut Vec<Envelope>) {
        if e.frame.meta.name == "cursor" && e.to == PartyId::new(2) {
            let mut body = e.frame.body.to_vec();
            body[0] ^= 1;
            e.frame.body = body.into();
        }
        deliver.push(e);
    }
}

#[test]
fn three_parties_hear_the_same_cursors_or_nobody_starts() {
    let places = [(); 3].map(|()| Rc::new(Place::new()));
    let ends = run(3, 1, &mut TwoTales, |mut s: Session| {
        let place = places[s.me().index()].clone();
        async move {
            let dir = place.open()?;
            let key = MacKey::from_share(F128::ONE);
            let b = dir.writer(&s, [9; 32], &key)?.finish(key)?;
            dir.resume::<F128>(&mut s, &b).await.map(|_| ())
        }
    });
    // Whoever notices first tells the other, and neither takes it for a difference between operators.
    let noticed = |end: &Result<()>| matches!(end, Err(Error::Abort(abort)) if abort.check == &BROADCAST_ECHO);
    let told = |end: &Result<()>| matches!(end, Err(Error::Net { .. }));
    let honest = [&ends[0], &ends[2]];
    assert!(honest.iter().any(|e| noticed(e)) && honest.iter().all(|e| noticed(e) || told(e)), "{ends:?}");
}
