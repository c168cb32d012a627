//! What outlives an [`Online`]: unchecked openings, and keys whose check did not pass.

use std::cell::RefCell;
use std::rc::Rc;

use field::{F128, Field};
use transport::sim::{Adversary, Envelope};

use super::*;
use crate::testing::{Passing, run, run_on_real};
use crate::{Error, Memory, Triples};

fn number(v: u64) -> F128 {
    F128::from_u64(v)
}
/// A dealer's sharing in the clear among `n` parties under α = 5 + 6 + …: all but party 0 hold 1000.
fn among(n: usize, me: usize, row: &[u64]) -> Shared<F128> {
    let share = |v: F128| if me == 0 { v - number(1000 * (n as u64 - 1)) } else { number(1000) };
    let alpha = (5..5 + n as u64).sum::<u64>();
    let (value, mac) = row.iter().map(|x| (share(number(*x)), share(number(alpha * x)))).unzip();
    Shared::from_parts(value, mac)
}
fn dealt(me: usize, row: &[u64]) -> Shared<F128> {
    among(2, me, row)
}
/// A key, a triple, and the shared values 6 and 4.
fn prepared(me: usize) -> (MacKey<F128>, Memory<F128>) {
    let mut supply = Memory::default();
    supply.add_triples(Triples { a: dealt(me, &[2]), b: dealt(me, &[5]), c: dealt(me, &[10]) });
    supply.add_randoms(dealt(me, &[6, 4]));
    (MacKey::from_share(number(5 + me as u64)), supply)
}

#[test]
fn a_product_is_checked_even_if_another_online_shows_it() {
    for lie in [F128::ZERO, F128::ONE] {
        let ends = run(2, 1, &mut Passing, move |mut s: Session| async move {
            let me = s.me().index();
            let (mut key, mut supply) = prepared(me);
            let mut online = Online::new(&mut s, &mut key, &mut supply);
            let (mut x, y) = (online.random(1)?, online.random(1)?);
            // What party 1 opens is wrong, and everyone computes (x + lie)·y with a right MAC.
            x.value[0] += if me == 1 { lie } else { F128::ZERO };
            let z = online.mul(&x, &y).await?;
            drop(online);
            Online::new(&mut s, &mut key, &mut supply).output(&z).await
        });
        if lie == F128::ZERO {
            assert!(ends.iter().all(|end| *end == Ok(vec![number(24)])));
        } else {
            assert!(matches!(&ends[0], Err(Error::Abort(abort)) if abort.check == &MAC_CHECK), "{:?}", ends[0]);
        }
    }
}

/// Party 1 falls silent when it would open its σ: it has seen the other's.
#[derive(Default)]
struct HangUp(bool);
impl Adversary for HangUp {
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.0 |= e.frame.meta.name == "sigma";
        if !self.0 {
            deliver.push(e);
        }
    }
}

#[test]
fn a_key_whose_check_was_interrupted_serves_no_other_session() {
    let hands = [0, 1].map(|me| Rc::new(RefCell::new(prepared(me))));
    let show_one = |mut s: Session| {
        let hand = hands[s.me().index()].clone();
        #[allow(clippy::await_holding_refcell_ref)] // nobody else borrows it while a run lasts
        async move {
            let (key, supply) = &mut *hand.borrow_mut();
            let mut online = Online::new(&mut s, key, supply);
            let x = online.random(1)?;
            online.output(&x).await
        }
    };
    let ends = run(2, 1, &mut HangUp::default(), show_one);
    assert!(matches!(ends[0], Err(Error::Net { .. })), "{:?}", ends[0]);
    let ends = run(2, 2, &mut Passing, show_one);
    assert!(matches!(&ends[0], Err(Error::Abort(abort)) if abort.check == &MAC_CHECK), "{:?}", ends[0]);
}

/// How often party 1 says what it has of a MAC check.
#[derive(Default)]
struct Sigmas(usize);
impl Adversary for Sigmas {
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.0 += usize::from(e.frame.meta.name == "sigma");
        deliver.push(e);
    }
}

