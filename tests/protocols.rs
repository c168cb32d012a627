//! Protocols on their ideal and on their real foundations, in the simulator and on threads.

use std::cell::RefCell;
use std::rc::Rc;

use adversary::ideal::supply::{CorruptShares, Dealer, Dealt, Order};
use adversary::{Ending, World, classify};
use field::{F3, F31, F128, Field, Fr, PrimeField};
use functions::{Engine, Form, Spdz, SpdzError, statistics};
use protocols::{Error, Online, Result, Session, SessionId, Tape};
use transport::sim::Passive;
use transport::{Parties, PartyId, PartySet};

/// Runs a program on ideal and on real foundations and returns all parties' outputs of both.
fn on_both<T: 'static, P>(n: usize, program: impl Fn(Session) -> P) -> [Vec<T>; 2]
where
    P: Future<Output = Result<T>> + 'static,
{
    let world = World::new(n, PartySet::EMPTY);
    [world.clone(), world.real()].map(|world| {
        let run = world.run(&Tape::seeded([n as u8; 32]), &mut Passive, &program);
        let outputs: Vec<T> = classify(run.ends)
            .into_iter()
            .filter_map(|e| if let Ending::Output(v) = e { Some(v) } else { None })
            .collect();
        assert_eq!(outputs.len(), n, "not every party finished");
        outputs
    })
}

fn foundations_over<F: Field>() {
    for n in 2..=5 {
        for coins in on_both(n, quorate_tests::coins::<F>) {
            assert!(coins.iter().all(|c| *c == coins[0]), "coins differ");
            assert_ne!(coins[0][0], coins[0][1], "the same coin twice");
            assert_eq!(coins[0][0].len(), 40);
        }
        let expected: Vec<Vec<F>> = (1..=n as u64).map(|i| vec![F::from_u64(i); 2]).collect();
        for seen in on_both(n, quorate_tests::committed::<F>) {
            assert!(seen.iter().all(|s| *s == expected));
        }
        let expected: Vec<Vec<F>> = (0..n).map(|i| vec![F::ONE; i]).collect();
        for seen in on_both(n, quorate_tests::broadcast::<F>) {
            assert!(seen.iter().all(|s| *s == expected));
        }
        for shares in on_both(n, quorate_tests::zeros::<F>) {
            for k in 0..30 {
                let mut sum = F::ZERO;
                shares.iter().for_each(|s| sum += s[k]);
                assert_eq!(sum, F::ZERO, "shares of zero do not add up");
            }
            assert!(shares.iter().all(|s| s.iter().any(|x| *x != F::ZERO)), "shares of zero are all zero");
        }
    }
}

#[test]
fn foundations_real_and_ideal_agree() {
    foundations_over::<F3>();
    foundations_over::<F31>();
    foundations_over::<Fr>();
}

type Hand<F> = Rc<RefCell<Vec<Option<Dealt<F>>>>>;

fn deal<F: Field>(n: usize, order: &Order) -> Hand<F> {
    let tape = Tape::seeded([9; 32]);
    let dealt = Dealer::deal(&Parties::anonymous(n), PartySet::EMPTY, CorruptShares::Uniform, &tape, order);
    Rc::new(RefCell::new(dealt.expect("dealing on a seeded tape").into_iter().map(Some).collect()))
}

/// Everything the online phase can do, against the plain computation.
async fn online<F: PrimeField>(mut s: Session, hand: Hand<F>) -> Result<Vec<F>> {
    let mut mine = hand.borrow_mut()[s.me().index()].take().ok_or(Error::Dead)?;
    let (p0, p1) = (PartyId::new(0), PartyId::new(1));
    let x: Vec<F> = (1..=4).map(F::from_u64).collect();
    let y: Vec<F> = (5..=8).map(F::from_u64).collect();
    let me = s.me();
    let mut o = Online::new(&mut s, &mut mine.key, &mut mine.supply);
    let xs = o.input(p0, (me == p0).then_some(&x[..]), 4).await?;
    let ys = o.input(p1, (me == p1).then_some(&y[..]), 4).await?;
    let product = o.mul(&xs, &ys).await?;
    let square = o.square(&(&xs - &ys)).await?;
    let inner = o.inner_product(&xs, &ys).await?;
    let linear = o.add_public((&xs + &ys.scale(F::from_u64(2))).sum(), &[F::from_u64(3)]);
    let combined = xs.linear_combination(&y);
    let mut all = o.output(&protocols::Shared::concat(&[&product, &square, &inner, &linear, &combined])).await?;
    if let Some(private) = o.output_to(p1, &product).await? {
        assert_eq!((me, private.len()), (p1, 4));
        all.extend(private);
    }
    Ok(all)
}

fn online_over<F: PrimeField>() {
    for n in 2..=4 {
        let mut masks = vec![0; n];
        masks[0] = 4;
        masks[1] = 8;
        let order = Order { triples: 12, masks, ..Order::default() };
        let f = F::from_u64;
        let product: Vec<F> = (0..4).map(|k| f((k + 1) * (k + 5))).collect();
        let mut expected = product.clone();
        expected.extend(vec![f(16); 4]);
        expected.push(f(5 + 12 + 21 + 32));
        expected.push(f(10 + 2 * 26 + 3));
        expected.push(f(70));
        let world = World::new(n, PartySet::EMPTY);
        for world in [world.clone(), world.real()] {
            let hand = deal::<F>(n, &order);
            let run = world.run(&Tape::seeded([3; 32]), &mut Passive, |s| online::<F>(s, hand.clone()));
            for (p, end) in classify(run.ends).into_iter().enumerate() {
                let Ending::Output(got) = end else { panic!("P{p} ended in {:?}", world) };
                assert_eq!(got[..11], expected[..]);
                assert_eq!(got[11..], product[..if p == 1 { 4 } else { 0 }]);
            }
        }
    }
}

#[test]
fn online_phase_computes() {
    online_over::<F31>();
    online_over::<F128>();
    online_over::<Fr>();
}

#[test]
fn simulator_and_threads_agree() {
    let order = Order { triples: 12, masks: vec![4, 8, 0], ..Order::default() };
    let hand = deal::<F128>(3, &order);
    let run =
        World::new(3, PartySet::EMPTY).real().run(&Tape::seeded([3; 32]), &mut Passive, |s| online(s, hand.clone()));
    let simulated = classify(run.ends);
    let parties = Parties::anonymous(3);
    let threads: Vec<_> = transport::threads::mesh(&parties)
        .into_iter()
        .map(|net| {
            std::thread::spawn(move || {
                let net: Rc<dyn transport::Net> = Rc::new(net);
                transport::drive(&*net.clone(), async {
                    let s = Session::start(net, SessionId([4; 32])).await?;
                    online::<F128>(s, deal(3, &Order { triples: 12, masks: vec![4, 8, 0], ..Order::default() })).await
                })
            })
        })
        .collect();
    for (t, simulated) in threads.into_iter().zip(simulated) {
        let out = t.join().expect("a party panicked").expect("a party failed");
        assert_eq!(Ending::Output(out), simulated);
    }
}

#[test]
fn different_session_ids_are_a_matter_of_configuration() {
    let ends: Vec<_> = transport::threads::mesh(&Parties::anonymous(2))
        .into_iter()
        .enumerate()
        .map(|(i, net)| {
            std::thread::spawn(move || {
                let net: Rc<dyn transport::Net> = Rc::new(net);
                transport::drive(&*net.clone(), Session::start(net, SessionId([i as u8 + 1; 32]))).map(|_| ())
            })
        })
        .collect::<Vec<_>>()
        .into_iter()
        .map(|t| t.join().expect("a party panicked"))
        .collect();
    assert!(ends.iter().all(|e| matches!(e, Err(Error::Config { .. }))), "{ends:?}");
}

/// The covariance of two parties' columns on the protocol engine equals the plain one.
async fn covariance(mut s: Session, hand: Hand<F128>) -> Result<Option<String>, Error> {
    let mut mine = hand.borrow_mut()[s.me().index()].take().ok_or(Error::Dead)?;
    let me = s.me();
    let online = Online::new(&mut s, &mut mine.key, &mut mine.supply);
    let mut engine = Spdz::new(online);
    let e = &mut engine;
    let out = async {
        let (p0, p1) = (PartyId::new(0), PartyId::new(1));
        let (fx, fy) = (Form::integers("x", 4, 100), Form::integers("y", 4, 100));
        let x = e.input(p0, &fx, (me == p0).then_some(&[1, -2, 30, 4][..])).await?;
        let y = e.input(p1, &fy, (me == p1).then_some(&[10, 20, -30, 41][..])).await?;
        let cov = statistics::covariances(e, &[(&x, &y)]).await?;
        Ok::<_, SpdzError>(cov.output_to(e, p1).await?.map(|v| v[0].to_string()))
    };
    out.await.map_err(|e| match e {
        SpdzError::Protocol(e) => e,
        SpdzError::Refused(r) => Error::Local(r.to_string()),
    })
}

#[test]
fn functions_run_as_a_protocol() {
    let order = Order { triples: 12, masks: vec![4, 6], ..Order::default() };
    let hand = deal::<F128>(2, &order);
    let run = World::new(2, PartySet::EMPTY).run(&Tape::seeded([3; 32]), &mut Passive, |s| covariance(s, hand.clone()));
    let ends = classify(run.ends);
    // x̄ = 8.25, ȳ = 10.25; Σxy = 10 − 40 − 900 + 164 = −766.
    assert_eq!(ends, [Ending::Output(None), Ending::Output(Some("-276.0625000000".into()))]);
}