/// Bounded memory: not a check too few, and none too many.
#[test]
fn openings_are_checked_in_passing_when_there_would_be_too_many() {
    let sigmas = |products: &'static [usize], most: usize| {
        let mut sigmas = Sigmas::default();
        let ends = run(2, 1, &mut sigmas, async |mut s: Session| {
            let me = s.me().index();
            let mut key = MacKey::from_share(number(5 + me as u64));
            let mut supply = Memory::default();
            let all: usize = products.iter().sum();
            let row = |x: u64| dealt(me, &vec![x; all]);
            supply.add_triples(Triples { a: row(2), b: row(5), c: row(10) });
            let mut online = Online::new(&mut s, &mut key, &mut supply);
            online.check_every = most;
            let mut z = Shared::default();
            for len in products {
                let [x, y] = [6, 4].map(|x| online.constant(&vec![number(x); *len]));
                z.extend(online.mul(&x, &y).await?);
            }
            online.output(&z).await
        });
        let right = vec![number(24); products.iter().sum()];
        assert!(ends.iter().all(|end| *end == Ok(right.clone())), "{ends:?}");
        sigmas.0
    };
    // Before an output there is a check, and after it.
    let one = sigmas(&[1], 6) / 2;
    assert!(one > 0);
    // Two openings a product; the output adds one for each.
    for (products, most, in_passing) in [
        (&[1, 1, 1][..], 6, 0),
        (&[1, 1, 1, 1], 6, 1),
        (&[1, 1, 1, 1], 5, 1),
        (&[1, 1, 1, 1], 3, 3),
        (&[3, 1], 6, 1),
        // What is more than that by itself needs no check of nothing.
        (&[4], 6, 0),
        (&[4, 4], 6, 1),
        (&[1, 3], 7, 1),
        (&[1, 1, 1], OPENED_LIMIT, 0),
    ] {
        assert_eq!(sigmas(products, most), (2 + in_passing) * one, "{products:?}, {most} at most");
    }
}

#[test]
fn products_of_every_form_and_outputs_to_one_party() {
    for n in [2, 3] {
        let ends = run_on_real(n, 1, &mut Passing, async |mut s: Session| {
            let (me, to) = (s.me().index(), PartyId::new(1));
            let (mut key, mut supply) = (MacKey::from_share(number(5 + me as u64)), Memory::default());
            let row = |x: u64, len: usize| among(n, me, &vec![x; len]);
            supply.add_triples(Triples { a: row(2, 9), b: row(5, 9), c: row(10, 9) });
            let clear = (me == 1).then(|| crate::Clear(vec![number(3); 2]));
            supply.add_masks(to, crate::Masks { shared: row(3, 2), clear });
            let mut online = Online::new(&mut s, &mut key, &mut supply);
            let (x, y) = (among(n, me, &[2, 3, 4]), among(n, me, &[5, 6, 7]));
            let mut all = online.square(&x).await?;
            all.extend(online.inner_product(&x, &y).await?);
            let pairs = [0..1, 1..3].map(|part| (x.slice(part.clone()), y.slice(part)));
            all.extend(online.inner_products(&pairs.each_ref().map(|(x, y)| (x, y))).await?);
            let shown = online.output(&all).await?;
            Ok((shown, online.output_to(to, &all.slice(1..3)).await?))
        });
        let all = [4, 9, 16, 10 + 18 + 28, 10, 18 + 28].map(number).to_vec();
        for (p, end) in ends.into_iter().enumerate() {
            assert_eq!(end, Ok((all.clone(), (p == 1).then(|| [9, 16].map(number).to_vec()))), "{p} of {n}");
        }
    }
}

#[test]
fn a_long_product_is_made_in_blocks() {
    const LEN: usize = (1 << 16) + 2;
    let ends = run(2, 1, &mut Passing, async |mut s: Session| {
        let me = s.me().index();
        let (mut key, mut supply) = (MacKey::from_share(number(5 + me as u64)), Memory::default());
        let row = |x: u64| dealt(me, &vec![x; LEN]);
        supply.add_triples(Triples { a: row(2), b: row(5), c: row(10) });
        let x = dealt(me, &(0..LEN as u64).collect::<Vec<_>>());
        let mut online = Online::new(&mut s, &mut key, &mut supply);
        let z = online.square(&x).await?;
        online.output(&z.gather(&[1, LEN / 2, LEN - 3, LEN - 2, LEN - 1])).await
    });
    let right = [1, LEN / 2, LEN - 3, LEN - 2, LEN - 1].map(|k| number((k * k) as u64)).to_vec();
    assert!(ends.iter().all(|end| *end == Ok(right.clone())), "{ends:?}");
}

/// What party 1 says of its shares of masked factors.
#[derive(Default)]
struct Said(Vec<u8>);
impl Adversary for Said {
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        if e.frame.meta.name == "share" {
            self.0.extend_from_slice(&e.frame.body);
        }
        deliver.push(e);
    }
}

/// Else a party would learn the shares of every other one, and not only their sum.
#[test]
fn of_three_parties_each_hides_its_shares_of_what_is_opened() {
    let said = |n: usize, seed: u64| {
        let mut said = Said::default();
        let ends = run_on_real(n, seed, &mut said, async |mut s: Session| {
            let me = s.me().index();
            let (mut key, mut supply) = (MacKey::from_share(number(5 + me as u64)), Memory::default());
            supply.add_triples(Triples { a: dealt(me, &[2; 3]), b: dealt(me, &[5; 3]), c: dealt(me, &[10; 3]) });
            let (x, y) = (dealt(me, &[6; 3]), dealt(me, &[4; 3]));
            Online::new(&mut s, &mut key, &mut supply).mul(&x, &y).await.map(drop)
        });
        assert!(ends.iter().all(Result::is_ok), "{ends:?}");
        said.0
    };
    let (two, three) = ([1, 2].map(|seed| said(2, seed)), [1, 2].map(|seed| said(3, seed)));
    assert!(!two[0].is_empty() && two[0] == two[1], "the shares themselves: of two parties each knows the other's");
    let halves = three.each_ref().map(|said| said.chunks(16).collect::<Vec<_>>());
    assert!(!halves[0].is_empty() && halves[0].iter().zip(&halves[1]).all(|(a, b)| a != b));
}