/// Two branches that finish in opposite order at the two parties: each has its own stream, so neither takes the other's
/// frames.
async fn forked(mut s: Session) -> Result<(Vec<F31>, Vec<F31>)> {
    let five = F31::from_u64(5);
    s.fork(
        ["left", "right"],
        async |mut a| {
            let once = a.exchange("x", &[five]).await?.into_vec().concat();
            let coin = a.challenge::<F31>(3).await?;
            Ok([once, coin].concat())
        },
        async |mut b| Ok(b.exchange("x", &[five + five]).await?.into_vec().concat()),
    )
    .await
}

#[test]
fn branches_do_not_mix() {
    for outputs in on_both(3, forked) {
        assert!(outputs.iter().all(|o| o.0 == outputs[0].0), "branches of one name differ between parties");
        assert!(outputs.iter().all(|(l, r)| l[..3] == [F31::from_u64(5); 3] && r[..] == [F31::from_u64(10); 3]));
    }
}

#[test]
fn virtual_time_counts_rounds_and_bytes() {
    use adversary::ideal::{Hub, Ideal, Verdicts};
    use transport::sim::{self, Clock, Limits, Setup};
    let run = |clock| {
        let parties = Rc::new(Parties::anonymous(2));
        let mut hub = Hub::new(parties.clone(), Tape::seeded([1; 32]), PartySet::EMPTY);
        let corrupt = PartySet::EMPTY;
        let setup = Setup {
            parties,
            corrupt,
            adversary: &mut Passive,
            trusted: &mut hub,
            clock,
            trace: true,
            limits: Limits::NONE,
        };
        sim::run(setup, |net| {
            let foundations = Rc::new(Ideal { verdicts: Verdicts::Honest, opens: true });
            let mut s = Session::on_untrusted_foundations(net, SessionId([2; 32]), foundations, Tape::seeded([3; 32]));
            Box::pin(async move {
                for _ in 0..3 {
                    s.exchange("block", &vec![F128::ONE; 62_500]).await?;
                }
                Ok::<_, Error>(())
            })
        })
    };
    let (none, wan) = (run(Clock::NONE), run(Clock::WAN));
    assert_eq!((none.nanoseconds, none.rounds, none.trace.len()), (0, 3, 6));
    assert_eq!(none.bytes, 6_000_000);
    // Three rounds of 1 MB each at 12.5 MB/s and 25 ms: 3 · (80 + 25) ms.
    assert_eq!(wan.nanoseconds, 315_000_000);
}

#[test]
fn last_words_come_before_the_abort_frame_and_everything_refuses_afterwards() {
    let words = Rc::new(RefCell::new(Vec::new()));
    let (heard, told) = (words.clone(), words.clone());
    let world = World::new(2, PartySet::EMPTY);
    let run = world.run(&Tape::seeded([1; 32]), &mut Passive, move |mut s| {
        let (heard, told) = (heard.clone(), told.clone());
        async move {
            if s.me() == PartyId::new(1) {
                let end = s.recv::<F31>(PartyId::new(0), "never", 1).await.map(|_| ());
                told.borrow_mut().push("abort");
                return end;
            }
            let tombstone = heard.clone();
            s.on_death(move || tombstone.borrow_mut().push("tombstone"));
            assert!(s.verdict(&protocols::MAC_CHECK, false, protocols::Blame::Unknown).is_err());
            assert_eq!(s.send::<F31>(PartyId::new(1), "late", &[]), Err(Error::Dead));
            assert_eq!(s.exchange::<F31>("late", &[]).await.map(|_| ()), Err(Error::Dead));
            assert_eq!(s.challenge::<F31>(1).await.map(|_| ()), Err(Error::Dead));
            s.recv::<F31>(PartyId::new(1), "late", 1).await.map(|_| ())
        }
    });
    assert_eq!(classify(run.ends), [Ending::Broken(Error::Dead), Ending::Told]);
    assert_eq!(*words.borrow(), ["tombstone", "abort"]);
}

#[test]
fn every_check_has_its_page() {
    let pages: String = spec::protocol_pages().iter().map(|(_, text)| *text).collect();
    let missing: Vec<_> = protocols::CHECKS.iter().filter(|c| !pages.contains(&format!("`{}`", c.id))).collect();
    assert!(missing.is_empty(), "checks without a page in spec/protocols: {missing:?}");
    let mut ids: Vec<_> = protocols::CHECKS.iter().map(|c| c.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), protocols::CHECKS.len(), "two checks of one id");
}