#[test]
fn random_values_are_those_of_the_supply_and_constants_what_they_say() {
    let ends = run(2, 1, &mut Passing, async |mut s: Session| {
        let (mut key, mut supply) = prepared(s.me().index());
        let mut online = Online::new(&mut s, &mut key, &mut supply);
        let (mut all, more) = (online.random(2)?, online.constant(&[number(7), number(9)]));
        all.extend(more);
        online.output(&all).await
    });
    assert!(ends.iter().all(|end| *end == Ok([6, 4, 7, 9].map(number).to_vec())), "{ends:?}");
}

#[test]
fn inputs_come_from_their_owner_who_knows_the_masks() {
    let refused = |given: [Option<usize>; 2], knows: bool, says: &str| {
        let ends = run(2, 1, &mut Passing, async |mut s: Session| {
            let (me, owner) = (s.me().index(), PartyId::new(1));
            let (mut key, mut supply) = prepared(me);
            let clear = (me == 1 && knows).then(|| crate::Clear(vec![number(3); 2]));
            supply.add_masks(owner, crate::Masks { shared: dealt(me, &[3, 3]), clear });
            let mine = given[me].map(|len| vec![number(8); len]);
            Online::new(&mut s, &mut key, &mut supply).input(owner, mine.as_deref(), 2).await.map(drop)
        });
        let told = ends.iter().filter(|end| matches!(end, Err(Error::Local(told)) if told.contains(says))).count();
        assert_eq!(told, usize::from(!says.is_empty()), "{ends:?}");
    };
    let owned = "is given by its owner P1 and by nobody else";
    refused([None, Some(2)], true, "");
    refused([None, Some(1)], true, owned);
    refused([None, None], true, owned);
    refused([Some(2), Some(2)], true, owned);
    refused([None, Some(2)], false, "no clear values for my own masks");
}

/// Sizes of what party 1 sends: the largest frame, and what is on its way to a party that has not said that it keeps up;
/// and how often that says so.
#[derive(Default)]
struct Sizes {
    heard: usize,
    frame: usize,
    unheard: usize,
    most_unheard: usize,
}
impl Adversary for Sizes {
    fn outgoing(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        self.frame = self.frame.max(e.frame.body.len());
        self.unheard += e.frame.body.len();
        self.most_unheard = self.most_unheard.max(self.unheard);
        deliver.push(e);
    }
    fn incoming(&mut self, e: Envelope, deliver: &mut Vec<Envelope>) {
        if e.frame.meta.name == "heard" {
            self.unheard = 0;
            self.heard += 1;
        }
        deliver.push(e);
    }
}

#[test]
fn long_inputs_travel_in_frames_of_bounded_size_and_wait_for_the_peer() {
    const LEN: usize = (1 << 19) + 1;
    let mut sizes = Sizes::default();
    let ends = run(2, 1, &mut sizes, async |mut s: Session| {
        let me = s.me().index();
        let owner = PartyId::new(1);
        let mut key = MacKey::from_share(number(5 + me as u64));
        let mut supply = Memory::default();
        let clear = (me == 1).then(|| crate::Clear(vec![number(3); 2 * LEN]));
        supply.add_masks(owner, crate::Masks { shared: dealt(me, &vec![3; 2 * LEN]), clear });
        let mine: Vec<F128> = (0..LEN as u64).map(number).collect();
        let mut online = Online::new(&mut s, &mut key, &mut supply);
        let mut ends = Shared::default();
        // Twice, the second time in pieces that are short of any limit of their own.
        for part in [LEN, 1000] {
            for at in (0..LEN).step_by(part) {
                let some = &mine[at..(at + part).min(LEN)];
                let x = online.input(owner, (me == 1).then_some(some), some.len()).await?;
                ends.extend(x.gather(&[0, some.len() - 1]));
            }
        }
        let ends = ends.gather(&[0, 1, ends.len() - 1]);
        online.output(&ends).await
    });
    let last = number(LEN as u64 - 1);
    assert!(ends.iter().all(|end| *end == Ok(vec![number(0), last, last])));
    assert!(sizes.frame <= 1 << 20, "{} bytes", sizes.frame);
    // After every four blocks of a megabyte, and after 263 pieces of 16,000 bytes.
    assert!(sizes.most_unheard <= 9 << 19, "{} bytes under way", sizes.most_unheard);
    assert_eq!(sizes.heard, 3);
}
